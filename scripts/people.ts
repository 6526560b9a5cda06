/** How the stack's configuration changes when somebody gets an account or loses it. No input or output. */
import { accountsOf, parseItem, type Account, type People } from "../components/accountList";
import { formatProblem, formatProblems, type Problem } from "../components/text";

/** The people afterwards, and the accounts that are new. */
export interface Coming {
  people: People;
  made: Account[];
}

/**
 * With further participants.
 *
 * @param items as in `participantNames`
 * @param keepsNumbered whether the numbered accounts stay as many as they are, because somebody may
 *   use them; else the new ones take their places
 * @throws Error with all that is wrong with the names
 */
export function withParticipants(
  people: People,
  items: readonly string[],
  keepsNumbered: boolean,
): Coming {
  const { participants, participantNames: before } = people;
  const participantNames = [...before, ...items];
  const named = keepsNumbered ? before.length : participantNames.length;
  const after = {
    ...people,
    participantNames,
    participants: participantNames.length + Math.max(0, participants - named),
  };
  const { accounts, problems } = accountsOf(after);
  if (problems.length > 0)
    throw new Error(formatProblems("No account was made", problems.map(toAdd)));
  const known = new Set(accountsOf(people).accounts.map(({ name }) => name));
  const isNew = ({ name }: Account) => !known.has(name);
  return { people: after, made: accounts.slice(people.admins.length).filter(isNew) };
}

/** A problem of the configuration, for somebody who has not got into it yet. */
function toAdd(problem: Problem): Problem {
  const add = "npm run user -- add ";
  return { ...problem, mend: problem.mend.replace(/^pulumi config set --path \S+ /, add) };
}

function refused(wrong: string, received: string, allowed: string, mend: string): Error {
  return new Error(formatProblem({ wrong, received, allowed, mend }));
}

/**
 * Without an account. Everybody else keeps theirs, also who has a number because of the same name.
 *
 * @throws Error when the account is not one that can go alone
 */
export function without(people: People, name: string): People {
  const { accounts } = accountsOf(people);
  const { admins, helpers, participants, participantNames, spareAccounts } = people;
  const account = accounts.find((it) => it.name === name);
  if (!account) return people;
  if (account.role === "admin") {
    throw refused(
      "An administrator is removed by the configuration, because the hub restarts for it",
      name,
      "a helper, a participant or a spare account",
      `pulumi config rm --path 'admins[${admins.indexOf(name)}]', then: pulumi up`,
    );
  }
  if (account.role === "helper") {
    return { ...people, helpers: helpers.filter((it) => it !== name) };
  }
  const named = accounts.filter(({ role }) => role === "participant");
  const index = named.findIndex((it) => it.name === name);
  if (index >= 0 && index < participantNames.length) {
    const left = participantNames.filter((_, at) => at !== index);
    const accountsLeft = named.filter((_, at) => at !== index);
    return {
      ...people,
      participantNames: withSameAccounts(people, left, accountsLeft),
      participants: Math.max(participants, participantNames.length) - 1,
    };
  }
  const ofRole = accounts.filter(({ role }) => role === account.role);
  if (ofRole.at(-1)?.name !== name) {
    const key = account.role === "spare" ? "spareAccounts" : "participants";
    throw refused(
      "A numbered account in the middle cannot be removed alone",
      name,
      `the last of them (${ofRole.at(-1)?.name}), which ${key} counts`,
      `npm run user -- reset ${name}, which shuts out whoever knows its password`,
    );
  }
  return account.role === "spare"
    ? { ...people, spareAccounts: spareAccounts - 1 }
    : { ...people, participants: participants - 1 };
}

/** The items, with the account written out where it would become another one. */
function withSameAccounts(
  people: People,
  items: readonly string[],
  accounts: readonly Account[],
): string[] {
  const kept = [...items];
  kept.forEach((item, index) => {
    const wanted = accounts[index]?.name ?? "";
    const participantNames = kept.slice(0, index + 1);
    const now = accountsOf({ ...people, participantNames }).accounts.filter(
      ({ role }) => role === "participant",
    );
    if (now[index]?.name !== wanted) kept[index] = `${wanted} = ${parseItem(item).person}`;
  });
  return kept;
}

/** Of a list from outside, those who are not there yet. Two of one name are two people. */
export function newcomers(people: People, items: readonly string[]): string[] {
  const there = people.participantNames.map(plain);
  return items.filter((item) => {
    const at = there.indexOf(plain(item));
    if (at >= 0) there.splice(at, 1);
    return at < 0;
  });
}

/** The person's name of an item, or its account. */
function plain(item: string): string {
  const { account, person } = parseItem(item);
  return (person || account).normalize("NFC");
}
