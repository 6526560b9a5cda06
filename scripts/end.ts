/**
 * The end of a workshop, step by step: nobody's work is lost, the token is revoked, nothing goes on
 * costing money, and what only people can do is written down.
 *
 *   npm run end -- --stack NAME            asks before what cannot be taken back
 *   npm run end -- --stack NAME --yes      asks nothing
 *
 * Ends with what stays to do, and with status 0 when all steps are done. When one fails, the same command
 * goes on from there. `WORKSHOP_DESTROY=yes` leaves people's files out: for a server that nobody can
 * reach any more. What the workshop was stays in records/STACK, without passwords.
 */
import { spawn } from "node:child_process";
import path from "node:path";
import { askPerson, endQuestions } from "./askPerson";
import { parseEndArguments } from "./endArguments";
import { LEFT_TO_DO, stepsOf, type Ending } from "./endAll";
import { leftToDo } from "./endRecord";
import { takeSteps } from "./endSteps";
import { ownFolder, writeOwn } from "./ownFiles";
import { awsOf, shownConfig } from "./stackAws";
import { selectedStack } from "./stackServer";

const ROOT = path.join(__dirname, "..");

/** Runs a program where the person sees it. Its exit status. */
function show(program: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    // Answers are for this command: those that it starts ask nothing.
    const child = spawn(program, args, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] });
    child.on("error", reject);
    child.on("close", (status) => resolve(status ?? -1));
  });
}

async function main(): Promise<void> {
  const request = parseEndArguments(process.argv.slice(2));
  const stack = request.stack ?? selectedStack();
  const config = shownConfig(stack);
  const folder = path.join(ROOT, "records", stack);
  ownFolder(folder, "--stack", "end");
  const ending: Ending = {
    stack,
    name: config["tljh-workshop:name"]?.value || stack,
    config,
    aws: awsOf(config),
    folder,
    slips: path.join(ROOT, "slips", stack),
    // Where the server cannot be asked, and the person does not want it to be.
    isForced: process.env["WORKSHOP_DESTROY"] === "yes",
    yes: request.yes,
    say: (line) => console.log(line),
    ask: askPerson,
    command: (script, ...args) =>
      show(process.execPath, [
        ...["--import", "tsx", path.join(__dirname, `${script}.ts`), ...args],
        ...["--stack", stack],
      ]),
    destroy: () => show("pulumi", ["destroy", "--yes", "--skip-preview", "--stack", stack]),
    outputs: {},
    tokenPage: "",
    backups: [],
  };
  const { say, ask, yes } = ending;
  const again = `npm run end -- --stack ${stack}${yes ? " --yes" : ""}`;
  await takeSteps(stepsOf(ending), { say, ask, yes, again });
  const left = leftToDo(ending);
  const file = path.join(folder, LEFT_TO_DO);
  writeOwn(file, left.join("\n"));
  say(`The workshop ${stack} has ended. What stays to do (also in ${file}):`);
  for (const line of left) say(`  - ${line}`);
}

main()
  .catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  })
  .finally(endQuestions);
