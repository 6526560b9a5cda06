/** What a person asks `npm run backup` for. */
import { misuseOf, optionsOf } from "./arguments";
import { nearest } from "../components/text";
import { commandLine, withoutOption } from "./commandLine";

export type BackupRequest = { stack?: string } & (
  | { do: "make"; copyTo?: string }
  | { do: "list"; json: boolean }
  | { do: "remove"; which: { id: string } | { olderThanHours: number }; evenLast: boolean }
);

const OPTIONS = {
  stack: { type: "string", short: "s" },
  json: { type: "boolean" },
  "copy-to": { type: "string" },
  "older-than": { type: "string" },
  "even-last": { type: "boolean" },
} as const;
const USAGE =
  "nothing, to make one, with --copy-to REGION; list [--json]; remove snap-… or remove --older-than 30d, with --even-last for the newest too; each with --stack NAME";
const misused = misuseOf(USAGE);
/** Which option belongs to which word; the word that makes one is none. */
const BELONGS = {
  json: "list",
  "copy-to": "",
  "older-than": "remove",
  "even-last": "remove",
} as const;
const HOURS = { h: 1, d: 24, w: 7 * 24 } as const;

/** @throws Error in the one shape, when the words are not understood */
export function parseBackupArguments(args: readonly string[]): BackupRequest {
  const { values, positionals } = optionsOf("npm run backup", args, OPTIONS, misused);
  const [word = "", ...rest] = positionals;
  if (!["", "list", "remove"].includes(word)) {
    const near = nearest(word, ["list", "remove"]) ?? "list";
    throw misused(`backup does not know the word ${word}`, word, `npm run backup -- ${near}`);
  }
  for (const [option, belongs] of Object.entries(BELONGS)) {
    if (values[option as keyof typeof BELONGS] === undefined || belongs === word) continue;
    const to = belongs === "" ? "making a backup" : belongs;
    const mend = commandLine("npm run backup", withoutOption(args, option, OPTIONS));
    throw misused(`--${option} belongs to ${to}`, args.join(" "), mend);
  }
  const stack = values.stack === undefined ? {} : { stack: values.stack };
  const extra = word === "remove" ? rest.slice(1) : rest;
  if (extra.length > 0) {
    throw misused("There are words too many", extra.join(" "), `npm run backup -- ${word}`);
  }
  if (word === "list") return { ...stack, do: "list", json: values.json ?? false };
  if (word === "remove") {
    const which = whichOf(rest[0], values["older-than"]);
    return { ...stack, do: "remove", which, evenLast: values["even-last"] ?? false };
  }
  const copyTo = values["copy-to"];
  if (copyTo !== undefined && !/^[a-z]{2}(-[a-z]+)+-\d$/.test(copyTo)) {
    throw misused("--copy-to is no region", copyTo, "npm run backup -- --copy-to eu-central-1");
  }
  return { ...stack, do: "make", ...(copyTo !== undefined && { copyTo }) };
}

function whichOf(id: string | undefined, age: string | undefined) {
  const example = "npm run backup -- remove --older-than 30d";
  if ((id === undefined) === (age === undefined)) {
    throw misused("Which backups is not said, or twice", [id, age].join(" ").trim(), example);
  }
  if (id !== undefined) {
    if (/^snap-[0-9a-f]{8,17}$/.test(id)) return { id };
    throw misused("That is no id of a snapshot", id, "npm run backup -- list, which shows them");
  }
  const [, number = "", unit = ""] = /^(\d{1,5})([hdw])$/.exec(age ?? "") ?? [];
  if (unit === "") throw misused("--older-than is no time", age ?? "", `${example} (or 12h, 8w)`);
  return { olderThanHours: Number(number) * HOURS[unit as keyof typeof HOURS] };
}
