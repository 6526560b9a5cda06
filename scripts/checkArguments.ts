/** What a person asks `npm run check` for. */
import { parseArgs } from "node:util";
import { misuseOf, wrongOption } from "./arguments";

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
  try {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    return {
      ...(values.stack !== undefined && { stack: values.stack }),
      json: values.json ?? false,
    };
  } catch (error) {
    const { option, near } = wrongOption(error, Object.keys(OPTIONS));
    const wrong = option === "" ? "check takes no words" : `The option ${option} cannot be used so`;
    const mend = near
      ? `npm run check -- ${near}${near === "--stack" ? " NAME" : ""}`
      : "npm run check";
    throw misused(wrong, args.join(" "), mend);
  }
}
