/** What the rehearsal's GitHub knows: accounts, repositories, tokens. Kept in one file. */

import { createHash, randomInt } from "node:crypto";

export interface Token {
  /** SHA-256 of the token; the token itself is kept nowhere. */
  hash: string;
  kind: "classic" | "fine-grained";
  account: string;
  /** Of a classic one, such as repo. */
  scopes: string[];
  /** That a fine-grained one is for. */
  repositories: string[];
  /** Whether it may write as well. */
  writes: boolean;
  /** ISO 8601; undefined: never. */
  expires?: string;
  revoked: boolean;
  /** By the organisation: approval of a fine-grained one, single sign-on of a classic one. */
  approved: boolean;
}

export interface Repository {
  /** owner/name. */
  path: string;
  isPrivate: boolean;
  /** Accounts that may read and write it. */
  members: string[];
}

export interface Model {
  repositories: Repository[];
  /** Former path to present path. */
  moved: Record<string, string>;
  /** The newest last. */
  tokens: Token[];
}

/** What a new token shall be. */
export interface TokenWish {
  account?: string;
  classic?: boolean;
  /** Default: what the course lists. */
  repositories?: string[];
  writes?: boolean;
  /** After how many it expires. Default: never. */
  days?: number;
  approved?: boolean;
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const DAY_MS = 86_400_000;

function letters(count: number): string {
  return Array.from({ length: count }, () => LETTERS[randomInt(LETTERS.length)]).join("");
}

export function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** What tells a token apart in logs. */
export function fingerprintOf(hash: string): string {
  return hash.slice(0, 12);
}

/** Makes a token in GitHub's two forms. */
export function makeToken(
  wish: TokenWish,
  defaults: { account: string; repositories: readonly string[] },
  text = wish.classic ? `ghp_${letters(36)}` : `github_pat_${letters(22)}_${letters(59)}`,
): { text: string; token: Token } {
  const { account = defaults.account, classic = false, days, approved = true } = wish;
  const expires = days === undefined ? undefined : new Date(Date.now() + days * DAY_MS);
  const own = account === defaults.account ? defaults.repositories : [`${account}/notes`];
  return {
    text,
    token: {
      hash: hashOf(text),
      kind: classic ? "classic" : "fine-grained",
      account,
      scopes: classic ? ["repo"] : [],
      repositories: [...(wish.repositories ?? own)],
      writes: wish.writes ?? account !== defaults.account,
      ...(expires && { expires: expires.toISOString() }),
      revoked: false,
      approved,
    },
  };
}
