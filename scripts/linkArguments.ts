/** What a person asks `npm run link` for: one entry of `content`, in the words of the configuration. */
import { parseArgs } from "node:util";
import { parseContent, type ContentEntry } from "../components/content";
import { formatProblem, formatProblems, nearest, type Problem } from "../components/text";

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
const USAGE = `npm run -s link -- --repo org/repo --open notebooks/1_introduction.ipynb`;

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
    const here = problems.map((problem) => asOption(problem));
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

/** An error about the configuration, as one about this command. */
function asOption(problem: Problem): Problem {
  const mend = problem.mend.replace(
    /^pulumi config set --path 'content\[0\]\.(\w+)' /,
    "npm run -s link -- … --$1 ",
  );
  return { ...problem, wrong: problem.wrong.replace(/^content\[0\]\./, "--"), mend };
}

function parsed(args: readonly string[]): Values {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (error) {
    const { message } = error as Error;
    const option = /'(?:-\w, )?(--?[^'\s=]+)/.exec(message)?.[1] ?? "";
    const near = nearest(option, ALL);
    const wrong = message.startsWith("Unexpected argument")
      ? "Words without an option in front cannot be used"
      : `The option ${option} cannot be used so`;
    throw misused(
      wrong,
      args.join(" "),
      near && near !== option ? `npm run -s link -- … ${near} …` : USAGE,
      error,
    );
  }
}

function misused(wrong: string, received: string, mend: string, cause?: unknown): Error {
  const allowed = `${ALL.join(", ")}, each with a value; only --repo is needed (${FIELDS.join(", ")} as in content)`;
  return new Error(
    formatProblem({ wrong, received: received === "" ? "nothing" : received, allowed, mend }),
    { cause },
  );
}
