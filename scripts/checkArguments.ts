/** What a person asks `npm run check` for. */
import { misuseOf, optionsOf } from "./arguments";

export interface CheckRequest {
  stack?: string;
  json: boolean;
}

const OPTIONS = {
  stack: { type: "string", short: "s" },
  json: { type: "boolean" },
} as const;
const misused = misuseOf("--stack NAME, --json");

/** @throws Error in the one shape, when the words are not understood */
export function parseCheckArguments(args: readonly string[]): CheckRequest {
  const { values, positionals } = optionsOf("npm run check", args, OPTIONS, misused);
  if (positionals.length > 0) {
    const mend =
      positionals.length === 1 ? `npm run check -- --stack ${positionals[0]}` : "npm run check";
    throw misused("check takes no words", args.join(" "), mend);
  }
  return {
    ...(values.stack !== undefined && { stack: values.stack }),
    json: values.json ?? false,
  };
}
