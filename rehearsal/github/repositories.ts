/** Bare git repositories in a folder, filled by git itself. */

import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

/** A file's path to its content. */
export type Files = Readonly<Record<string, string | Buffer>>;

/** Runs git to its end. */
function git(args: readonly string[], input?: Buffer | string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("git", args, { env: cleanEnv(), stdio: ["pipe", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (data: Buffer) => (stdout += data.toString("utf8")));
    child.stderr.on("data", (data: Buffer) => (stderr += data.toString("utf8")));
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0 ? resolve(stdout) : reject(new Error(`git ${args.join(" ")}: ${stderr}`)),
    );
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}

/** Git's own settings of a person must not reach what stands in for GitHub. */
export function cleanEnv(): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: "/nonexistent",
    GIT_CONFIG_NOSYSTEM: "1",
    LC_ALL: "C.UTF-8",
  };
}

/** A path as git's fast-import reads it. */
function quoted(file: string): string {
  return `"${file.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n")}"`;
}

export class Repositories {
  /** The end of the last commit: one at a time, so that none is lost. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly folder: string) {}

  /** Root of all, for git's own server. */
  get root(): string {
    return this.folder;
  }

  file(repository: string): string {
    return path.join(this.folder, `${repository.toLowerCase()}.git`);
  }

  async create(repository: string): Promise<void> {
    const folder = this.file(repository);
    await git(["init", "--quiet", "--bare", "--initial-branch=main", folder]);
    // As GitHub: single objects may be asked for, and blobs left out.
    const settings = [
      "uploadpack.allowFilter",
      "uploadpack.allowAnySHA1InWant",
      "http.receivepack",
    ];
    for (const setting of settings) await git(["-C", folder, "config", setting, "true"]);
  }

  async rename(from: string, to: string): Promise<void> {
    fs.mkdirSync(path.dirname(this.file(to)), { recursive: true });
    await fs.promises.rename(this.file(from), this.file(to));
  }

  /** Puts a commit on a branch: files added or changed, `deleted` ones removed. */
  commit(
    repository: string,
    branch: string,
    files: Files,
    message: string,
    deleted: readonly string[] = [],
  ): Promise<string> {
    const done = this.turn.then(() => this.add(repository, branch, files, message, deleted));
    this.turn = done.catch(() => undefined);
    return done;
  }

  private async add(
    repository: string,
    branch: string,
    files: Files,
    message: string,
    deleted: readonly string[],
  ): Promise<string> {
    const folder = this.file(repository);
    const before = await this.head(repository, branch);
    const seconds = Math.floor(Date.now() / 1000);
    const parts: (string | Buffer)[] = [
      `commit refs/heads/${branch}\n`,
      `committer Nicolas <nicolas@river-lab.example> ${seconds} +0000\n`,
      `data ${Buffer.byteLength(message)}\n${message}\n`,
    ];
    if (before !== undefined) parts.push(`from ${before}\n`);
    for (const file of deleted) parts.push(`D ${quoted(file)}\n`);
    for (const [file, content] of Object.entries(files)) {
      const data = Buffer.from(content);
      parts.push(`M 100644 inline ${quoted(file)}\ndata ${data.length}\n`, data, "\n");
    }
    parts.push("\n");
    const stream = Buffer.concat(parts.map((part) => Buffer.from(part)));
    await git(["-C", folder, "fast-import", "--quiet", "--force"], stream);
    return (await this.head(repository, branch)) ?? "";
  }

  /** Commit of a branch; undefined if there is no such branch. */
  async head(repository: string, branch: string): Promise<string | undefined> {
    const wanted = `refs/heads/${branch}`;
    const list = await git(["-C", this.file(repository), "for-each-ref", wanted]);
    const line = list.split("\n").find((one) => one.endsWith(`\t${wanted}`));
    return line?.split(" ")[0];
  }
}
