/** What a person asks `npm run end` for. */
import { parseArgs } from "node:util";
import { misuseOf, wrongOption } from "./arguments";

export interface EndRequest {
  stack?: string;
  /** Asks nothing. */
  yes: boolean;
}

const OPTIONS = {
  stack: { type: "string", short: "s" },
  yes: { type: "boolean", short: "y" },
} as const;
const misused = misuseOf("--stack NAME; --yes asks nothing");

/** @throws Error in the one shape, when the words are not understood */
export function parseEndArguments(args: readonly string[]): EndRequest {
  const { values, positionals } = parsed(args);
  if (positionals.length > 0) {
    const words = positionals.join(" ");
    throw misused("There are words too many", words, `npm run end -- --stack ${words}`);
  }
  const { stack, yes = false } = values;
  return { ...(stack !== undefined && { stack }), yes };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    const { option, near } = wrongOption(error, Object.keys(OPTIONS));
    throw misused(
      `The option ${option} cannot be used so`,
      args.join(" "),
      `npm run end -- ${near === "--yes" ? near : "--stack NAME"}`,
    );
  }
}
