/**
 * Slips of paper with everybody's account, to be handed out: a printable page and a table.
 *
 *   npm run slips                       of all participants, helpers and spare accounts
 *   npm run slips -- aigul              of one or some
 *
 * With `--template FILE` for the page in other words, `--out FOLDER` (default: slips/STACK), and
 * `--stack NAME`. Passwords are in them, so that only their owner can read the files. Who has changed
 * the password gets a slip without one.
 */
import fs from "node:fs";
import path from "node:path";
import { accountsOf, type Account } from "../components/accountList";
import { passwordFor } from "../components/password";
import { formatProblem, nearest } from "../components/text";
import { askAccounts, seedOf, type PasswordState } from "./accountsServer";
import { asCalled, ownFolder, writeOwn } from "./ownFiles";
import { commandLine } from "./commandLine";
import { parseSlipsArguments } from "./slipsArguments";
import { slipsPage, slipsTable, type Slip } from "./slipsPage";
import { readPeople } from "./stackPeople";
import { stackServer } from "./stackServer";

const TEMPLATE = path.join(__dirname, "slips.html.mustache");

/** Those that are named, by account or by person; without names all but admins. */
function chosen(accounts: readonly Account[], names: readonly string[], stack: string): Account[] {
  if (names.length === 0) return accounts.filter(({ role }) => role !== "admin");
  return names.flatMap((wanted) => {
    const found = accounts.filter(({ name, person }) => [name, person].includes(wanted));
    if (found.length > 0) return found;
    const all = accounts.flatMap(({ name, person }) => (person === "" ? [name] : [name, person]));
    const meant = nearest(wanted, all) ?? all.find((name) => name.startsWith(wanted));
    throw new Error(
      formatProblem({
        wrong: "There is nobody of that name",
        received: wanted,
        allowed: "an account or a person of the stack's configuration",
        mend: meant
          ? commandLine("npm run slips", [meant, "--stack", stack])
          : `npm run user -- list --stack ${stack}`,
      }),
    );
  });
}

async function main(): Promise<void> {
  const values = parseSlipsArguments(process.argv.slice(2));
  const server = stackServer(values.stack);
  const { stack } = server;
  const people = chosen(accountsOf(readPeople(stack)).accounts, values.names, stack);
  const file = values.template === undefined ? TEMPLATE : asCalled(values.template);
  const template = fs.readFileSync(file, "utf8");
  const out = asCalled(values.out ?? path.join("slips", stack));
  ownFolder(out);

  console.error(`Asking the server who still has the first password (${people.length} accounts)`);
  const seed = seedOf(server);
  const accounts = people.map(({ name }) => ({ name, password: passwordFor(seed, name) }));
  const [known] = await askAccounts(server, { do: "check", accounts });
  const states: Record<string, PasswordState> = known?.kind === "passwords" ? known.states : {};
  const slips: Slip[] = people
    .filter(({ name }) => states[name] !== "none")
    .map(({ name, person }) => ({
      person,
      account: name,
      password: states[name] === "given" ? passwordFor(seed, name) : "",
    }));
  const { url } = server.outputs;
  const page = path.join(out, "slips.html");
  const table = path.join(out, "slips.csv");
  writeOwn(page, await slipsPage(slips, url, template, file));
  writeOwn(table, slipsTable(slips, url));

  console.log(`${page}  ${slips.length} slips, to be printed from a browser on A4`);
  console.log(`${table}  the same as a table`);
  const own = slips.filter(({ password }) => password === "").map(({ account }) => account);
  if (own.length > 0) console.log(`Without a password, because it was changed: ${own.join(", ")}`);
  const none = people.map(({ name }) => name).filter((name) => states[name] === "none");
  if (none.length > 0) {
    console.log(`No slip, because the account does not exist yet: ${none.join(", ")}`);
    console.log(`It is made by: pulumi up --stack ${stack}`);
  }
  console.log(`Passwords stand in these files in plain. When they are printed: rm -r '${out}'`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
