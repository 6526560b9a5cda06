/**
 * Rehearses a class: participants arrive within a minute, log in, start their servers, open JupyterLab,
 * pull the first link's material, start a kernel and compute, on accounts of their own that are removed
 * afterwards. Tells how long each phase took, how busy the machine was, and what was scarce.
 *
 *   npm run rehearse                              20 participants, the selected stack
 *   npm run rehearse -- --participants 5 --within 0     all at once
 *
 * With `--stack NAME`, `--out FILE.html` for the page, `--json` for scripts. It loads the machine like a
 * class: not while one is held. Exit status 0 only when all came through; 130 after Ctrl-C.
 */
import fs from "node:fs";
import path from "node:path";
import { attend } from "./class/attend";
import { bottleneck, phaseTimes } from "./class/figures";
import { classPage } from "./class/page";
import { asCalled } from "./ownFiles";
import { Ended, withGuests } from "./proof/guests";
import { parseRehearseArguments } from "./rehearseArguments";
import { adviceOf, memoryText, timesText, verdictOf, visitText } from "./rehearseText";
import { stackServer } from "./stackServer";

const ROOT = path.join(__dirname, "..");

function guestNames(count: number): string[] {
  const digits = Math.max(2, String(count).length);
  return Array.from(
    { length: count },
    (_, index) => `workshop-class-${String(index + 1).padStart(digits, "0")}`,
  );
}

async function main(): Promise<void> {
  const request = parseRehearseArguments(process.argv.slice(2));
  const { participants, within, json } = request;
  const server = stackServer(request.stack);
  const { stack, outputs } = server;
  const link = Object.values((outputs["links"] ?? {}) as Record<string, string>)[0];
  if (!json) console.error(`Making ${participants} accounts for the rehearsal at ${outputs.url}`);
  const held = await withGuests(server, guestNames(participants), async (guests, signal) => {
    const plan = {
      withinSeconds: within,
      ...(link !== undefined && { link }),
      tell: (one: Parameters<typeof visitText>[0]) => {
        if (!json) console.error(visitText(one));
      },
    };
    const done = await attend(server, guests, plan, signal);
    if (!json) console.error("Removing the accounts and their files");
    return done;
  });
  const instanceType = outputs["instanceType"] as string;
  const times = phaseTimes(held.visits);
  const scarce = bottleneck(held.samples, instanceType);
  const verdict = verdictOf(held);
  const advice = adviceOf(scarce, stack);
  const date = new Date().toISOString().slice(0, 16).replace("T", " ");
  const report = { stack, url: outputs.url, instanceType, date, held, times, bottleneck: scarce };
  const file = request.out
    ? asCalled(request.out)
    : path.join(ROOT, "class", `${stack}-${participants}.html`);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, classPage(report, verdict, advice));
  const passed = held.visits.every(({ failed }) => failed === undefined);
  if (json) console.log(JSON.stringify({ ...report, passed, page: file }, undefined, 2));
  else {
    console.log(timesText(times));
    console.log(memoryText(held));
    console.log(`\n${verdict}\n${advice}\nCurves: ${file}`);
  }
  process.exitCode = passed ? 0 : 1;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = error instanceof Ended ? 130 : 1;
});
