/** What a person asks `npm run end` for. */
import { misuseOf, optionsOf } from "./arguments";

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
  const { values, positionals } = optionsOf("npm run end", args, OPTIONS, misused);
  if (positionals.length > 0) {
    const words = positionals.join(" ");
    throw misused("There are words too many", words, `npm run end -- --stack ${words}`);
  }
  const { stack, yes = false } = values;
  return { ...(stack !== undefined && { stack }), yes };
}
