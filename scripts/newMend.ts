/** `npm run new` once more, with answers that can be used. Pure. */
import { dayAfter } from "../components/calendarTimes";
import type { Problem } from "../components/text";
import { commandLine } from "./commandLine";
import type { NewRequest } from "./newArguments";
import { problemsAbout, QUESTIONS, type Answers, type Question } from "./newFile";

/** A course is some weeks away, and five days long. */
const WEEKS_DAYS = 21;
const COURSE_DAYS = 4;

/**
 * The problem of an end that is over: a year that was typed wrongly, and nothing would stop the server.
 *
 * @param lastDay as it stands in the file
 * @param today of this computer, such as 2026-11-26
 */
export function overProblem(lastDay: unknown, today: string): Problem | undefined {
  if (typeof lastDay !== "string" || !/^\d{4}-\d\d-\d\d$/.test(lastDay) || lastDay >= today) return;
  return {
    wrong: "lastDay is over already",
    received: lastDay,
    allowed: `a day from today on (${today})`,
    mend: `pulumi config set lastDay ${dayAfter(today, WEEKS_DAYS + COURSE_DAYS)}`,
  };
}

/** What the problem's own command sets, where the question takes the same. */
function proposed(question: Question, { mend }: Problem, today: string): string {
  const [, value = ""] = /^pulumi config set (?:--path '[^']+'|\S+) (.+)$/.exec(mend) ?? [];
  switch (question) {
    case "days": {
      const first = dayAfter(today, WEEKS_DAYS);
      return `${first},${dayAfter(first, COURSE_DAYS)}`;
    }
    case "course":
      return "org/repo";
    default:
      return value;
  }
}

/**
 * The whole command with an answer in the place of each that is wrong; undefined: no question is about it.
 *
 * @param name of the new stack
 */
export function mendedNew(
  request: NewRequest,
  name: string,
  problems: readonly Problem[],
  today: string,
): string | undefined {
  const better: Answers = {};
  for (const question of Object.keys(QUESTIONS) as Question[]) {
    const [problem] = problemsAbout(question, problems);
    if (problem) better[question] = proposed(question, problem, today);
  }
  if (Object.keys(better).length === 0) return undefined;
  const answers = Object.entries({ ...request.answers, ...better });
  return commandLine("npm run new", [
    name,
    ...(request.from === undefined ? [] : ["--from", request.from]),
    ...(request.yes ? ["--yes"] : []),
    ...answers.flatMap(([option, answer]) => [`--${option}`, answer]),
  ]);
}
