/** What a person asks `npm run user` for. */
import { knownWord, misuseOf, optionsOf } from "./arguments";
import { commandLine, withoutOption } from "./commandLine";

export type UserRequest = { stack?: string } & (
  | { do: "add" | "reset"; name: string }
  | { do: "remove"; name: string; files: boolean }
  | { do: "list"; json: boolean }
  | { do: "import"; file: string; dryRun: boolean }
);

const WORDS = ["add", "reset", "remove", "list", "import"] as const;
const OPTIONS = {
  stack: { type: "string", short: "s" },
  files: { type: "boolean" },
  json: { type: "boolean" },
  "dry-run": { type: "boolean" },
} as const;
const USAGE =
  'add NAME or add "Full Name", reset NAME, remove NAME [--files], list [--json], import FILE.csv [--dry-run]; with --stack NAME';
const misused = misuseOf(USAGE);
/** Which option belongs to which word. */
const BELONGS = { files: "remove", json: "list", "dry-run": "import" } as const;

/** @throws Error in the one shape, when the words are not understood */
export function parseUserArguments(args: readonly string[]): UserRequest {
  const { values, positionals } = optionsOf("npm run user", args, OPTIONS, misused);
  const [word = "", name, ...rest] = positionals;
  const known = knownWord("npm run user", WORDS, "list", [args, word], misused);
  for (const [option, belongs] of Object.entries(BELONGS)) {
    if (values[option as keyof typeof BELONGS] && belongs !== known) {
      const mend = commandLine("npm run user", withoutOption(args, option, OPTIONS));
      throw misused(`--${option} belongs to ${belongs}`, args.join(" "), mend);
    }
  }
  const stack = values.stack === undefined ? {} : { stack: values.stack };
  if (known === "list") {
    if (name !== undefined) throw misused("There are words too many", name, "npm run user -- list");
    return { ...stack, do: known, json: values.json ?? false };
  }
  if (name === undefined || name.trim() === "") {
    const missing = known === "import" ? "FILE.csv" : "NAME";
    throw misused(
      known === "import" ? "The file is missing" : "Whose account is missing",
      word,
      `npm run user -- ${known} ${missing}`,
    );
  }
  if (known === "import") {
    if (rest.length > 0) {
      const whole = commandLine("npm run user", [known, [name, ...rest].join(" ")]);
      throw misused("There are words too many", rest.join(" "), whole);
    }
    return { ...stack, do: known, file: name, dryRun: values["dry-run"] ?? false };
  }
  if (rest.length > 0) {
    const whole = `${known} "${[name, ...rest].join(" ")}"`;
    throw misused("There are words too many", rest.join(" "), `npm run user -- ${whole}`);
  }
  // The account's name on the server is an easy slip.
  const account = name.trim().replace(/^jupyter-(?=.)/, "");
  if (known === "add") return { ...stack, do: known, name: name.trim() };
  if (known === "reset") return { ...stack, do: known, name: account };
  return { ...stack, do: known, name: account, files: values.files ?? false };
}
