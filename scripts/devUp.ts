import { AcmeControl } from "../rehearsal/acme/client";
import type { RehearsalOptions } from "../rehearsal/rehearsal";
import { startRehearsal } from "../rehearsal/rehearsal";
import { askPulumi, ensureStack, removeDeadLocks, runPulumi, type Stack } from "./devStack";
import { FOUND, summary, type DevOutputs } from "./devText";

/**
 * Starts or recovers a rehearsal and brings its stack up.
 *
 * @returns the exit status: 1 when `pulumi up` failed, whose error stands above
 */
export async function bringUp(
  options: RehearsalOptions & { stack: string } & Pick<Stack, "project" | "quiet">,
): Promise<number> {
  const { say } = options;
  const rehearsal = await startRehearsal(options);
  say(FOUND[rehearsal.found]);
  const { project, quiet } = options;
  const stack: Stack = { name: options.stack, project, rehearsal, quiet };
  await ensureStack(stack);
  if (removeDeadLocks(stack) > 0) say("Removed the lock of a pulumi that was killed");
  const status = await runPulumi(stack, ["up", "--yes", "--skip-preview", "-s", stack.name]);
  if (status !== 0) {
    say("");
    say("`pulumi up` did not finish: its error stands above.");
    say("`npm run dev` goes on from there; `npm run dev:stop` removes all of it.");
    return 1;
  }
  const show = ["stack", "output", "--show-secrets", "-s", stack.name];
  const outputs = askPulumi<DevOutputs>(stack, show);
  const isSecure = outputs.url.startsWith("https:");
  const rootsFile = isSecure ? await new AcmeControl(rehearsal.endpoint).rootsFile() : "";
  for (const line of summary(outputs, rootsFile)) say(line);
  return 0;
}
