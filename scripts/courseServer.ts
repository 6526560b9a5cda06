/** What `npm run course` sends to the server. */
import fs from "node:fs";
import path from "node:path";
import type { ShellValue } from "../components/shell";
import type { CourseContent, CourseRequest } from "./courseArguments";

const PROGRAMS = path.join(__dirname, "server/course");

/** For one participant, in seconds, before the server ends it. */
const SECONDS_EACH = 300;

/** Variables of `scripts/server/course.sh`. */
export function courseValues(
  { do: what, name }: Pick<CourseRequest, "do" | "name">,
  courses: readonly CourseContent[],
): Record<string, ShellValue> {
  const request = {
    do: what === "pull-all" ? "pull" : what,
    name,
    secondsEach: SECONDS_EACH,
    // The folder is what people see, and it is one for each repository.
    courses: courses.map(({ folder, repo, branch }) => ({
      name: folder,
      url: repo,
      branch,
      folder,
    })),
  };
  return { REQUEST: JSON.stringify(request), PROGRAMS: programs() };
}

/** The server's own programs, by file name. */
function programs(): Record<string, string> {
  const files = fs.readdirSync(PROGRAMS).filter((file) => file.endsWith(".py"));
  return Object.fromEntries(
    files.map((file) => [file, fs.readFileSync(path.join(PROGRAMS, file), "utf8")]),
  );
}
