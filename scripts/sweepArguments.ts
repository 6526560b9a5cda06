/** What a person asks `npm run sweep` for. */
import { misuseOf, optionsOf } from "./arguments";

export interface SweepRequest {
  /** Whether all workshops are looked for, and not only one. */
  all: boolean;
  /** Removes what no stack owns. */
  remove: boolean;
  /** Snapshots and images as well. */
  backups: boolean;
  json: boolean;
  /** AWS profile instead of the stack's: one that may look into more regions. */
  profile?: string;
  stack?: string;
}

const OPTIONS = {
  stack: { type: "string", short: "s" },
  all: { type: "boolean" },
  remove: { type: "boolean" },
  backups: { type: "boolean" },
  json: { type: "boolean" },
  profile: { type: "string" },
} as const;
const USAGE = "--stack NAME, --all, --remove (with --backups), --profile NAME, --json";
const misused = misuseOf(USAGE);

/** @throws Error in the one shape, when the words are not understood */
export function parseSweepArguments(args: readonly string[]): SweepRequest {
  const { values, positionals } = optionsOf("npm run sweep", args, OPTIONS, misused);
  if (positionals.length > 0) {
    throw misused("There are words too many", positionals.join(" "), "npm run sweep");
  }
  const { stack, profile, all = false, remove = false, backups = false, json = false } = values;
  if (backups && !remove) {
    throw misused(
      "Snapshots and images are listed in any case; --backups removes them",
      args.join(" "),
      "npm run sweep -- --remove --backups",
    );
  }
  if (remove && json) {
    throw misused(
      "What removes asks first, and so is not for programs",
      args.join(" "),
      "npm run sweep -- --json, or: npm run sweep -- --remove",
    );
  }
  return {
    ...(stack !== undefined && { stack }),
    all: all || stack === undefined,
    ...(profile !== undefined && { profile }),
    remove,
    backups,
    json,
  };
}
