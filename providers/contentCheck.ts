/**
 * The look at the course's repositories at each preview and `up`: a wrong repository, branch or path
 * is found here, not by a participant.
 *
 * What is wrong, and how it is said: contentProblems.ts. What happens on the server:
 * scripts/server/content-check.sh.
 */
import * as pulumi from "@pulumi/pulumi";
import { assignments } from "../components/shell";
import { formatProblem, formatProblems, forStack, type Problem } from "../components/text";
import {
  commitsOf,
  contentProblems,
  contentWarnings,
  isSilent,
  type CheckedEntry,
  type Found,
} from "./contentProblems";
import { runOnServer, type Machine, type MachineArgs, type Ran } from "./ssh";
import { inputsChanged } from "./changedInputs";

export interface ContentCheckArgs extends MachineArgs {
  /** In the order of the configuration. */
  entries: pulumi.Input<pulumi.Input<CheckedEntry>[]>;
  /** Host of the token. */
  gitHost: pulumi.Input<string>;
  hasToken: pulumi.Input<boolean>;
  /** Text of scripts/server/content-check.sh, with what the steps share. */
  script: pulumi.Input<string>;
}

export type ContentCheckInputs = pulumi.Unwrap<ContentCheckArgs>;

export interface ContentCheckOutputs extends ContentCheckInputs {
  /** Name of each entry to the commit its link brought when it was last checked at an update. */
  commits: Record<string, string>;
  /** What participants will miss, though the links work. */
  warnings: string[];
}

type Action = "look" | "remove";

const LIMIT_SECONDS: Record<Action, number> = { look: 180, remove: 25 };

async function run(action: Action, values: ContentCheckInputs): Promise<Ran> {
  const { entries, script, stack } = values;
  const table = (key: "url" | "branch") =>
    Object.fromEntries(entries.map((entry) => [entry.name, entry[key]]));
  const text =
    assignments({
      STACK: stack,
      ACTION: action,
      NAMES: entries.map(({ name }) => name),
      URLS: table("url"),
      BRANCHES: table("branch"),
    }) + script;
  const machine: Machine = values;
  const ran = await runOnServer(machine, text, LIMIT_SECONDS[action]);
  if (ran.status === 0) return ran;
  throw new Error(
    formatProblem({
      wrong: "The course's repositories could not be looked at on the server",
      received: `${ran.status === -1 ? "the connection broke" : `exit status ${ran.status}`} ${ran.stderr.trim()}`,
      allowed: `an end within ${LIMIT_SECONDS[action]} s`,
      mend: `pulumi up --stack ${stack}`,
    }),
  );
}

async function look(values: ContentCheckInputs): Promise<Found[]> {
  return JSON.parse((await run("look", values)).stdout) as Found[];
}

function problemsOf(values: ContentCheckInputs, found: readonly Found[]): Problem[] {
  const { entries, gitHost, hasToken, stack } = values;
  return contentProblems(entries, found, { gitHost, hasToken }).map((problem) => ({
    ...problem,
    mend: forStack(problem.mend, stack),
  }));
}

/** @throws Error with all that is wrong */
async function check(values: ContentCheckInputs): Promise<ContentCheckOutputs> {
  const found = await look(values);
  const problems = problemsOf(values, found);
  if (problems.length > 0) {
    throw new Error(formatProblems("The links of the course do not all work", problems));
  }
  const warnings = contentWarnings(values.entries, found).map((it) => forStack(it, values.stack));
  return { ...values, commits: commitsOf(found), warnings };
}

export const provider: pulumi.dynamic.ResourceProvider<ContentCheckInputs, ContentCheckOutputs> = {
  async create(inputs) {
    return { id: "content", outs: await check(inputs) };
  },

  /** Looks each time. What can't be reached now, server or host, is no change. */
  async diff(_id, olds, news) {
    if (inputsChanged(olds, news)) {
      return { changes: true, replaces: [] };
    }
    try {
      const known = (await look(news)).filter((found) => !isSilent(found));
      return { changes: problemsOf(news, known).length > 0, replaces: [] };
    } catch {
      return { changes: false };
    }
  },

  async update(_id, _olds, news) {
    return { outs: await check(news) };
  },

  /** One try: the server may be gone, and `destroy` must go on. */
  async delete(_id, props) {
    try {
      await run("remove", props);
    } catch {
      // The cache goes with the server.
    }
  },
};

/**
 * That each link of the course leads somewhere: git on the server, with the credentials there, reads
 * the repository, it has the branch, and the branch has the path.
 *
 * Costs nothing; takes a second or two at each preview. New commits are no change. Errors, all in
 * one: a repository does not exist or may not be read, a branch or a path does not exist, each with
 * the nearest that does; the host of a repository does not answer; the server cannot be reached.
 */
export class ContentCheck extends pulumi.dynamic.Resource {
  declare readonly commits: pulumi.Output<Record<string, string>>;
  declare readonly warnings: pulumi.Output<string[]>;

  constructor(name: string, args: ContentCheckArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      provider,
      name,
      {
        commits: undefined,
        warnings: undefined,
        ...args,
        privateKey: pulumi.secret(args.privateKey),
      },
      pulumi.mergeOptions({ additionalSecretOutputs: ["privateKey"] }, opts),
      "tljh",
      "ContentCheck",
    );
  }
}
