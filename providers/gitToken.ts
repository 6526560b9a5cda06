/** What is known of a git token before it is used: how the host answers it, and when it expires. */
import type { Problem } from "../components/text";

/** How the host answered the token for one repository. */
export interface Trial {
  /** As in the address: `river-lab/groundwater-course`. */
  repository: string;
  /** HTTP status; 0 when the host was not reached. */
  status: number;
  /** What the host or the network said, one line. */
  said: string;
}

/** What the host's API tells of the token. Empty: it told nothing. */
export interface Told {
  /** `github-authentication-token-expiration`, such as `2026-12-24 17:03:00 UTC`. */
  expiration: string;
  /** `x-oauth-scopes`; only classic tokens have them. */
  scopes: string;
}

/** For the texts of errors. */
export interface TokenPlace {
  host: string;
  /** Of the Pulumi stack. */
  stack: string;
}

/** After the last day a token should still be good for so many days: for those who come back. */
export const MARGIN_DAYS = 7;

const DAY_MS = 86_400_000;

/** Where a person makes and revokes tokens. Other hosts have other pages. */
export function tokenPage(host: string): string {
  return host === "github.com"
    ? "https://github.com/settings/personal-access-tokens"
    : `the settings of your account at https://${host}`;
}

/** The commands that bring in another token. */
function another({ host }: TokenPlace): string {
  return `make another token (${tokenPage(host)}), then: pulumi config set --secret gitToken, then: pulumi up`;
}

/** What a failed trial means, and what to do about it. */
export function trialProblem({ repository, status, said }: Trial, place: TokenPlace): Problem {
  const { host } = place;
  const received = `${repository}: ${status === 0 ? "no answer" : status} ${said}`.trim();
  switch (status) {
    case 401:
      return {
        wrong: `${host} refuses the token: it is mistyped, expired or revoked`,
        received,
        allowed: "a token that is valid today",
        mend: another(place),
      };
    case 403:
      return {
        wrong: `${host} knows the token, but does not let it read ${repository}: an approval is missing`,
        received,
        allowed:
          "a token that the organisation has approved (fine-grained), or that is authorised for its single sign-on (classic)",
        mend: `have it approved (${tokenPage(host)}), then: pulumi up; or ${another(place)}`,
      };
    case 404:
      return {
        wrong: `${repository} does not exist at ${host}, or the token may not read it`,
        received,
        allowed: "a repository that exists, and a token with Contents: read-only on it",
        mend: `check the name in content; or give the token the repository (${tokenPage(host)}), then: pulumi up`,
      };
    case 301:
    case 302:
    case 307:
    case 308:
      return {
        wrong: `${repository} has moved`,
        received,
        allowed: "its present name",
        mend: "pulumi config set --path 'content[…].repo' NEW-NAME, then: pulumi up",
      };
    case 0:
      return {
        wrong: `The server cannot reach ${host}, so the token could not be tried`,
        received,
        allowed: `an answer from https://${host}`,
        mend: "pulumi up, in some minutes",
      };
    default:
      return {
        wrong: `${host} does not answer as a git server should`,
        received,
        allowed: "status 200",
        mend: `look at the host's status page; then: pulumi up`,
      };
  }
}

/** One problem for all repositories that are refused for the same reason. */
export function trialProblems(trials: readonly Trial[], place: TokenPlace): Problem[] {
  const failed = trials.filter(({ status }) => status !== 200);
  const first = failed.find(({ status }) => status === 401);
  // A token that is not valid is not valid for any of them.
  return (first ? [first] : failed).map((trial) => trialProblem(trial, place));
}

/** Midnight UTC at the end of a day such as 2026-12-24. */
function endOf(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) + DAY_MS;
}

/** The day of a time that GitHub writes as `2026-12-24 17:03:00 UTC` or with an offset. */
export function dayOf(expiration: string): string | undefined {
  const match = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})(?: ?(UTC|Z|[+-]\d{2}:?\d{2}))?$/.exec(
    expiration.trim(),
  );
  if (!match) return undefined;
  const zone = match[3] === undefined || match[3] === "UTC" ? "Z" : match[3];
  const time = Date.parse(`${match[1]}T${match[2]}${zone}`);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString().slice(0, 10);
}

/** What is known about the end of a token. */
export interface Expiry {
  /** The last day on which it may be used, such as 2026-12-24; empty: unknown, or never. */
  expires: string;
  from: "host" | "configuration" | "nobody";
}

export interface ExpiryArgs {
  told: Told;
  /** gitTokenExpires; empty: not configured. */
  configured: string;
  /** Of the course; empty: not configured. */
  lastDay: string;
  /** Whether it is the first token of this server, so that there is still time for a better one. */
  first: boolean;
  /** Such as 2026-11-25. */
  today: string;
  place: TokenPlace;
}

/** The host overrules the configuration, in whichever direction. */
export function expiryOf({ told, configured }: Pick<ExpiryArgs, "told" | "configured">): Expiry {
  const day = dayOf(told.expiration);
  if (day !== undefined) return { expires: day, from: "host" };
  if (configured !== "") return { expires: configured, from: "configuration" };
  return { expires: "", from: "nobody" };
}

/** Why the token should not be used, though it works today. */
export function expiryProblem(args: ExpiryArgs): Problem | undefined {
  const { configured, lastDay, first, place } = args;
  const { expires, from } = expiryOf(args);
  if (from === "host" && configured !== "" && expires < configured) {
    return {
      wrong: "The token expires earlier than gitTokenExpires says",
      received: `${place.host} says ${expires}; gitTokenExpires is ${configured}`,
      allowed: "the date that the host tells, or none",
      mend: `pulumi config set gitTokenExpires ${expires}, then: pulumi up`,
    };
  }
  if (!first || expires === "" || lastDay === "") return undefined;
  const wanted = new Date(endOf(lastDay) - DAY_MS + MARGIN_DAYS * DAY_MS)
    .toISOString()
    .slice(0, 10);
  if (expires >= wanted) return undefined;
  return {
    wrong: `The token expires before the course is over and ${MARGIN_DAYS} days have passed`,
    received: `the token: ${expires}; lastDay: ${lastDay}`,
    allowed: `a token that is good until ${wanted} or longer`,
    mend: another(place),
  };
}

/** What a person should know about a token that is in force. */
export function tokenWarnings(args: ExpiryArgs): string[] {
  const { told, configured, today, lastDay, place } = args;
  const { expires, from } = expiryOf(args);
  const warnings: string[] = [];
  const scopes = told.scopes.split(",").map((scope) => scope.trim());
  if (scopes.includes("repo")) {
    warnings.push(
      `gitToken is a classic token with scope \`repo\`: it can read and change every repository of its owner. Better: a fine-grained token for these repositories alone, Contents: read-only (README, "A token for the course"), then: pulumi config set --secret gitToken`,
    );
  }
  if (from === "configuration" && configured < today) {
    warnings.push(
      `gitTokenExpires is ${configured}, which is past, yet ${place.host} takes the token. Set the date of the new token: pulumi config set gitTokenExpires YYYY-MM-DD, or: pulumi config rm gitTokenExpires`,
    );
  } else if (lastDay !== "" && expires !== "" && expires < lastDay) {
    warnings.push(
      `The token expires on ${expires}, before the last day (${lastDay}). Rotate it before: pulumi config set --secret gitToken, then: pulumi up`,
    );
  }
  return warnings;
}
