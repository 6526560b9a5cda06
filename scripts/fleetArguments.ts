/** What a person asks `npm run fleet` for. */
import { parseArgs } from "node:util";
import { misuseOf, wrongOption } from "./arguments";

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
  const { json = false, page, limit = String(DEFAULT_SECONDS) } = parsed(args);
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

function parsed(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: OPTIONS,
      allowPositionals: true,
    });
    if (positionals.length === 0) return values;
  } catch (error) {
    const { option, near } = wrongOption(error, Object.keys(OPTIONS));
    throw misused(
      `The option ${option} cannot be used so`,
      args.join(" "),
      near ? `the command with ${near}` : "the command without it",
    );
  }
  throw misused("fleet shows all stacks, and takes no name", args.join(" "), "npm run fleet");
}
