/** What tests and commands ask of a rehearsal's GitHub, over the front door. */

import { ask } from "../cloud/ask";
import { isValid } from "./access";
import { hashOf, type Token, type TokenWish } from "./model";
import { INSTRUCTOR } from "./seed";
import type { Fault, LogLine } from "./server";

export class GitHubControl {
  /** @param endpoint of the rehearsal's front door */
  constructor(private readonly endpoint: string) {}

  private ask<T>(action: string, args?: unknown): Promise<T> {
    return ask(this.endpoint, "github", action, args);
  }

  newToken(wish: TokenWish = {}): Promise<{ token: string; expires?: string }> {
    return this.ask("newToken", wish);
  }

  /** All that were made, without their texts; the newest last. */
  tokens(): Promise<Token[]> {
    return this.ask("tokens");
  }

  /** How many of the given hashes are tokens; each gets the change. */
  changeTokens(hashes: readonly string[], change: Partial<Token>): Promise<number> {
    return this.ask("changeTokens", { hashes, change });
  }

  revoke(token: string): Promise<number> {
    return this.changeTokens([hashOf(token)], { revoked: true });
  }

  /** Lets it expire now. */
  expire(token: string): Promise<number> {
    return this.changeTokens([hashOf(token)], { expires: new Date().toISOString() });
  }

  /** Changes the instructor's valid tokens but for the newest ones; gives how many it changed. */
  async changeAllBut(count: number, change: Partial<Token>): Promise<number> {
    const own = (await this.tokens()).filter(({ account }) => account === INSTRUCTOR);
    const older = own.slice(0, Math.max(0, own.length - count));
    const valid = older.filter((token) => isValid(token, new Date()));
    return this.changeTokens(
      valid.map(({ hash }) => hash),
      change,
    );
  }

  revokeAllBut(count: number): Promise<number> {
    return this.changeAllBut(count, { revoked: true });
  }

  fault(fault: Fault): Promise<void> {
    return this.ask("fault", fault);
  }

  clearFaults(): Promise<void> {
    return this.ask("clearFaults");
  }

  /** Who read or wrote what with which token, the newest last. */
  log(): Promise<LogLine[]> {
    return this.ask("log");
  }

  clearLog(): Promise<void> {
    return this.ask("clearLog");
  }

  /** A commit of the instructor's; gives its hash. */
  push(
    repository: string,
    branch: string,
    files: Readonly<Record<string, string>>,
    message: string,
    deleted: readonly string[] = [],
  ): Promise<string> {
    return this.ask("push", { repository, branch, files, message, deleted });
  }

  headOf(repository: string, branch: string): Promise<string | undefined> {
    return this.ask("headOf", { repository, branch });
  }

  rename(from: string, to: string): Promise<void> {
    return this.ask("rename", { from, to });
  }
}
