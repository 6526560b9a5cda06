/** What a person asks `npm run doctor` for. */
import { misuseOf, optionsOf } from "../arguments";

export interface DoctorRequest {
  /** Default: the one that is selected. */
  stack?: string;
  json: boolean;
  /** After which what has not answered on the server is given up. */
  seconds: number;
}

const OPTIONS = {
  stack: { type: "string", short: "s" },
  json: { type: "boolean" },
  seconds: { type: "string" },
} as const;
const USAGE = "[--stack NAME] [--json] [--seconds 6]";
const misused = misuseOf(USAGE);

/** With log-in and what Pulumi takes, all is there within ten seconds then. */
const DEFAULT_SECONDS = 6;
const MOST_SECONDS = 120;

/** @throws Error in the one shape, when the words are not understood */
export function parseDoctorArguments(args: readonly string[]): DoctorRequest {
  const { values, positionals } = optionsOf("npm run doctor", args, OPTIONS, misused);
  if (positionals.length > 0) {
    throw misused("There are words too many", positionals.join(" "), "npm run doctor");
  }
  const seconds = Number(values.seconds ?? DEFAULT_SECONDS);
  if (!(Number.isInteger(seconds) && seconds >= 1 && seconds <= MOST_SECONDS)) {
    throw misused(
      `--seconds is no whole number from 1 to ${MOST_SECONDS}`,
      values.seconds ?? "",
      "npm run doctor -- --seconds 30",
    );
  }
  return {
    json: values.json ?? false,
    seconds,
    ...(values.stack !== undefined && { stack: values.stack }),
  };
}
