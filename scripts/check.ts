/**
 * Whether a participant can work, from the log-in page to the notebook of each link, with an account
 * of its own that is removed afterwards. Costs nothing, changes nothing, disturbs nobody.
 *
 *   npm run check                     the selected stack; --stack NAME for another one
 *   npm run -s check -- --json        for scripts
 *
 * Exit status 0: a participant can work. 1: something failed. 130: ended by Ctrl-C.
 */
import { parseCheckArguments } from "./checkArguments";
import { rowText, verdictText } from "./checkText";
import { logInTo } from "./logInTo";
import { Ended, withGuests } from "./proof/guests";
import { insideLooks, outsideLooks, visitorOf, type Subject } from "./proof/looks";
import { isReady, prove, type Look, type Row } from "./proof/rows";
import { shownConfig } from "./stackAws";
import { selectedStack, stackServer } from "./stackServer";

/** Of the account. No person's name becomes this. */
const GUEST = "workshop-check";
const NOBODY = { name: GUEST, password: "" };

async function main(): Promise<void> {
  const { stack = selectedStack(), json } = parseCheckArguments(process.argv.slice(2));
  const begin = performance.now();
  const server = stackServer(stack);
  const { url, publicIp, links = {} } = server.outputs;
  const subject: Subject = {
    stack,
    url,
    publicIp,
    links: links as Record<string, string>,
    config: shownConfig(stack),
  };
  const tell = (row: Row): void => {
    if (!json) console.log(rowText(row));
  };
  const nobody = visitorOf(subject, NOBODY);
  const machine: Look = {
    name: "machine",
    look: async () => {
      (await logInTo(server.machine)).end();
      return "runs, and lets this computer in by SSH";
    },
    mend: `npm run doors -- open --stack ${stack}`,
    isGate: true,
  };
  const outside = await prove([machine, ...outsideLooks(subject, nobody)], tell);
  nobody.leave();
  const isOpen = outside.every(({ name, state }) => name !== "page" || state === "good");
  const inside = isOpen
    ? await withGuests(server, [GUEST], async ([guest], signal) => {
        const participant = visitorOf(subject, guest ?? NOBODY);
        try {
          return await prove(insideLooks(subject, participant), tell, signal);
        } finally {
          participant.leave();
        }
      })
    : [];
  const rows = [...outside, ...inside];
  const seconds = (performance.now() - begin) / 1000;
  if (json) {
    const ready = isOpen && isReady(rows);
    console.log(JSON.stringify({ stack, url, ready, seconds, rows }, undefined, 2));
  } else console.log(`\n${verdictText(rows, url, seconds)}`);
  process.exitCode = isOpen && isReady(rows) ? 0 : 1;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = error instanceof Ended ? 130 : 1;
});
