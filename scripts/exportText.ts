/** What `npm run export` prints for a person. */
import type { Home } from "./exportServer";
import { sizeText, table } from "./userText";

/** What came of one person's files. */
export interface Outcome {
  name: string;
  files: number;
  bytes: number;
  /** `kept`: nothing has changed since the archive that is there, and it is whole. */
  result: "saved" | "kept" | "failed";
  file: string;
  left: Record<string, number>;
}

const RESULTS = {
  saved: "saved, read back",
  kept: "unchanged, read back",
  failed: "NOT COMPLETE",
};

/** Such as `2 caches, 1 secrets`. */
function leftText(left: Record<string, number>): string {
  const parts = Object.entries(left).map(([why, count]) => `${count} ${why}`);
  return parts.join(", ") || "–";
}

export function outcomesText(outcomes: readonly Outcome[]): string {
  return table([
    ["account", "files", "size", "archive", "left out"],
    ...outcomes.map(({ name, files, bytes, result, left }) => [
      name,
      String(files),
      sizeText(bytes),
      RESULTS[result],
      leftText(left),
    ]),
  ]);
}

/** How far an archive is, in one line of a terminal. */
export function progressText({ name, bytes: all }: Home, bytes: number): string {
  const share = all === 0 ? "" : `, ${Math.min(100, Math.floor((bytes / all) * 100))} %`;
  return `${name}: ${sizeText(bytes)} of ${sizeText(all)}${share}`;
}
