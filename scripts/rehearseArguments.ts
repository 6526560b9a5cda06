/** What a person asks `npm run rehearse` for. */
import { misuseOf, optionsOf } from "./arguments";
import { commandLine } from "./commandLine";

export interface RehearseRequest {
  stack?: string;
  /** How many come. */
  participants: number;
  /** In how many seconds all arrive. */
  within: number;
  json: boolean;
  /** Of the page; undefined: class/STACK-PARTICIPANTS.html. */
  out?: string;
}

/** More would need more than one computer to play them. */
const MOST = 100;
const OPTIONS = {
  stack: { type: "string", short: "s" },
  participants: { type: "string", short: "p" },
  within: { type: "string" },
  out: { type: "string", short: "o" },
  json: { type: "boolean" },
} as const;
const USAGE = `--participants 1 to ${MOST}, --within SECONDS (0 to 600), --out FILE.html, --stack NAME, --json`;
const misused = misuseOf(USAGE);

/** @throws Error in the one shape, when the words are not understood */
export function parseRehearseArguments(args: readonly string[]): RehearseRequest {
  const { values, positionals } = optionsOf("npm run rehearse", args, OPTIONS, misused);
  if (positionals.length > 0) {
    const words = args.filter((word) => !positionals.includes(word));
    throw misused(
      "rehearse takes no words",
      args.join(" "),
      commandLine("npm run rehearse", words),
    );
  }
  const number = (
    option: "participants" | "within",
    fallback: number,
    least: number,
    most: number,
  ) => {
    const text = values[option] ?? String(fallback);
    const value = Number(text);
    if (/^\d{1,4}$/.test(text) && value >= least && value <= most) return value;
    const wrong = `--${option} is not a number that can be used`;
    throw misused(wrong, text, `npm run rehearse -- --${option} ${fallback}`);
  };
  return {
    ...(values.stack !== undefined && { stack: values.stack }),
    ...(values.out !== undefined && { out: values.out }),
    participants: number("participants", 20, 1, MOST),
    within: number("within", 60, 0, 600),
    json: values.json ?? false,
  };
}
