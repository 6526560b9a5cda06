/** `npm run check`: type-check, linter, format, shell scripts, generated tables. */
import { runChecks } from "./checks/runChecks";

void runChecks().then((passed) => {
  process.exitCode = passed ? 0 : 1;
});
