/** Whose things are: the states of all stacks of this project that this computer can read. */
import { idsIn } from "../components/taggedThings";
import { askPulumi } from "./stackServer";

export interface Owners {
  /** Stack to the ids in its state. */
  ids: Map<string, Set<string>>;
  /** Stacks whose state could not be read: whatever has their tag may be theirs. */
  unread: string[];
  /** Where the states lie; empty: not known. */
  backend: string;
}

export function readOwners(): Owners {
  const stacks = JSON.parse(askPulumi("stack", "ls", "--json")) as { name: string }[];
  const owners: Owners = { ids: new Map(), unread: [], backend: backendOf() };
  for (const { name } of stacks) {
    try {
      owners.ids.set(name, idsIn(askPulumi("stack", "export", "--stack", name)));
    } catch {
      owners.unread.push(name);
    }
  }
  return owners;
}

function backendOf(): string {
  try {
    return (JSON.parse(askPulumi("whoami", "--json")) as { url?: string }).url ?? "";
  } catch {
    return "";
  }
}
