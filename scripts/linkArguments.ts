/** What a person asks `npm run link` for: one entry of `content`, in the words of the configuration. */
import { parseContent, type ContentEntry } from "../components/content";
import { formatProblems, type Problem } from "../components/text";
import { misuseOf, optionsOf } from "./arguments";
import { commandLine } from "./commandLine";

const FIELDS = ["repo", "branch", "open", "app", "name"] as const;
const OPTIONS = {
  repo: { type: "string", short: "r" },
  branch: { type: "string", short: "b" },
  open: { type: "string", short: "o" },
  app: { type: "string", short: "a" },
  name: { type: "string", short: "n" },
  stack: { type: "string", short: "s" },
} as const;
const ALL = Object.keys(OPTIONS).map((option) => `--${option}`);
const COMMAND = "npm run -s link";
const USAGE = `${COMMAND} -- --repo org/repo --open notebooks/1_introduction.ipynb`;

const misused = misuseOf(
  `${ALL.join(", ")}, each with a value; only --repo is needed (${FIELDS.join(", ")} as in content)`,
);

type Values = Partial<Record<keyof typeof OPTIONS, string>>;

/** Which stack is asked for, before its configuration is known. */
export function stackOf(args: readonly string[]): string | undefined {
  return parsed(args).stack;
}

/**
 * The same rules, and the same errors, as for the key `content`.
 *
 * @param gitHost of a repository that is given as org/repo
 * @param listed what participants have links to already: a repository keeps its folder, and no other
 *   gets it
 * @throws Error in the one shape, with all that is wrong
 */
export function parseLinkArguments(
  args: readonly string[],
  gitHost: string,
  listed: readonly Pick<ContentEntry, "url" | "branch">[] = [],
): ContentEntry {
  const values = fieldsOf(parsed(args));
  if (values.repo === undefined) {
    throw misused("The repository is missing", args.join(" "), USAGE);
  }
  const { content, problems } = parseContent(JSON.stringify([values]), gitHost);
  if (problems.length > 0) {
    const mend = mended(parsed(args), problems);
    const here = problems.map(({ wrong, ...rest }) => ({
      ...rest,
      wrong: wrong.replace(/^content\[0\]\./, "--"),
      mend,
    }));
    throw new Error(formatProblems("There is no link", here));
  }
  const [entry] = content as [ContentEntry];
  const all = [...listed, entry].map(({ url, branch }) => ({ repo: url, branch }));
  const folder = parseContent(JSON.stringify(all), gitHost).content.at(-1)?.folder;
  return { ...entry, folder: folder ?? entry.folder };
}

function fieldsOf(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([key]) => key !== "stack"));
}

/** The command with what errors about the configuration propose for its options. */
function mended(values: Values, problems: readonly Problem[]): string {
  const proposed = problems.flatMap(({ mend }) => {
    const [, field, word = ""] =
      /^pulumi config set --path 'content\[0\]\.(\w+)' (.*)$/s.exec(mend) ?? [];
    const text = word.replace(/^'(.*)'$/s, "$1").replaceAll("'\\''", "'");
    return field === undefined ? [] : [[field, text] as const];
  });
  const all = Object.entries({ ...values, ...Object.fromEntries(proposed) });
  return commandLine(
    COMMAND,
    all.flatMap(([option, value]) => (value === "" ? [] : [`--${option}`, value])),
  );
}

function parsed(args: readonly string[]): Values {
  const { values, positionals } = optionsOf(COMMAND, args, OPTIONS, misused);
  if (positionals.length > 0) {
    throw misused("Words without an option in front cannot be used", args.join(" "), USAGE);
  }
  return values;
}
