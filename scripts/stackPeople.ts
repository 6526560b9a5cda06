/** Who has an account, in a stack's configuration: read and written by `pulumi`. */
import type { People } from "../components/accountList";
import { askPulumi, openConfig, type ShownConfig } from "./askPulumi";

const PROJECT = "tljh-workshop";
const LISTS = ["admins", "helpers", "participantNames"] as const;
const NUMBERS = ["participants", "spareAccounts"] as const;

/** From what `pulumi config --json` prints, which has the defaults in it. */
export function peopleOf(shown: ShownConfig): People {
  const text = (key: string) => shown[`${PROJECT}:${key}`]?.value;
  const list = (key: string) => JSON.parse(text(key) || "[]") as string[];
  const number = (key: string) => Number(text(key) || "0");
  return {
    admins: list("admins"),
    helpers: list("helpers"),
    participantNames: list("participantNames"),
    participants: number("participants"),
    spareAccounts: number("spareAccounts"),
  };
}

/** What `pulumi config set-all --json` takes, of the keys that have changed. */
export function changedKeys(before: People, after: People): ShownConfig {
  const changed: ShownConfig = {};
  for (const key of [...LISTS, ...NUMBERS]) {
    const value = JSON.stringify(after[key]);
    if (value === JSON.stringify(before[key])) continue;
    const isList = typeof after[key] !== "number";
    changed[`${PROJECT}:${key}`] = { value, ...(isList && { objectValue: after[key] }) };
  }
  return changed;
}

export function readPeople(stack: string): People {
  return peopleOf(openConfig(stack));
}

/** Writes what has changed into the stack's file; the keys. */
export function writePeople(stack: string, before: People, after: People): string[] {
  const changed = changedKeys(before, after);
  const keys = Object.keys(changed).map((key) => key.replace(/^.*:/, ""));
  if (keys.length > 0) {
    askPulumi("config", "set-all", "--json", JSON.stringify(changed), "--stack", stack);
  }
  return keys;
}
