/** `npm run lint`: type-check, linter, format, shell scripts, generated tables. */
import { runLinters } from "./linters/runLinters";

void runLinters().then((passed) => {
  process.exitCode = passed ? 0 : 1;
});
