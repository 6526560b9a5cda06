/**
 * How a class of 1, 5, 10 and 20 fares on a rehearsal's machine, everybody at the same moment: the
 * hardest there is. Prints figures; no test depends on them.
 *
 *   npx tsx test/bench/class.ts [COUNT…]     default 1 5 10 20; needs `npm run setup`
 *
 * On a rehearsal of its own, which it removes. Takes some minutes.
 */
import path from "node:path";
import type { Report } from "../../scripts/class/page";
import { Lab, succeeded } from "../engine/workshop/lab";

const asked = process.argv.slice(2).map(Number);
const COUNTS = asked.length > 0 ? asked : [1, 5, 10, 20];

async function main(): Promise<void> {
  const lab = await Lab.open({ participants: 2 });
  try {
    succeeded(await lab.change("up"));
    for (const count of COUNTS) {
      const page = path.join(lab.project, `class-${count}.html`);
      const options = ["--participants", String(count), "--within", "0", "--json", "--out", page];
      const running = lab.startCommand("rehearse", ...options);
      await running.ended;
      if (!running.stdout.startsWith("{")) throw new Error(running.text);
      const { held, times } = JSON.parse(running.stdout) as Report;
      const through = held.visits.filter(({ failed }) => failed === undefined).length;
      const phases = times.map(
        ({ name, p50, p95 }) => `${name} ${p50.toFixed(1)}/${p95.toFixed(1)}`,
      );
      const memory = held.samples.map(({ memoryMiB }) => memoryMiB);
      const each = (Math.max(...memory) - (memory[0] ?? 0)) / count;
      console.log(
        `${count}: ${through} came through, last result after ${held.seconds.toFixed(1)} s; ` +
          `p50/p95 in s: ${phases.join(", ")}; ${each.toFixed(0)} MiB each`,
      );
      for (const { name, failed } of held.visits) {
        if (failed) console.log(`  ${name}: ${failed.phase}: ${failed.why}`);
      }
    }
  } finally {
    await lab.close();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
