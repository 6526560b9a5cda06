/** What a person asks `npm run fleet` for. */
import { misuseOf, optionsOf } from "./arguments";

export interface FleetRequest {
  /** All that is known, for scripts. */
  json: boolean;
  /** File of the page; undefined: no page is written. */
  page?: string;
  /** For each stack. */
  limitSeconds: number;
}

const OPTIONS = {
  json: { type: "boolean" },
  page: { type: "string" },
  limit: { type: "string" },
} as const;
const DEFAULT_SECONDS = 60;
const MOST_SECONDS = 600;
const misused = misuseOf(
  `nothing; --json; --page FILE.html; --limit SECONDS for each stack (${DEFAULT_SECONDS})`,
);

/** @throws Error in the one shape, when the words are not understood */
export function parseFleetArguments(args: readonly string[]): FleetRequest {
  const { values, positionals } = optionsOf("npm run fleet", args, OPTIONS, misused);
  if (positionals.length > 0) {
    throw misused("fleet shows all stacks, and takes no name", args.join(" "), "npm run fleet");
  }
  const { json = false, page, limit = String(DEFAULT_SECONDS) } = values;
  const limitSeconds = /^\d{1,4}$/.test(limit) ? Number(limit) : 0;
  if (limitSeconds < 1 || limitSeconds > MOST_SECONDS) {
    throw misused(
      `--limit is no number of seconds from 1 to ${MOST_SECONDS}`,
      limit,
      "npm run fleet -- --limit 60",
    );
  }
  if (page?.trim() === "")
    throw misused("--page names no file", "", "npm run fleet -- --page fleet.html");
  return { json, limitSeconds, ...(page !== undefined && { page }) };
}
