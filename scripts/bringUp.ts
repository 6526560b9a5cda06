/** A `pulumi up` of a few resources, for the commands that change one thing in front of a class. */
import { spawn, type ChildProcess } from "node:child_process";
import path from "node:path";
import { formatProblem } from "../components/text";
import { SIGNALS } from "./signals";

const ROOT = path.join(__dirname, "..");

/**
 * Keeps this command alive as long as its `pulumi` runs: one that nobody listens to any more is killed
 * with its next line, and leaves the stack locked. The second Ctrl-C ends `pulumi` the way it ends itself.
 *
 * @returns ends that
 */
function outlive(pulumi: ChildProcess): () => void {
  let isTold = false;
  const wait = () => {
    if (isTold) return void pulumi.kill("SIGINT");
    isTold = true;
    console.error("Waiting for pulumi, some seconds; Ctrl-C once more breaks it off");
  };
  for (const signal of SIGNALS) process.on(signal, wait);
  return () => SIGNALS.forEach((signal) => process.off(signal, wait));
}

/**
 * Brings some resources of a stack up and no others; quiet unless it fails. Ctrl-C waits for its end.
 *
 * @param targets URNs, with `**` for any part
 * @param wrong what a failure means, for a person
 * @throws Error with all that `pulumi` has said
 */
export async function bringUp(
  stack: string,
  targets: readonly string[],
  wrong: string,
): Promise<void> {
  const up = ["up", "--yes", "--skip-preview", "--suppress-outputs"];
  up.push(...targets.flatMap((target) => ["--target", target]));
  // Of its own group: Ctrl-C is for us, who may have something to end properly.
  const pulumi = spawn("pulumi", ["--non-interactive", ...up, "--stack", stack], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let text = "";
  for (const stream of [pulumi.stdout, pulumi.stderr]) {
    stream.setEncoding("utf8").on("data", (data: string) => (text += data));
  }
  const letGo = outlive(pulumi);
  const status = await new Promise((resolve, reject) => {
    pulumi.on("error", reject);
    pulumi.on("close", resolve);
  }).finally(letGo);
  if (status === 0) return;
  const problem = {
    wrong,
    received: `exit status ${String(status)} from pulumi up, whose words are above`,
    allowed: "it succeeds",
    mend: `what it says; then the same command once more, or pulumi up --stack ${stack}`,
  };
  throw new Error(`${text.trimEnd()}\n\n${formatProblem(problem)}`);
}
