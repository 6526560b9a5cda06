/** With what environment `pulumi` works on a rehearsal. */

import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { folderOf } from "./folder";
import { loadToolchain } from "./toolchain";

/**
 * Protects nothing: the state of a rehearsal holds no secret of the real world, and the salt that
 * belongs to it is committed in Pulumi.dev.yaml.
 */
const PASSPHRASE = "rehearsal";

/** Would win over what a rehearsal sets. */
export const UNWANTED = ["PULUMI_CONFIG_PASSPHRASE", "PULUMI_STACK", "PULUMI_ACCESS_TOKEN"];

/** What is set beside the present environment. Writes the passphrase file. */
export function pulumiEnv(name: string, env: NodeJS.ProcessEnv = process.env) {
  const { folder, pulumi, passphrase } = folderOf(name);
  const roots = path.join(folder, "acme/production-roots.pem");
  const { pathDirs, pulumiHome } = loadToolchain();
  fs.writeFileSync(passphrase, PASSPHRASE, { mode: 0o600 });
  const others = (env["PATH"] ?? "").split(path.delimiter).filter((dir) => !pathDirs.includes(dir));
  return {
    PULUMI_BACKEND_URL: pathToFileURL(pulumi).href,
    PULUMI_HOME: pulumiHome,
    PULUMI_CONFIG_PASSPHRASE_FILE: passphrase,
    // Whom commands that look at the hub trust, as the world trusts Let's Encrypt.
    ...(fs.existsSync(roots) && { NODE_EXTRA_CA_CERTS: roots }),
    PULUMI_SKIP_UPDATE_CHECK: "1",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PATH: [...pathDirs, ...others].join(path.delimiter),
  };
}

/** The whole environment of a `pulumi` that is started for a rehearsal. */
export function completeEnv(
  additions: Record<string, string>,
  env: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([key]) => !UNWANTED.includes(key));
  return { ...Object.fromEntries(kept), ...additions };
}
