/** A `pulumi up` of a few resources, for the commands that change one thing in front of a class. */
import { spawn } from "node:child_process";
import path from "node:path";
import { formatProblem } from "../components/text";

const ROOT = path.join(__dirname, "..");

/**
 * Brings some resources of a stack up and no others; quiet unless it fails.
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
  const status = await new Promise((resolve, reject) => {
    pulumi.on("error", reject);
    pulumi.on("close", resolve);
  });
  if (status === 0) return;
  const problem = {
    wrong,
    received: `exit status ${String(status)} from pulumi up, whose words are above`,
    allowed: "it succeeds",
    mend: `what it says; then the same command once more, or pulumi up --stack ${stack}`,
  };
  throw new Error(`${text.trimEnd()}\n\n${formatProblem(problem)}`);
}
