/** What a person asks `npm run doors` for. */
import * as ipaddr from "ipaddr.js";
import { cidrFault } from "../components/configReader";
import { knownWord, misuseOf, optionsOf } from "./arguments";

export interface DoorsRequest {
  do: "list" | "open" | "close";
  /** `me` or an IPv4 range. Undefined: of `list`; and of `close`, which then means all. */
  source?: string;
  /** Of `open`: after which it is closed again. */
  forMinutes?: number;
  stack?: string;
}

const WORDS = ["list", "open", "close"] as const;
const OPTIONS = {
  stack: { type: "string", short: "s" },
  for: { type: "string" },
} as const;
const USAGE =
  "list; open [me or an IPv4 range] [--for 2h]; close [me or an IPv4 range]; each with --stack NAME";
const misused = misuseOf(USAGE);

/** @throws Error in the one shape, when the words are not understood */
export function parseDoorsArguments(args: readonly string[]): DoorsRequest {
  const { values, positionals } = optionsOf("npm run doors", args, OPTIONS, misused);
  const [word = "", source, ...rest] = positionals;
  const known = knownWord("npm run doors", WORDS, "list", [args, word], misused);
  const extra = known === "list" ? positionals.slice(1) : rest;
  if (extra.length > 0) {
    throw misused("There are words too many", extra.join(" "), `npm run doors -- ${known}`);
  }
  if (values.for !== undefined && known !== "open") {
    throw misused(
      "Only what is opened has a time",
      `${known} --for`,
      "npm run doors -- open --for 2h",
    );
  }
  return {
    do: known,
    ...(source !== undefined && { source: sourceOf(source, known) }),
    ...(source === undefined && known === "open" && { source: "me" }),
    ...(values.for !== undefined && { forMinutes: minutesOf(values.for) }),
    ...(values.stack !== undefined && { stack: values.stack }),
  };
}

/** The command for the same once more. */
export function doorsCommand(
  { do: verb, source, forMinutes }: DoorsRequest,
  stack: string,
): string {
  const words = [
    verb,
    ...(source === undefined ? [] : [source]),
    ...(forMinutes === undefined ? [] : [`--for ${forMinutes}m`]),
  ];
  return `npm run doors -- ${words.join(" ")} --stack ${stack}`;
}

/** An address alone is a range of one. */
function sourceOf(word: string, verb: string): string {
  if (word === "me") return word;
  const cidr = ipaddr.IPv4.isValidFourPartDecimal(word) ? `${word}/32` : word;
  const fault = cidrFault(cidr);
  if (fault === undefined) return cidr;
  throw misused(`Who is meant is ${fault}`, word, `npm run doors -- ${verb} me`);
}

const DAY_MINUTES = 24 * 60;

function minutesOf(word: string): number {
  const [, hours = "0", minutes = "0"] = /^(?=\d)(?:(\d{1,2})h)?(?:(\d{1,4})m)?$/.exec(word) ?? [];
  const sum = Number(hours) * 60 + Number(minutes);
  if (sum >= 1 && sum <= DAY_MINUTES) return sum;
  throw misused(
    "--for is no time from a minute to a day",
    word,
    "npm run doors -- open --for 2h (or 30m, 1h30m)",
  );
}
