/**
 * Who has an account: its name, what it may do, and whose it is, from the stack's configuration. No
 * input or output here.
 */
import { transliterate } from "transliteration";
import { quote } from "./shell";
import type { Problem } from "./text";

export type Role = "admin" | "helper" | "participant" | "spare";

export interface Account {
  /** On the hub, such as `aigul-bekova`. */
  name: string;
  role: Role;
  /** The person's name as it was written, such as `Айгуль Бекова`; empty: not known. */
  person: string;
}

/** The stack's configuration, as far as it says who has an account. */
export interface People {
  admins: readonly string[];
  helpers: readonly string[];
  /** Participants' accounts in all; the named ones come first. */
  participants: number;
  /**
   * Each an account (`aigul`), a person (`Айгуль Бекова`), or both (`aigul-2 = Айгуль Бекова`).
   */
  participantNames: readonly string[];
  spareAccounts: number;
}

/** JupyterHub's account NAME is the Unix user `jupyter-NAME`, and Linux allows 32 characters in all. */
export const MOST_LETTERS = 24;
/**
 * Of a name that is made here: `jupyter-NAME` then has less than 26 characters, and TLJH does not
 * put part of a hash into it.
 */
export const MADE_LETTERS = 17;
const ACCOUNT = /^[a-z][a-z0-9-]*$/;
/** Kept for the numbered accounts, so that a person never gets one by the name. */
const NUMBERED = /^(participant|spare)[0-9]+$/;
/** Of commands that come as a participant. Afterwards they remove these accounts with all their files. */
const GUEST = /^workshop-(check|class-[0-9]+)$/;

/** Whether an account is a command's, for as long as it runs, and nobody's otherwise. */
export function isGuest(name: string): boolean {
  return GUEST.test(name);
}

/** Names that no person may have. */
function isKept(name: string): boolean {
  return NUMBERED.test(name) || isGuest(name);
}

/** What such a name is kept for. */
function keptFor(name: string): string {
  const what = isGuest(name) ? "npm run check and rehearse" : "the numbered accounts";
  return `holds a name that is kept for ${what}`;
}

/**
 * Letters as their owners' passports write them, where the library does otherwise: Russian and
 * Kyrgyz, Tajik, Uzbek, Kazakh.
 */
const LETTERS: [string, string][] = Object.entries({
  й: "i",
  х: "kh",
  ц: "ts",
  ң: "n",
  ғ: "gh",
  қ: "q",
  ҳ: "h",
  ҷ: "j",
  ў: "o",
  ә: "a",
  і: "i",
  ұ: "u",
  һ: "h",
});

/** The account's name that a person's name becomes; empty when nothing of it can be written. */
export function accountName(person: string): string {
  const written = transliterate(person.normalize("NFC").toLowerCase(), { replace: LETTERS });
  return cut(
    written
      .normalize("NFD")
      .toLowerCase()
      .replace(/[\u0300-\u036f'’`ʼ]/g, "")
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^[^a-z]+/, ""),
    MADE_LETTERS,
  );
}

function cut(name: string, letters: number): string {
  return name.slice(0, letters).replace(/-+$/, "");
}

/** `participant01` and so on; one more changes no other's name. */
function numbered(stem: string, count: number): string[] {
  return Array.from(
    { length: count },
    (_, index) => `${stem}${String(index + 1).padStart(2, "0")}`,
  );
}

/** A name that nobody has yet: the second `aigul` is `aigul-2`. */
function free(wanted: string, taken: ReadonlySet<string>): string {
  if (!taken.has(wanted) && !isKept(wanted)) return wanted;
  for (let number = 2; ; number += 1) {
    const name = `${cut(wanted, MADE_LETTERS - 1 - String(number).length)}-${number}`;
    if (!taken.has(name)) return name;
  }
}

interface Item {
  /** Empty: it is made from the person's name. */
  account: string;
  person: string;
}

/** An item of `participantNames`. Blanks count once, and not at the ends. */
export function parseItem(text: string): Item {
  const plain = text.trim().replace(/\s+/g, " ");
  const both = /^([^=]*?) ?= ?(.*)$/.exec(plain);
  if (both) return { account: both[1] ?? "", person: both[2] ?? "" };
  return ACCOUNT.test(plain) ? { account: plain, person: "" } : { account: "", person: plain };
}

/** What is wrong with the account that an item asks for by its name. */
function faultOf(name: string, taken: ReadonlySet<string>): Omit<Fault, "received"> | undefined {
  if (!ACCOUNT.test(name) || name.length > MOST_LETTERS) {
    return {
      wrong: "holds a name that cannot be an account",
      allowed: `1 to ${MOST_LETTERS} characters: lower-case letters, digits and -, a letter first; or a person's name in any script`,
      example: accountName(name) || "aigul",
    };
  }
  if (isKept(name)) {
    return {
      wrong: keptFor(name),
      allowed:
        "any other name; participants and spareAccounts say how many numbered ones there are",
      example: `${name}-2`,
    };
  }
  if (taken.has(name)) {
    return {
      wrong: "holds a name that somebody has already",
      allowed: "a name that is neither an admin's, a helper's nor another participant's",
      example: free(name, taken),
    };
  }
  return undefined;
}

interface Fault {
  wrong: string;
  received: string;
  allowed: string;
  /** A value that would be accepted. */
  example: string;
}

/** All accounts, and what is wrong with whose name; who has a wrong one has no account. */
export function accountsOf(people: People): { accounts: Account[]; problems: Problem[] } {
  const { admins, helpers, participants, participantNames, spareAccounts } = people;
  const problems: Problem[] = [];
  const refuse = (key: string, index: number, fault: Fault): void => {
    problems.push({
      wrong: `${key} ${fault.wrong}`,
      received: fault.received,
      allowed: fault.allowed,
      mend: `pulumi config set --path '${key}[${index}]' ${quote(fault.example)}`,
    });
  };
  for (const [key, names] of Object.entries({ admins, helpers })) {
    names.forEach((name, index) => {
      if (!isKept(name)) return;
      const wrong = keptFor(name);
      const allowed = "any other name";
      refuse(key, index, { wrong, received: name, allowed, example: `${name}-2` });
    });
  }
  const taken = new Set([...admins, ...helpers]);
  const named: Account[] = [];
  participantNames.forEach((text, index) => {
    const item = parseItem(text);
    const fault = item.account === "" ? undefined : faultOf(item.account, taken);
    const wanted = item.account || accountName(item.person);
    if (fault) {
      const person = item.person === "" ? "" : ` = ${item.person}`;
      const example = `${fault.example}${person}`;
      refuse("participantNames", index, { ...fault, received: text, example });
    } else if (wanted === "") {
      refuse("participantNames", index, {
        wrong: "holds a name of which no account can be made",
        received: text === "" ? "nothing" : text,
        allowed: "a name with letters, or an account with the person's name behind it",
        example: `guest${text.trim() === "" ? "" : ` = ${text.trim()}`}`,
      });
    } else {
      const name = item.account || free(wanted, taken);
      taken.add(name);
      named.push({ name, role: "participant", person: item.person });
    }
  });
  const plain = (role: Role, names: readonly string[]): Account[] =>
    names.map((name) => ({ name, role, person: "" }));
  // Counted without those whose names are wrong, so that no message is about a number.
  const others = Math.max(0, participants - participantNames.length);
  const accounts = [
    ...plain("admin", admins),
    ...plain("helper", helpers),
    ...named,
    ...plain("participant", numbered("participant", others)),
    ...plain("spare", numbered("spare", spareAccounts)),
  ];
  return { accounts, problems };
}
