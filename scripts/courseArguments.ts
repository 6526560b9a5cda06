/** What a person asks `npm run course` for. */
import { formatProblem, nearest } from "../components/text";
import { knownWord, misuseOf, optionsOf } from "./arguments";

/** An entry of the stack's output `content`, as far as this command needs it. */
export interface CourseContent {
  name: string;
  /** Address of the repository, as participants' links have it. */
  repo: string;
  branch: string;
  /** Of the clone, in each home folder. */
  folder: string;
}

export interface CourseRequest {
  do: "status" | "pull-all" | "fresh";
  /** Of `fresh`: the participant. */
  name?: string;
  /** Name, folder or repository of an entry of `content`; undefined means all of them. */
  repo?: string;
  stack?: string;
  json: boolean;
}

const WORDS = ["status", "pull-all", "fresh"] as const;
const OPTIONS = {
  stack: { type: "string", short: "s" },
  repo: { type: "string", short: "r" },
  json: { type: "boolean" },
} as const;
const USAGE = "status, pull-all, or fresh NAME; with --repo NAME, --stack NAME, --json";
const misused = misuseOf(USAGE);

/** @throws Error in the one shape, when the words are not understood */
export function parseCourseArguments(args: readonly string[]): CourseRequest {
  const { values, positionals } = optionsOf("npm run course", args, OPTIONS, misused);
  const [word = "", name, ...rest] = positionals;
  const known = knownWord("npm run course", WORDS, "status", [args, word], misused);
  if (known === "fresh" && name === undefined) {
    throw misused("Whose copy is missing", word, "npm run course -- fresh NAME");
  }
  const extra = known === "fresh" ? rest : positionals.slice(1);
  if (extra.length > 0) {
    const mend = known === "fresh" ? `fresh ${name}` : known;
    throw misused("There are words too many", extra.join(" "), `npm run course -- ${mend}`);
  }
  return {
    do: known,
    // The account's name on the server is an easy slip.
    ...(known === "fresh" && { name: name?.replace(/^jupyter-(?=.)/, "") }),
    ...(values.repo !== undefined && { repo: values.repo }),
    ...(values.stack !== undefined && { stack: values.stack }),
    json: values.json ?? false,
  };
}

/**
 * The repositories that a request is about, each once: links to several notebooks of one repository
 * are several entries.
 *
 * @param content the stack's output; undefined when there is none
 * @throws Error in the one shape, when there are none, or not the one that is asked for
 */
export function coursesOf(
  content: readonly CourseContent[] | undefined,
  request: Pick<CourseRequest, "do" | "name" | "repo">,
  stack: string,
): CourseContent[] {
  if (!content || content.length === 0) {
    throw new Error(
      formatProblem({
        wrong: `The stack ${stack} has no course repositories`,
        received: "nothing in its output content",
        allowed: "one or more entries of the configuration key content, brought up",
        mend: `pulumi config set --stack ${stack} --path 'content[0].repo' ORGANISATION/REPOSITORY && pulumi up --stack ${stack}`,
      }),
    );
  }
  const wanted = request.repo;
  const asked = wanted === undefined ? content : content.filter((one) => isNamed(one, wanted));
  const found = [...new Map(asked.map((one) => [one.folder, one])).values()];
  const folders = [...new Set(content.map(({ folder }) => folder))];
  const words = [request.do, request.name, "--stack", stack].filter((word) => word !== undefined);
  const command = `npm run course -- ${words.join(" ")}`;
  if (found.length === 0) {
    throw new Error(
      formatProblem({
        wrong: "The stack has no such course repository",
        received: wanted ?? "",
        allowed: folders.join(", "),
        mend: `${command} --repo ${nearest(wanted ?? "", folders) ?? folders[0]}`,
      }),
    );
  }
  if (request.do === "fresh" && found.length > 1) {
    throw new Error(
      formatProblem({
        wrong: "It is not clear which copy is to be made fresh",
        received: `${found.length} repositories, and no --repo`,
        allowed: folders.join(", "),
        mend: `${command} --repo ${folders[0]}`,
      }),
    );
  }
  return found;
}

function isNamed(content: CourseContent, wanted: string): boolean {
  const plain = (text: string) => text.replace(/(\.git)?\/*$/, "");
  const { name, folder } = content;
  const repo = plain(content.repo);
  return [name, folder, repo].includes(plain(wanted)) || repo.endsWith(`/${plain(wanted)}`);
}
