/** What a person asks `npm run export` for. */
import { misuseOf, optionsOf } from "./arguments";

export interface ExportRequest {
  stack?: string;
  /** Folder on this computer. */
  to?: string;
  /** Accounts; none: everybody. */
  names: string[];
  json: boolean;
}

const OPTIONS = {
  stack: { type: "string", short: "s" },
  to: { type: "string", short: "t" },
  json: { type: "boolean" },
} as const;
const USAGE = "[NAME …] [--to FOLDER] [--json]; with --stack NAME";
const misused = misuseOf(USAGE);

/** @throws Error in the one shape, when the words are not understood */
export function parseExportArguments(args: readonly string[]): ExportRequest {
  const { values, positionals } = optionsOf("npm run export", args, OPTIONS, misused);
  const names = positionals.map((name) => name.trim().replace(/^jupyter-(?=.)/, ""));
  if (names.includes("")) throw misused("A name is empty", args.join(" "), "npm run export");
  if (values.to?.trim() === "") throw misused("The folder is empty", "--to", "npm run export");
  return {
    ...(values.stack !== undefined && { stack: values.stack }),
    ...(values.to !== undefined && { to: values.to }),
    names: [...new Set(names)],
    json: values.json ?? false,
  };
}
