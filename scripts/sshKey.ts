/**
 * Saves a stack's SSH key, and the machine's host key, where `sshCommand` looks for them.
 *
 *   npm run ssh-key -- --stack workshop
 *
 * Writes ~/.ssh/NAME.pem and ~/.ssh/NAME.known_hosts, both readable by their owner alone, and
 * prints the command that logs in. Safe to run again, for instance on another computer.
 */
import os from "node:os";
import { namedStack } from "./arguments";
import { askPulumi } from "./askPulumi";
import { saveSshFiles, type SshOutputs } from "./sshKeyFiles";

function main(): void {
  const named = namedStack("npm run ssh-key", process.argv.slice(2));
  const stack = named.stack ? ["--stack", named.stack] : [];
  const printed = askPulumi("stack", "output", "--json", "--show-secrets", ...stack);
  const saved = saveSshFiles(JSON.parse(printed) as Partial<SshOutputs>, os.homedir());
  for (const file of saved.files) console.log(`Saved ${file}`);
  console.log(saved.command);
}

try {
  main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
