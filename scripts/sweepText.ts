/** What `npm run sweep` prints for a person. */
import { table } from "./courseTable";
import { BACKUPS, type Thing } from "../components/taggedThings";

/** What was seen, and what was not. */
export interface Swept {
  things: Thing[];
  /** Regions that were looked into. */
  looked: string[];
  /** Regions that this user may not look into. */
  refused: string[];
  /** Regions that did not answer, with why. */
  failed: { region: string; why: string }[];
  /** Stacks whose state could not be read. */
  unread: string[];
  /** Where the states lie that could be read. */
  backend: string;
  /** Who says the prices, as words in a sentence; empty: none was needed. */
  prices: string;
}

/** What is left over: nobody owns it. */
export function leftOver({ things }: Pick<Swept, "things">): Thing[] {
  return things.filter(({ owner }) => owner === "");
}

/** Nothing costs money that no stack owns, and every region that may be looked into has answered. */
export function isClean(swept: Swept): boolean {
  return swept.failed.length === 0 && leftOver(swept).every(({ isPaid }) => !isPaid);
}

function usd(amount: number): string {
  return `${amount.toFixed(2)} USD`;
}

function costText({ isPaid, monthly }: Thing): string {
  if (!isPaid) return "nothing";
  return monthly === undefined ? "unknown" : usd(monthly);
}

/** A sum in words; what has no price is said. */
function sumText(things: readonly Thing[]): string {
  const sum = things.reduce((all, { monthly = 0 }) => all + monthly, 0);
  const unknown = things.filter(({ isPaid, monthly }) => isPaid && monthly === undefined).length;
  const more = unknown > 0 ? `, and ${unknown} whose price is not known` : "";
  return `${usd(sum)} a month${more}`;
}

export function thingsTable(things: readonly Thing[]): string {
  const rows = things.map((it) => [it.region, it.kind, it.id, it.stack, it.what, costText(it)]);
  return table([["region", "what", "id", "tag stack", "", "a month"], ...rows]);
}

function count(things: readonly Thing[]): string {
  return things.length === 1 ? "1 thing" : `${things.length} things`;
}

/** What a stack owns, in one line: it is there on purpose. */
function ownedText(owner: string, things: readonly Thing[]): string {
  const own = things.filter((thing) => thing.owner === owner);
  return `Stack ${owner} has ${count(own)} in ${[...new Set(own.map(({ region }) => region))].join(", ")}: ${sumText(own)}. To remove them: npm run end -- --stack ${owner}`;
}

export function sweptText(swept: Swept): string {
  const { things, looked, refused, failed, unread, backend, prices } = swept;
  const left = leftOver(swept);
  const owners = [...new Set(things.map(({ owner }) => owner))].filter((owner) => owner !== "");
  const lines: string[] = [];
  if (left.length === 0) {
    lines.push(
      `Nothing is left over with the tag project=tljh-workshop in ${looked.length} ${looked.length === 1 ? "region" : "regions"}.`,
    );
  } else {
    lines.push(
      thingsTable(left),
      "",
      `${count(left)} that no stack here owns: ${sumText(left)}. To remove them: npm run sweep -- --remove`,
      `A stack whose state lies elsewhere than ${backend || "here"} is not known here: ask colleagues first.`,
    );
    const kept = left.filter(({ kind }) => BACKUPS.includes(kind));
    if (kept.length > 0) {
      lines.push(
        `Of these, ${count(kept)} may be backups of people's work, which --remove leaves; --remove --backups does not.`,
      );
    }
  }
  lines.push(...owners.map((owner) => ownedText(owner, things)));
  if (prices !== "") lines.push(`Prices: ${prices}.`);
  if (unread.length > 0) {
    lines.push(
      `The states of these stacks could not be read, and theirs may be among it: ${unread.join(", ")}`,
    );
  }
  if (refused.length > 0) {
    lines.push(
      `This AWS user may not look into ${refused.length} regions: ${refused.join(", ")}. With an administrator's profile: npm run sweep -- --profile admin`,
    );
  }
  lines.push(...failed.map(({ region, why }) => `${region} did not answer: ${why}`));
  return lines.join("\n");
}
