/**
 * Participants' copies of the course repositories: who has the newest fix.
 *
 *   npm run course -- status               who has it, who lacks it, and where
 *   npm run course -- pull-all             what a click on the link does, for all who have a clone
 *   npm run course -- fresh NAME           a fresh copy; the old one is set aside
 *
 * With `--repo NAME` for one repository only, `--stack NAME`, and `--json` for machines. Ends with
 * status 0 only when all have the fix (status), or all were pulled (pull-all).
 */
import { coursesOf, parseCourseArguments, type CourseContent } from "./courseArguments";
import { factOf, type Fact } from "./courseFacts";
import { courseValues } from "./courseServer";
import { freshProblem, freshText, isWell, pulledText, RELOAD, statusText } from "./courseTable";
import { stackServer } from "./stackServer";

/** For all, before the server ends it: forty people, four at a time, some of them slow. */
const LIMIT_SECONDS = 1800;

async function main(): Promise<boolean> {
  const request = parseCourseArguments(process.argv.slice(2));
  const server = stackServer(request.stack);
  const content = server.outputs["content"] as CourseContent[] | undefined;
  const courses = coursesOf(content, request, server.stack);
  const facts: Fact[] = [];
  await server.run("course", courseValues(request, courses), {
    limitSeconds: LIMIT_SECONDS,
    onLine(line) {
      const fact = factOf(line);
      if (!fact) return;
      facts.push(fact);
      if (fact.kind === "pulled" && !request.json) console.log(pulledText(fact));
    },
  });
  const [fresh] = facts.filter((it) => it.kind === "fresh" || it.kind === "unknown");
  const isMade = fresh?.kind === "fresh" && fresh.fails === "";
  if (request.json) console.log(JSON.stringify(facts, undefined, 2));
  else if (fresh && isMade) console.log(freshText(fresh));
  else if (!fresh) console.log(statusText(facts, server.stack));
  if (request.do === "pull-all" && !request.json) console.log(RELOAD);
  if (fresh && !isMade) throw new Error(freshProblem(fresh, server.stack));
  return isWell(facts, request.do);
}

main().then(
  (isGood) => {
    process.exitCode = isGood ? 0 : 1;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
