/** What `npm run user` prints for a person. */
import type { Account, People, Role } from "../components/accountList";
import type { Listed } from "./accountsServer";
import { minute } from "./courseTable";

/** What somebody needs for the first visit. */
export interface Card {
  name: string;
  person: string;
  /** Undefined: one's own, which nobody knows. */
  password?: string;
  address: string;
}

export function cardText({ name, person, password, address }: Card): string {
  return [
    ...(person === "" ? [] : [`  person    ${person}`]),
    `  account   ${name}`,
    `  password  ${password ?? `the person's own; a new one: npm run user -- reset ${name}`}`,
    `  address   ${address}`,
  ].join("\n");
}

/** Why somebody does not get the account of the name: another has it, or the same person already. */
export function takenText(added: {
  /** The account that was made, and the one that the name would have got. */
  name: string;
  usual: string;
  person: string;
  accounts: readonly Account[];
  stack: string;
}): string {
  const { name, usual, person, accounts, stack } = added;
  const first = accounts.find((it) => it.person.normalize("NFC") === person.normalize("NFC"));
  if (!first) return `${usual} is another person's account`;
  return [
    `${first.name} is the account of another ${person}. If it is the same person:`,
    `  npm run user -- remove ${name} --stack ${stack}`,
    `  npm run user -- reset ${first.name} --stack ${stack}     # only if the password is forgotten`,
  ].join("\n");
}

/** That numbered accounts are there beside the named ones, and how they go; undefined: there are none. */
export function numberedText(people: People, stack: string): string | undefined {
  const { participants, participantNames } = people;
  const numbered = participants - participantNames.length;
  if (numbered <= 0) return undefined;
  return [
    `Beside them there are ${numbered} with a number (participant01 and so on). If nobody uses those:`,
    `  pulumi config --stack ${stack} set participants ${participantNames.length} && pulumi up --stack ${stack}`,
  ].join("\n");
}

/** Columns as wide as they must be, a line for each row. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => [...(row[column] ?? "")].length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - [...cell].length))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

const PASSWORDS = {
  given: "as first given",
  own: "changed",
  none: "NONE: the first visitor chooses it",
};

/** Of files, in MiB or GiB. */
export function sizeText(bytes: number): string {
  if (bytes === 0) return "–";
  const mib = bytes / 2 ** 20;
  return mib < 1024 ? `${Math.ceil(mib)} MiB` : `${(mib / 1024).toFixed(1)} GiB`;
}

/** The server does not count for ever: a negative number is more than it would. */
function size(bytes: number): string {
  return bytes < 0 ? "many files" : sizeText(bytes);
}

/** What a person without an entry in the configuration is, as far as the hub tells. */
function foundRole({ admin, groups }: Listed): Role | "by hand" {
  if (admin) return "admin";
  return groups.includes("helpers") ? "helper" : "by hand";
}

/** Everybody in the configuration and in the hub. */
export function listText(accounts: readonly Account[], listed: readonly Listed[]): string {
  const onHub = new Map(listed.map((it) => [it.name, it]));
  const extra = listed.filter(({ name }) => !accounts.some((it) => it.name === name));
  const row = (it: Listed | undefined, name: string, role: string, person: string): string[] => [
    name,
    role,
    person || "–",
    it ? PASSWORDS[it.password] : "no account: pulumi up makes it",
    it?.seen ? minute(Date.parse(it.seen) / 1000) : "never",
    it?.server ? "runs" : "–",
    size(it?.bytes ?? 0),
  ];
  return table([
    ["account", "role", "person", "password", "last here", "server", "files"],
    ...accounts.map((it) => row(onHub.get(it.name), it.name, it.role, it.person)),
    ...extra.map((it) => row(it, it.name, foundRole(it), "")),
  ]);
}
