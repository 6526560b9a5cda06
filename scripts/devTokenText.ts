/** What a person asks `npm run dev:token` for, and what it prints. */
import { parseArgs } from "node:util";
import { formatProblem, nearest } from "../components/text";
import { isValid } from "../rehearsal/github/access";
import { fingerprintOf, type Token, type TokenWish } from "../rehearsal/github/model";
import { LISTED } from "../rehearsal/github/seed";
import type { LogLine } from "../rehearsal/github/server";

const ACTIONS = ["new", "revoke", "expire", "list", "log"] as const;

export type TokenOrder =
  | { action: "new"; wish: TokenWish }
  /** `one`: the token comes on standard input; else all but the newest. */
  | { action: "revoke" | "expire"; one: boolean }
  | { action: "list" | "log" };

const OPTIONS = {
  days: { type: "string" },
  classic: { type: "boolean" },
  "no-access": { type: "string", multiple: true },
} as const;
const USAGE = "npm run -s dev:token -- new";

/**
 * @throws Error in the one shape of this project's errors
 */
export function parseTokenOrder(args: readonly string[]): TokenOrder {
  const { values, positionals } = parsed(args);
  const [word = "", ...rest] = positionals;
  const action = ACTIONS.find((one) => one === word);
  if (action === undefined) {
    const near = nearest(word, ACTIONS) ?? "new";
    throw misused("What to do is missing or unknown", args, `npm run -s dev:token -- ${near}`);
  }
  if (action !== "new" && Object.keys(values).length > 0) {
    throw misused(`Options are for new, not for ${action}`, args, USAGE);
  }
  switch (action) {
    case "new":
      if (rest.length > 0) throw misused("new takes options only", args, USAGE);
      return { action, wish: wishOf(values, args) };
    case "revoke":
    case "expire":
      if (rest.some((one) => one !== "-") || rest.length > 1) {
        const mend = `npm run -s dev:token -- ${action} - (then paste the token, and Ctrl-D)`;
        // A token on the command line is seen by all of this computer: not repeated here.
        throw misused(`${action} reads the token from standard input`, [action, "…"], mend);
      }
      return { action, one: rest.length === 1 };
    case "list":
    case "log":
      if (rest.length > 0) throw misused(`${action} takes nothing`, args, `${USAGE}`);
      return { action };
  }
}

function wishOf(
  values: { days?: string; classic?: boolean; "no-access"?: string[] },
  args: readonly string[],
): TokenWish {
  const { days, classic = false, "no-access": without = [] } = values;
  if (days !== undefined && !/^[1-9]\d{0,3}$/.test(days)) {
    throw misused("--days is a whole number from 1 to 9999", args, `${USAGE} --days 30`);
  }
  const unknown = without.find((one) => !LISTED.includes(one));
  if (unknown !== undefined) {
    const near = nearest(unknown, LISTED) ?? LISTED[0];
    throw misused(
      `--no-access is for one of ${LISTED.join(", ")}`,
      args,
      `${USAGE} --no-access ${near}`,
    );
  }
  if (classic && without.length > 0) {
    throw misused("A classic token is for all repositories", args, `${USAGE} --classic`);
  }
  return {
    classic,
    ...(days !== undefined && { days: Number(days) }),
    repositories: LISTED.filter((one) => !without.includes(one)),
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch {
    throw misused("An option cannot be used so", args, USAGE);
  }
}

function misused(wrong: string, args: readonly string[], mend: string): Error {
  const received = args.length === 0 ? "nothing" : args.join(" ");
  const allowed =
    "new [--days N] [--classic] [--no-access REPO], revoke [-], expire [-], list, log; - reads a token from standard input";
  return new Error(formatProblem({ wrong, received, allowed, mend }));
}

/** After a change: how many, and what now. */
export function changedText(action: "revoke" | "expire", count: number, one: boolean): string {
  const done = action === "revoke" ? "revoked" : "expired";
  if (count > 0) return `${count} token${count === 1 ? "" : "s"} ${done}`;
  return one
    ? formatProblem({
        wrong: "The rehearsal's GitHub knows no such token",
        received: "a text on standard input",
        allowed: "a token that new has printed",
        mend: "npm run -s dev:token -- list",
      })
    : `nothing ${done}: only the newest token is valid`;
}

/** One line for each token, the newest last. The text of a token is kept nowhere. */
export function tokenLines(tokens: readonly Token[], now: Date): string[] {
  return tokens.map((token) => {
    const { hash, kind, account, expires, revoked, repositories, scopes } = token;
    const until = expires === undefined ? "no expiry" : `until ${expires.slice(0, 16)}Z`;
    const state = isValid(token, now) ? until : revoked ? "revoked" : "expired";
    const reach = kind === "classic" ? `scope ${scopes.join(", ")}` : repositories.join(", ");
    return [fingerprintOf(hash), account.padEnd(8), kind.padEnd(12), state.padEnd(23), reach].join(
      "  ",
    );
  });
}

/** One line for each request: when, with which token, what. */
export function logLines(log: readonly LogLine[]): string[] {
  return log.map(({ time, fingerprint, account, service, status, path, bytes }) => {
    const who = `${fingerprint.padEnd(12)}  ${account.padEnd(8)}`;
    const what = `${service.padEnd(16)}  ${status}  ${String(bytes).padStart(9)}`;
    return `${time.slice(0, 19)}Z  ${who}  ${what}  ${path}`;
  });
}
