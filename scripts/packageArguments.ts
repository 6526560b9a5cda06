/** What a person asks `npm run package` for. */
import { type Installer, packageProblem } from "../components/packagesConfig";
import { knownWord, misuseOf, optionsOf } from "./arguments";
import { commandLine, withoutOption } from "./commandLine";

export type PackageRequest = { stack?: string } & (
  | { do: "add"; names: string[]; installer: Installer; change: boolean; dryRun: boolean }
  | { do: "remove"; names: string[]; dryRun: boolean }
  | { do: "list"; json: boolean }
  | { do: "lock" }
);

const WORDS = ["add", "remove", "list", "lock"] as const;
const OPTIONS = {
  stack: { type: "string", short: "s" },
  conda: { type: "boolean" },
  apt: { type: "boolean" },
  change: { type: "boolean" },
  "dry-run": { type: "boolean" },
  json: { type: "boolean" },
} as const;
const USAGE =
  "add NAME… [--conda or --apt] [--change] [--dry-run], remove NAME… [--dry-run], list [--json], lock; with --stack NAME";
const misused = misuseOf(USAGE);
/** Which words an option belongs to. */
const BELONGS = {
  conda: ["add"],
  apt: ["add"],
  change: ["add"],
  "dry-run": ["add", "remove"],
  json: ["list"],
} as const;

/** @throws Error in the one shape, when the words are not understood */
export function parsePackageArguments(args: readonly string[]): PackageRequest {
  const { values, positionals } = optionsOf("npm run package", args, OPTIONS, misused);
  const [word = "", ...names] = positionals;
  const known = knownWord("npm run package", WORDS, "list", [args, word], misused);
  for (const [option, belong] of Object.entries(BELONGS)) {
    if (values[option as keyof typeof BELONGS] && !belong.some((one) => one === known)) {
      const to = `--${option} belongs to ${belong.join(" and ")}`;
      const rest = withoutOption(args, option, OPTIONS);
      throw misused(to, args.join(" "), commandLine("npm run package", rest));
    }
  }
  if (values.conda && values.apt) {
    const one = commandLine("npm run package", withoutOption(args, "apt", OPTIONS));
    throw misused("A package comes from one place", "--conda and --apt", one);
  }
  const stack = values.stack === undefined ? {} : { stack: values.stack };
  if (known === "list" || known === "lock") {
    if (names.length > 0) {
      throw misused("There are words too many", names.join(" "), `npm run package -- ${known}`);
    }
    return known === "list"
      ? { ...stack, do: known, json: values.json ?? false }
      : { do: known, ...stack };
  }
  if (names.length === 0) {
    throw misused("Which package is missing", word, `npm run package -- ${known} NAME`);
  }
  const dryRun = values["dry-run"] ?? false;
  if (known === "remove") return { ...stack, do: known, names, dryRun };
  const installer = values.conda ? "conda" : values.apt ? "apt" : "pip";
  for (const name of names) {
    const problem = packageProblem(installer, name);
    if (!problem) continue;
    const { wrong, allowed = "", mend } = problem;
    const meant = mend.replace(/^.*\]' /, "");
    const option = installer === "pip" ? "" : ` --${installer}`;
    throw new Error(
      [
        wrong,
        `  received: ${name}`,
        `  allowed:  ${allowed}`,
        `  mend:     npm run package -- add '${meant}'${option}`,
      ].join("\n"),
    );
  }
  return { ...stack, do: known, names, installer, change: values.change ?? false, dryRun };
}
