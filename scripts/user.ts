/**
 * Accounts between two `pulumi up`s, in seconds, without a restart.
 *
 *   npm run user -- add aigul              or "Айгуль Бекова": makes the account, prints its password
 *   npm run user -- reset aigul            a new password
 *   npm run user -- remove aigul           takes the account away; with --files the files too
 *   npm run user -- list                   who there is
 *   npm run user -- import people.csv      many at once; with --dry-run it only shows them
 *
 * With `--stack NAME` for another stack than the selected one. What changes is also written into the
 * stack's configuration, so that the next `pulumi up` agrees.
 */
import fs from "node:fs";
import path from "node:path";
import { accountName, accountsOf, type Account, type People } from "../components/accountList";
import { quote } from "../components/shell";
import { formatProblem } from "../components/text";
import { newPassword, passwordFor } from "../components/password";
import { askAccounts, seedOf, type AccountFact, type Listed } from "./accountsServer";
import { asCalled } from "./ownFiles";
import { newcomers, without, withParticipants } from "./people";
import { namesOf } from "./peopleFile";
import { readPeople, writePeople } from "./stackPeople";
import { isUp, selectedStack, stackServer, type StackServer } from "./stackServer";
import { parseUserArguments } from "./userArguments";
import { cardText, listText, numberedText, table, takenText } from "./userText";

/** Whose password was set just now. */
function wereSet(facts: readonly AccountFact[]): Set<string> {
  return new Set(facts.flatMap((fact) => (fact.kind === "password" ? fact.name : [])));
}

/** Makes accounts on the server; those whose password is the generated one. */
async function make(server: StackServer, made: readonly Account[]): Promise<Map<string, string>> {
  const seed = seedOf(server);
  const accounts = made.map(({ name, role }) => ({
    name,
    role,
    password: passwordFor(seed, name),
  }));
  const set = wereSet(await askAccounts(server, { do: "set", accounts }));
  // A password from before, of an account of the same name.
  const others = accounts.filter(({ name }) => !set.has(name));
  const [known] =
    others.length > 0 ? await askAccounts(server, { do: "check", accounts: others }) : [];
  const states = known?.kind === "passwords" ? known.states : {};
  const ours = accounts.filter(({ name }) => set.has(name) || states[name] === "given");
  return new Map(ours.map(({ name, password }) => [name, password]));
}

function record(stack: string, before: People, after: People): void {
  const keys = writePeople(stack, before, after);
  if (keys.length === 0) return;
  console.log(`Recorded in Pulumi.${stack}.yaml: ${keys.join(", ")}`);
}

async function add(server: StackServer, item: string): Promise<void> {
  const people = readPeople(server.stack);
  const { people: after, made } = withParticipants(people, [item], true);
  console.error(`Making ${made.map(({ name }) => name).join(", ")} on the server`);
  const passwords = await make(server, made);
  record(server.stack, people, after);
  for (const { name, person } of made) {
    const usual = accountName(person);
    if (person !== "" && name !== usual) {
      console.log(
        takenText({
          name,
          usual,
          person,
          accounts: accountsOf(people).accounts,
          stack: server.stack,
        }),
      );
    }
    const password = passwords.get(name);
    console.log(
      cardText({ name, person, address: server.outputs.url, ...(password && { password }) }),
    );
  }
}

async function reset(server: StackServer, name: string): Promise<void> {
  const password = newPassword();
  console.error(`Setting a new password for ${name} on the server`);
  await askAccounts(server, { do: "reset", accounts: [{ name, password }] });
  const { accounts } = accountsOf(readPeople(server.stack));
  const person = accounts.find((it) => it.name === name)?.person ?? "";
  console.log(cardText({ name, person, password, address: server.outputs.url }));
  console.log("Write it down: it is kept nowhere, and is not shown again.");
}

async function remove(server: StackServer, name: string, files: boolean): Promise<void> {
  const people = readPeople(server.stack);
  const after = without(people, name);
  console.error(`Removing ${name} on the server`);
  const facts = await askAccounts(server, { do: "remove", removed: [name], files });
  const removed = facts.find((fact) => fact.kind === "removed");
  record(server.stack, people, after);
  if (removed?.kind !== "removed") return;
  console.log(removed.account ? `${name} has no account any more` : `${name} had no account`);
  if (removed.home !== "") {
    console.log(`The files stay in ${removed.home}. To delete them for good:`);
    console.log(`  npm run user -- remove ${name} --files --stack ${server.stack}`);
  } else if (files) console.log("The files are deleted");
}

async function list(server: StackServer, json: boolean): Promise<void> {
  const { accounts } = accountsOf(readPeople(server.stack));
  const seed = seedOf(server);
  const given = accounts.map(({ name }) => ({ name, password: passwordFor(seed, name) }));
  const facts = await askAccounts(server, { do: "list", accounts: given });
  const listed = facts.filter((fact): fact is Listed => fact.kind === "user");
  console.log(json ? JSON.stringify(listed, undefined, 2) : listText(accounts, listed));
}

/** @throws Error in the one shape, when it cannot be read */
function readTable(file: string): Uint8Array {
  try {
    return fs.readFileSync(asCalled(file));
  } catch (error) {
    const problem = {
      wrong: "The table of names cannot be read",
      received: `${asCalled(file)}: ${(error as Error).message.split(",")[0]}`,
      allowed: "the path of a CSV file in UTF-8",
      mend: `ls ${quote(path.dirname(asCalled(file)))}, then the same command with the file's name`,
    };
    throw new Error(formatProblem(problem), { cause: error });
  }
}

async function importFile(stack: string, file: string, dryRun: boolean): Promise<void> {
  const server = isUp(stack) ? stackServer(stack) : undefined;
  const people = readPeople(stack);
  const items = newcomers(people, namesOf(readTable(file), file));
  // Before the first `up` nobody uses the numbered accounts yet.
  const { people: after, made } = withParticipants(people, items, server !== undefined);
  const named = made.filter(({ name }) => !/^participant\d+$/.test(name));
  console.log(table([["account", "person"], ...named.map((it) => [it.name, it.person || "–"])]));
  console.log(`${named.length} new, ${after.participants} participants in all`);
  if (dryRun || named.length === 0) return;
  if (server) {
    console.error(`Making ${named.length} accounts on the server`);
    await make(server, named);
  }
  record(stack, people, after);
  const numbered = numberedText(after, stack);
  if (server && numbered !== undefined) console.log(numbered);
  console.log(
    server
      ? `Their passwords: npm run slips -- --stack ${stack}`
      : `They are made by: pulumi up --stack ${stack}`,
  );
}

async function main(): Promise<void> {
  const request = parseUserArguments(process.argv.slice(2));
  const stack = request.stack ?? selectedStack();
  if (request.do === "import") return importFile(stack, request.file, request.dryRun);
  const server = stackServer(stack);
  switch (request.do) {
    case "add":
      return add(server, request.name);
    case "reset":
      return reset(server, request.name);
    case "remove":
      return remove(server, request.name, request.files);
    case "list":
      return list(server, request.json);
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
