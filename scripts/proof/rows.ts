/** The rows of a proof: what was looked at, what came of it, and how long it took. */

/** `unknown`: it could not be looked at, because something before it failed. */
export type State = "good" | "warn" | "bad" | "unknown";

export interface Row {
  /** What is looked at. */
  name: string;
  state: State;
  /** What was found. */
  found: string;
  /** What to do, where something is wrong. */
  mend?: string;
  seconds: number;
}

/** What a look finds; text alone is good. */
export type Found = string | { state: State; found: string; mend?: string };

export interface Look {
  name: string;
  look: () => Promise<Found>;
  /** What to do when it throws. */
  mend: string;
  /** Whether what comes after it is of no use when it fails. Default: no. */
  isGate?: boolean;
}

/** Looks at one thing after the other; each row is told as soon as it is there. */
export async function prove(
  looks: readonly Look[],
  tell: (row: Row) => void = () => undefined,
  signal?: AbortSignal,
): Promise<Row[]> {
  const rows: Row[] = [];
  let closed: string | undefined;
  for (const one of looks) {
    const row: Row =
      closed === undefined
        ? await looked(one)
        : { name: one.name, state: "unknown", found: `not tried: ${closed} failed`, seconds: 0 };
    // Who ends it is asked nothing more.
    signal?.throwIfAborted();
    if (row.state === "bad" && one.isGate) closed = one.name;
    rows.push(row);
    tell(row);
  }
  return rows;
}

async function looked({ name, look, mend }: Look): Promise<Row> {
  const begin = performance.now();
  const seconds = () => (performance.now() - begin) / 1000;
  try {
    const found = await look();
    const whole = typeof found === "string" ? { state: "good" as const, found } : found;
    return { name, ...whole, seconds: seconds() };
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return { name, state: "bad", ...problemOf(words, mend), seconds: seconds() };
  }
}

/** An error in the shape that all of this project's have knows best how it is mended. */
function problemOf(text: string, mend: string): { found: string; mend: string } {
  const [wrong = "", ...lines] = text.split("\n");
  const line = (key: string) =>
    lines
      .find((one) => one.startsWith(`  ${key}:`))
      ?.slice(key.length + 3)
      .trim();
  const own = line("mend");
  if (own === undefined) return { found: text, mend };
  const received = line("received");
  return { found: received === undefined ? wrong : `${wrong} (${received})`, mend: own };
}

/** Whether a workshop can be held: nothing is bad, and nothing is unknown. */
export function isReady(rows: readonly Row[]): boolean {
  return rows.every(({ state }) => state === "good" || state === "warn");
}
