/** What a person asks `npm run attendance` for. */
import { misuseOf, optionsOf } from "./arguments";

export interface AttendanceRequest {
  stack?: string;
  /** A file on this computer; `-` is standard output. */
  to?: string;
  /** Of IANA. */
  timeZone?: string;
}

const OPTIONS = {
  stack: { type: "string", short: "s" },
  to: { type: "string", short: "t" },
  "time-zone": { type: "string" },
} as const;
const USAGE =
  "[--to FILE.csv, or - for standard output] [--time-zone Asia/Bishkek]; with --stack NAME";
const misused = misuseOf(USAGE);

/** @throws Error in the one shape, when the words are not understood */
export function parseAttendanceArguments(args: readonly string[]): AttendanceRequest {
  const { values, positionals } = optionsOf("npm run attendance", args, OPTIONS, misused);
  if (positionals.length > 0) {
    throw misused("There are words too many", positionals.join(" "), "npm run attendance");
  }
  const { stack, to, "time-zone": timeZone } = values;
  if (timeZone !== undefined) expectTimeZone(timeZone);
  return {
    ...(stack !== undefined && { stack }),
    ...(to !== undefined && { to }),
    ...(timeZone !== undefined && { timeZone }),
  };
}

function expectTimeZone(name: string): void {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
  } catch {
    throw misused(
      "There is no such time zone",
      name,
      "npm run attendance -- --time-zone Asia/Bishkek; all: https://en.wikipedia.org/wiki/List_of_tz_database_time_zones",
    );
  }
}
