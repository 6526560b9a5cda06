/** What `npm run check` prints for a person. */
import { isReady, type Row, type State } from "./proof/rows";

const SIGNS: Record<State, string> = { good: "✔", warn: "!", bad: "✖", unknown: "–" };
const NAME_COLUMN = 18;

/** A row, and below it what to do where something is wrong. */
export function rowText({ name, state, found, mend, seconds }: Row): string {
  const time = state === "unknown" ? "" : `${seconds.toFixed(1)} s`;
  const line = `${SIGNS[state]} ${name.padEnd(NAME_COLUMN)} ${time.padStart(7)}  ${found}`;
  return mend === undefined || state === "good" ? line : `${line}\n    mend: ${mend}`;
}

/** Whether a workshop can be held, in one line. */
export function verdictText(rows: readonly Row[], url: string, seconds: number): string {
  const count = (state: State) => rows.filter((row) => row.state === state).length;
  const after = `after ${seconds.toFixed(0)} s`;
  if (!isReady(rows)) {
    const tried = count("unknown") > 0 ? `, ${count("unknown")} not tried` : "";
    return `NOT READY: ${count("bad")} of ${rows.length} failed${tried}, ${after}`;
  }
  const warned = count("warn") > 0 ? `, with ${count("warn")} to look at` : "";
  return `READY: a participant can work at ${url}${warned}, ${after}`;
}
