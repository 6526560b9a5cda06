/**
 * `npm run -s dev:env`: what a shell needs so that `pulumi` works on the workshop of this computer.
 *
 *   eval "$(npm run -s dev:env)"
 *   pulumi -s dev preview
 */
import { runningDaemon } from "../rehearsal/folder";
import { pulumiEnv, UNWANTED } from "../rehearsal/pulumiEnv";
import { loadToolchain } from "../rehearsal/toolchain";
import { DEV } from "./devStack";
import { exportLines } from "./devText";

function main(): void {
  if (runningDaemon(DEV.name) === undefined) {
    throw new Error(
      [
        "The workshop of this computer is not running",
        `  received: no rehearsal ${DEV.name}`,
        "  to mend:  npm run dev",
      ].join("\n"),
    );
  }
  const { pathDirs } = loadToolchain();
  for (const line of exportLines(pulumiEnv(DEV.name), pathDirs, UNWANTED)) console.log(line);
}

try {
  main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
