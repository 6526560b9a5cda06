/** What tests and commands ask of a rehearsal's GitHub, over the front door. */

import { hashOf, type Token, type TokenWish } from "./model";
import type { Fault, LogLine } from "./server";

export class GitHubControl {
  /** @param endpoint of the rehearsal's front door */
  constructor(private readonly endpoint: string) {}

  private async ask<T>(action: string, args: unknown = {}): Promise<T> {
    const answer = await fetch(`${this.endpoint}/rehearsal/github/${action}`, {
      method: "POST",
      body: JSON.stringify(args),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`the rehearsal's GitHub: ${answer.status} ${text}`);
    return (text === "" ? undefined : JSON.parse(text)) as T;
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

  /** Revokes all tokens of the instructor but the newest. */
  async revokeAllBut(count: number): Promise<number> {
    const tokens = (await this.tokens()).filter(({ account }) => account === "nicolas");
    const hashes = tokens.slice(0, tokens.length - count).map(({ hash }) => hash);
    return this.changeTokens(hashes, { revoked: true });
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
