/** What a person asks `npm run slips` for. */
import { misuseOf, optionsOf } from "./arguments";

export interface SlipsRequest {
  stack?: string;
  /** Accounts or persons; none: all but admins. */
  names: string[];
  /** File of the page in other words. */
  template?: string;
  /** Folder on this computer. */
  out?: string;
}

const OPTIONS = {
  stack: { type: "string", short: "s" },
  template: { type: "string", short: "t" },
  out: { type: "string", short: "o" },
} as const;
const misused = misuseOf("[NAME …] [--template FILE] [--out FOLDER]; with --stack NAME");

/** @throws Error in the one shape, when the words are not understood */
export function parseSlipsArguments(args: readonly string[]): SlipsRequest {
  const { values, positionals } = optionsOf("npm run slips", args, OPTIONS, misused);
  return { ...values, names: positionals };
}
