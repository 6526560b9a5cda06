/** What `npm run course` sends to the server. */
import { serverPrograms } from "../components/server";
import type { ShellValue } from "../components/shell";
import type { CourseContent, CourseRequest } from "./courseArguments";

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
  return { REQUEST: JSON.stringify(request), PROGRAMS: serverPrograms("course") };
}
