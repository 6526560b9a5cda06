/** Whether there is anything that could be AWS credentials, looked at without asking AWS. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { Problem } from "./text";

/** What decides where the provider finds credentials. */
export interface CredentialSources {
  /** The stack's configuration, such as `aws:profile`. */
  config: Readonly<Record<string, string | undefined>>;
  env: Readonly<Record<string, string | undefined>>;
  /** Names of the profiles in AWS's shared files. */
  profiles: readonly string[];
  /** Whether this computer is an EC2 instance, which may have a role. */
  onEc2: boolean;
}

/** Variables each of which leads to credentials by itself. */
const VARIABLES = [
  "AWS_ACCESS_KEY_ID",
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
];

/**
 * The problem if a profile is named that does not exist, or if nothing at all is configured.
 * Credentials that exist and are wrong are AWS's to refuse.
 */
export function missingCredentials(
  sources: CredentialSources,
  region: string,
): Problem | undefined {
  const { config, env, profiles, onEc2 } = sources;
  const profile = config["aws:profile"] ?? env["AWS_PROFILE"];
  const named = profile !== undefined && profile !== "";
  const other = config["aws:accessKey"] ?? VARIABLES.find((name) => env[name]);
  const found = named ? profiles.includes(profile) : profiles.includes("default") || onEc2;
  if (found || (other && !config["aws:profile"])) return undefined;
  const wanted = named ? profile : "work";
  return {
    wrong: named
      ? "The AWS profile does not exist on this computer"
      : "There are no AWS credentials on this computer",
    received: named
      ? `${profile}; there are: ${profiles.join(", ") || "none"}`
      : "no profile, no AWS_ACCESS_KEY_ID, no single sign-on",
    allowed: "credentials that `aws sts get-caller-identity` accepts",
    mend: `aws configure --profile ${wanted}, then pulumi config set aws:profile ${wanted} and aws sts get-caller-identity --profile ${wanted} --region ${region}`,
  };
}

/** Names in AWS's `config` and `credentials`; the former writes `[profile NAME]`. */
export function profileNames(text: string): string[] {
  return [...text.matchAll(/^\s*\[\s*(?:profile\s+)?"?([^\]"]+?)"?\s*\]/gm)]
    .map(([, name]) => name ?? "")
    .filter((name) => !/^(sso-session|services)\s/.test(name));
}

function readIfThere(file: string): string {
  return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
}

/** What there is on this computer. */
export function credentialSources(config: CredentialSources["config"]): CredentialSources {
  const { env } = process;
  const folder = path.join(os.homedir(), ".aws");
  const files = [
    env["AWS_CONFIG_FILE"] ?? path.join(folder, "config"),
    env["AWS_SHARED_CREDENTIALS_FILE"] ?? path.join(folder, "credentials"),
  ];
  return {
    config,
    env,
    profiles: [...new Set(files.flatMap((file) => profileNames(readIfThere(file))))],
    onEc2: readIfThere("/sys/devices/virtual/dmi/id/sys_vendor").startsWith("Amazon EC2"),
  };
}
