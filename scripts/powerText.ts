/** What `npm run stop` and `npm run start` say. */
import { formatProblem } from "../components/text";

/** Somebody whose server runs. */
export interface Worker {
  name: string;
  /** When something was last done there; undefined: the hub did not tell. */
  seen?: Date;
}

/** What `scripts/server/servers.sh` prints. */
export function workersOf(text: string): Worker[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [name = "", time = ""] = line.split(" ");
      return { name, ...(time !== "" && { seen: new Date(time) }) };
    });
}

/** Names shown; more would hide what matters. */
const MOST = 10;

function minutesAgo(seen: Date, now: Date): string {
  const minutes = Math.max(0, Math.floor((now.getTime() - seen.getTime()) / 60_000));
  if (minutes < 1) return "active now";
  if (minutes < 120) return `last active ${minutes} min ago`;
  return `last active ${Math.floor(minutes / 60)} h ago`;
}

/**
 * Who would lose something, and what.
 *
 * @param workers undefined: it is not known
 */
export function stopWarning(workers: readonly Worker[] | undefined, now: Date): string {
  if (workers === undefined) {
    return [
      "Who works now is not known: the server could not be asked",
      "Whose server runs loses what is not saved; JupyterLab saves notebooks every two minutes",
    ].join("\n");
  }
  const shown = workers
    .slice(0, MOST)
    .map(({ name, seen }) => `  ${name}${seen === undefined ? "" : `  ${minutesAgo(seen, now)}`}`);
  const more = workers.length - shown.length;
  const count = workers.length === 1 ? "1 server runs" : `${workers.length} servers run`;
  return [
    `${count} now:`,
    ...shown,
    ...(more > 0 ? [`  and ${more} more`] : []),
    "Their kernels end, and with them what they have in memory. JupyterLab saves notebooks every two minutes; later edits stay in an open browser until it is reloaded",
  ].join("\n");
}

/** Where nobody can be asked, and nobody has said `--yes`. */
export function unconfirmed(
  workers: readonly Worker[] | undefined,
  stack: string,
  again = `npm run stop -- --stack ${stack} --yes`,
): Error {
  return new Error(
    formatProblem({
      wrong: "The instance was not stopped: people may be at work",
      received:
        workers === undefined
          ? "the server could not be asked"
          : `servers of ${workers.map(({ name }) => name).join(", ")}`,
      allowed: "nobody's server runs, or --yes",
      mend: again,
    }),
  );
}

/**
 * What a stopped machine means, and what it goes on costing.
 *
 * @param seconds that it took; undefined: it was stopped before
 * @param next what will start it
 */
export function stoppedText(stack: string, seconds?: number, next?: string): string {
  return [
    seconds === undefined
      ? "The instance is stopped already"
      : `The instance is stopped (${seconds} s)`,
    "No page answers now. Home folders, accounts, certificate and address stay",
    "The instance costs nothing while it is stopped; its volumes and its address go on costing",
    ...(next === undefined ? [] : [next]),
    `To start it again: npm run start -- --stack ${stack}`,
  ].join("\n");
}

/**
 * How the hub was seen to answer.
 *
 * @param next what will stop the machine
 */
export function startedText(
  url: string,
  seconds: number,
  fromOutside: boolean,
  next: string,
): string {
  return [
    ...(fromOutside
      ? [
          `The hub answers at ${url} (${seconds} s)`,
          "Participants open it as before; their servers start anew, with their files",
        ]
      : [
          `The hub answers on the server (${seconds} s); from here ${url} does not: pulumi preview says why`,
        ]),
    next,
  ].join("\n");
}
