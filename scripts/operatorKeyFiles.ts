/** The files of `npm run operator-key`: AWS's `credentials` and `config`. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { formatProblem } from "../components/text";
import { writeOwn } from "./ownFiles";

/** What an account stack tells. */
export interface KeyOutputs {
  accessKeyId: string;
  secretAccessKey: string;
  region: string;
}

/** Where the AWS CLI and Pulumi look: https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html */
function places(env: NodeJS.ProcessEnv): { credentials: string; config: string } {
  const folder = path.join(env["HOME"] ?? os.homedir(), ".aws");
  return {
    credentials: env["AWS_SHARED_CREDENTIALS_FILE"] ?? path.join(folder, "credentials"),
    config: env["AWS_CONFIG_FILE"] ?? path.join(folder, "config"),
  };
}

/**
 * Writes the key and its region into a profile; all other profiles stay as they are.
 *
 * @returns the files that were written
 * @throws Error if the stack has no key, or the profile's name cannot stand in these files
 */
export function saveProfile(
  outputs: Partial<KeyOutputs>,
  profile: string,
  stack: string,
  env: NodeJS.ProcessEnv = process.env,
): string[] {
  const { accessKeyId, secretAccessKey, region } = outputs;
  if (!accessKeyId || !secretAccessKey || !region) {
    throw new Error(
      formatProblem({
        wrong: `The stack ${stack} has no access key`,
        received: `outputs: ${Object.keys(outputs).join(", ") || "none"}`,
        allowed: "a stack of kind account that `pulumi up` has made",
        mend: `pulumi up --stack ${stack}, or name another: npm run operator-key -- --stack NAME`,
      }),
    );
  }
  if (!/^[\w.@-]+$/.test(profile)) {
    throw new Error(
      formatProblem({
        wrong: "This cannot be the name of a profile",
        received: profile,
        allowed: "letters, digits, - _ . @",
        mend: "npm run operator-key -- --profile work",
      }),
    );
  }
  const { credentials, config } = places(env);
  const key = { aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey };
  change(credentials, profile, key);
  change(config, profile === "default" ? profile : `profile ${profile}`, { region });
  return [credentials, config];
}

function change(file: string, section: string, values: Record<string, string>): void {
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const before = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
  writeOwn(file, withSection(before, section, values));
}

/**
 * The text of such a file with these values in a section. Other sections, and comments, stay; of this
 * section nothing does, as what belongs to another key (a session token, a role) must not.
 */
export function withSection(
  text: string,
  section: string,
  values: Readonly<Record<string, string>>,
): string {
  const wanted = Object.entries(values).map(([name, value]) => `${name} = ${value}`);
  const kept: string[] = [];
  let inSection = false;
  for (const line of text.split("\n")) {
    const [, title] = /^\s*\[\s*(.*?)\s*\]/.exec(line) ?? [];
    if (title !== undefined) inSection = title.replace(/\s+/g, " ").replaceAll('"', "") === section;
    if (!inSection) kept.push(line);
  }
  const others = kept.join("\n").trimEnd();
  return `${others === "" ? "" : `${others}\n\n`}[${section}]\n${wanted.join("\n")}\n`;
}
