/**
 * A new workshop's configuration file, Pulumi.NAME.yaml. Never overwrites one.
 *
 *   npm run new                          asks eight questions
 *   npm run new -- NAME --from OLD       starts from another stack's file, without its secrets, people,
 *                                        addresses and days
 *   npm run new -- NAME --yes --admins nicolas --days 2027-01-11,2027-01-15      asks nothing
 */
import fs from "node:fs";
import path from "node:path";
import { createInterface, type Interface } from "node:readline/promises";
import type { Document } from "yaml";
import { formatProblem, formatProblems, forStack, type Problem } from "../components/text";
import { PROJECT } from "../components/tags";
import { parseNewArguments, type NewRequest } from "./newArguments";
import {
  defaultOf,
  mentions,
  nextCommands,
  problemsAbout,
  problemsOf,
  QUESTIONS,
  startOf,
  textOf,
  withAnswers,
  type Question,
} from "./newFile";
import { mendedNew, overProblem } from "./newMend";

const ROOT = path.join(__dirname, "..");

function fileOf(stack: string): string {
  return path.join(ROOT, `Pulumi.${stack}.yaml`);
}

function refused(problem: Problem): Error {
  return new Error(formatProblem(problem));
}

/** Whether a stack can have this name and has no file yet. */
function nameProblem(name: string): Problem | undefined {
  const mend = "npm run new -- another-name";
  if (!/^[a-z][a-z0-9-]{0,30}[a-z0-9]$/.test(name)) {
    return {
      wrong: "This cannot be the name of a workshop",
      received: name === "" ? "nothing" : name,
      allowed: "2 to 32 lower-case letters, digits and hyphens, a letter first",
      mend,
    };
  }
  if (!fs.existsSync(fileOf(name))) return undefined;
  return {
    wrong: "There is a file for this stack already; nothing was changed",
    received: `Pulumi.${name}.yaml`,
    allowed: "a name without a file",
    mend,
  };
}

function readOld(from: string): string {
  try {
    return fs.readFileSync(fileOf(from), "utf8");
  } catch {
    const there = fs
      .readdirSync(ROOT)
      .flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
    throw refused({
      wrong: "There is no file of the stack that is to be copied",
      received: `Pulumi.${from}.yaml`,
      allowed: there.join(", "),
      mend: `npm run new -- NAME --from ${there.find((one) => one === "workshop") ?? there[0]}`,
    });
  }
}

/** Asks a person, or a script that writes a line for each answer. */
class Asker {
  private readonly terminal: Interface;
  private readonly lines: AsyncIterator<string>;

  constructor() {
    this.terminal = createInterface({ input: process.stdin, output: process.stdout });
    this.lines = this.terminal[Symbol.asyncIterator]();
  }

  close(): void {
    this.terminal.close();
  }

  /** Asks until the answer will do. */
  async ask(question: string, preset: string, wrong: (answer: string) => Problem[]) {
    for (;;) {
      this.terminal.setPrompt(`${question}${preset && ` [${preset}]`}: `);
      this.terminal.prompt();
      const line = await this.lines.next();
      if (line.done) {
        // The question has no end of line yet.
        console.log();
        throw refused({
          wrong: "The questions were not all answered; nothing was written",
          received: "the end of the input",
          allowed: "an answer to each, or its option",
          mend: "npm run new, or npm run new -- NAME --yes --admins NAME",
        });
      }
      const said = line.value.trim();
      // A hyphen is how an answer that has a preset is left empty.
      const answer = said === "-" ? "" : said || preset;
      const problems = wrong(answer);
      if (problems.length === 0) return answer;
      for (const { wrong: what, allowed } of problems)
        console.log(`  ${what}; allowed: ${allowed}`);
    }
  }
}

/** The day here or, where it is still yesterday anywhere, that one. */
function today(): string {
  return new Date(Date.now() - 12 * 3_600_000).toISOString().slice(0, 10);
}

function allProblems(file: Document, name: string, project: string): Problem[] {
  const over = overProblem(file.getIn(["config", `${PROJECT}:lastDay`]), today());
  return [...problemsOf(file, name, project), ...(over ? [over] : [])];
}

async function questioned(request: NewRequest, project: string) {
  // Before anything is asked: what is to be copied must be there.
  let file = startFile(request);
  const asker = new Asker();
  try {
    const nameFaults = (name: string) => [nameProblem(name)].flatMap((one) => one ?? []);
    const name = request.name ?? (await asker.ask("Name of the workshop's stack", "", nameFaults));
    for (const question of Object.keys(QUESTIONS) as Question[]) {
      if (request.answers[question] !== undefined) continue;
      // Without a name there is no certificate.
      if (question === "email" && defaultOf(file, "domain") === "") continue;
      const answered = (answer: string) => withAnswers(file, { [question]: answer });
      const faults = (answer: string) =>
        problemsAbout(question, allProblems(answered(answer), name, project));
      file = answered(await asker.ask(QUESTIONS[question], defaultOf(file, question), faults));
    }
    return { name, file };
  } finally {
    asker.close();
  }
}

function startFile(request: NewRequest): Document {
  const old = request.from === undefined ? undefined : readOld(request.from);
  return withAnswers(startOf(old), request.answers);
}

/** What no question is about is mended where it comes from. */
function forOld(mend: string, { from }: NewRequest): string {
  return from === undefined ? mend : forStack(mend, from);
}

async function main(): Promise<void> {
  const request = parseNewArguments(process.argv.slice(2));
  const taken = request.name === undefined ? undefined : nameProblem(request.name);
  if (taken) throw refused(taken);
  const project = fs.readFileSync(path.join(ROOT, "Pulumi.yaml"), "utf8");
  if (request.yes && request.name === undefined) {
    throw refused(nameProblem("") as Problem);
  }
  const { name, file } = request.yes
    ? { name: request.name ?? "", file: startFile(request) }
    : await questioned(request, project);
  const problems = allProblems(file, name, project);
  // Cannot be answered here: the script is to be looked at first.
  const later = problems.filter(({ mend }) => mentions(mend, "bootstrapSha256"));
  const wrong = problems.filter((problem) => !later.includes(problem));
  if (wrong.length > 0) {
    const title = "These answers cannot be used; nothing was written";
    const isAsked = (one: Problem) => mendedNew(request, name, [one], today()) !== undefined;
    const again = mendedNew(request, name, wrong, today()) ?? "";
    const options = wrong.map((one) => ({
      ...one,
      mend: isAsked(one) ? again : forOld(one.mend, request),
    }));
    throw new Error(formatProblems(title, options));
  }
  // Fails when somebody else has made it meanwhile.
  fs.writeFileSync(fileOf(name), textOf(file), { flag: "wx" });
  console.log(`Wrote Pulumi.${name}.yaml. Next:`);
  for (const command of nextCommands(name, file, later)) console.log(`  ${command}`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
