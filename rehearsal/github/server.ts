/** The rehearsal's GitHub: a git server over HTTPS and a little of the REST API. */

import fs from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { callerOf, decide, isRefusal, type Caller } from "./access";
import { answerApi } from "./api";
import { answerByGit } from "./backend";
import { fingerprintOf, makeToken, type Model, type TokenWish } from "./model";
import { Repositories, type Files } from "./repositories";
import { INSTRUCTOR, LISTED, seed } from "./seed";
import { targetOf, withoutTokens, type Target } from "./target";

/** What goes wrong on demand, for requests whose path begins so. */
export interface Fault {
  path: string;
  /** Milliseconds before the answer. */
  slow?: number;
  /** Instead of the answer. */
  status?: number;
  /** Instead of the answer: where else to go. */
  redirect?: string;
  /** The connection ends in the middle of the answer. */
  cut?: boolean;
  /** How often. Default: until all are cleared. */
  times?: number;
}

/** One request, as it is kept. */
export interface LogLine {
  time: string;
  method: string;
  path: string;
  /** git-upload-pack (reading), git-receive-pack (writing) or api. */
  service: string;
  account: string;
  /** First 12 hexadecimal digits of the token's SHA-256; empty: none was sent, or none that ever was one. */
  fingerprint: string;
  status: number;
  bytes: number;
}

/**
 * Milliseconds that a host on the internet takes at least. Not for show: an answer that comes before
 * the proxy has seen the end of the request can end its connection (Go's HTTP server closes the
 * request's body when the answer begins), which a real distance rules out and a loaded computer not.
 */
const ROUND_TRIP_MS = 40;

/** Hosts that it is. */
export const GITHUB_HOSTS = ["github.test", "api.github.test"] as const;

/** Paths of git's protocol behind a repository's own. */
const GIT_PATH = /^\/([^/]+\/[^/]+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/;

export class GitHub {
  private faults: Fault[] = [];

  private constructor(
    private readonly folder: string,
    private readonly model: Model,
    private readonly repositories: Repositories,
  ) {}

  /** Fills the folder if it is empty. */
  static async open(folder: string): Promise<GitHub> {
    const file = path.join(folder, "model.json");
    const repositories = new Repositories(path.join(folder, "repositories"));
    if (!fs.existsSync(file)) {
      // Half of it, from a start that was killed.
      fs.rmSync(repositories.root, { recursive: true, force: true });
      save(file, await seed(repositories));
    }
    const model = JSON.parse(fs.readFileSync(file, "utf8")) as Model;
    return new GitHub(folder, model, repositories);
  }

  /** What tests and people ask of it; see client.ts. */
  async control(action: string, args: unknown): Promise<unknown> {
    const { repositories, model } = this;
    switch (action) {
      case "newToken": {
        const defaults = { account: INSTRUCTOR, repositories: LISTED };
        const { text, token } = makeToken(args as TokenWish, defaults);
        model.tokens.push(token);
        this.save();
        return { token: text, expires: token.expires };
      }
      case "changeTokens": {
        const { hashes, change } = args as { hashes: string[]; change: object };
        const found = model.tokens.filter(({ hash }) => hashes.includes(hash));
        for (const token of found) Object.assign(token, change);
        this.save();
        return found.length;
      }
      case "tokens":
        return model.tokens;
      case "fault":
        this.faults.push(args as Fault);
        return undefined;
      case "clearFaults":
        this.faults = [];
        return undefined;
      case "log":
        return this.log();
      case "clearLog":
        fs.rmSync(this.logFile, { force: true });
        return undefined;
      case "push": {
        const { repository, branch, files, message, deleted } = args as {
          repository: string;
          branch: string;
          files: Files;
          message: string;
          deleted?: string[];
        };
        return repositories.commit(repository, branch, files, message, deleted);
      }
      case "headOf": {
        const { repository, branch } = args as { repository: string; branch: string };
        return repositories.head(repository, branch);
      }
      case "rename": {
        const { from, to } = args as { from: string; to: string };
        await repositories.rename(from, to);
        for (const one of model.repositories) if (one.path === from) one.path = to;
        for (const token of model.tokens) {
          token.repositories = token.repositories.map((one) => (one === from ? to : one));
        }
        for (const [former, present] of Object.entries(model.moved))
          if (present === from) model.moved[former] = to;
        model.moved[from] = to;
        this.save();
        return undefined;
      }
      default:
        throw new Error(`the rehearsal's GitHub has no action ${action}`);
    }
  }

  private save(): void {
    save(path.join(this.folder, "model.json"), this.model);
  }

  private get logFile(): string {
    return path.join(this.folder, "requests.log");
  }

  private log(): LogLine[] {
    if (!fs.existsSync(this.logFile)) return [];
    const lines = fs.readFileSync(this.logFile, "utf8").trimEnd().split("\n");
    return lines.filter(Boolean).map((line) => JSON.parse(line) as LogLine);
  }

  /** Answers a request to one of its hosts. */
  async serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const target = targetOf(incoming.url ?? "/");
    const caller = callerOf(this.model, incoming.headers.authorization, new Date());
    const isApi = incoming.headers.host?.startsWith("api.") === true;
    const service = isApi ? "api" : target.service;
    const token = caller.kind === "nobody" ? undefined : caller.token;
    const bytes = await this.answer({ incoming, outgoing, target, caller, isApi });
    const line: LogLine = {
      time: new Date().toISOString(),
      method: incoming.method ?? "",
      path: withoutTokens(target.path),
      service,
      account: token?.account ?? "",
      fingerprint: token ? fingerprintOf(token.hash) : "",
      status: outgoing.statusCode,
      bytes,
    };
    fs.appendFileSync(this.logFile, `${JSON.stringify(line)}\n`, { mode: 0o600 });
  }

  private async answer(request: {
    incoming: IncomingMessage;
    outgoing: ServerResponse;
    target: Target;
    caller: Caller;
    isApi: boolean;
  }): Promise<number> {
    const { incoming, outgoing, target, caller, isApi } = request;
    const { path: pathname, service, search } = target;
    const fault = this.fault(pathname);
    await sleep(ROUND_TRIP_MS);
    if (fault?.slow) await sleep(fault.slow);
    if (fault?.status) return text(outgoing, fault.status, "made to fail by a test");
    if (fault?.redirect) {
      outgoing.setHeader("location", `${fault.redirect}${search}`);
      return text(outgoing, 302, "made to go elsewhere by a test");
    }
    if (fault?.cut && (isApi || !GIT_PATH.test(pathname))) {
      outgoing.destroy();
      return 0;
    }
    if (isApi) {
      const { status, headers, body } = answerApi(this.model, caller, pathname);
      for (const [name, value] of Object.entries(headers)) outgoing.setHeader(name, value);
      return text(outgoing, status, JSON.stringify(body), "application/json; charset=utf-8");
    }
    const [, repository, rest = ""] = GIT_PATH.exec(pathname) ?? [];
    if (repository === undefined || service === "") return text(outgoing, 404, "Not Found");
    const found = decide(this.model, caller, repository, service === "git-receive-pack");
    if (isRefusal(found)) {
      if (found.status === 401) outgoing.setHeader("www-authenticate", 'Basic realm="GitHub"');
      if (found.movedTo) {
        const there = `https://github.test/${found.movedTo}.git/${rest}${search}`;
        outgoing.setHeader("location", there);
      }
      return text(outgoing, found.status, `${found.body}\n`);
    }
    const { root } = this.repositories;
    const inside = `/${path.relative(root, this.repositories.file(found.path))}/${rest}`;
    const user = caller.kind === "token" ? caller.token.account : undefined;
    // Of a doubled parameter git's server would take the other one.
    const query = rest === "info/refs" ? `service=${service}` : "";
    const call = { root, path: inside, query, user };
    return answerByGit(call, incoming, outgoing, fault?.cut === true);
  }

  private fault(pathname: string): Fault | undefined {
    const found = this.faults.find(({ path: begin }) => pathname.startsWith(begin));
    if (found?.times !== undefined) {
      found.times -= 1;
      if (found.times <= 0) this.faults = this.faults.filter((one) => one !== found);
    }
    return found;
  }
}

function text(
  outgoing: ServerResponse,
  status: number,
  body: string,
  type = "text/plain; charset=utf-8",
): number {
  outgoing.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) });
  outgoing.end(body);
  return Buffer.byteLength(body);
}

function save(file: string, model: Model): void {
  const part = `${file}.part`;
  fs.writeFileSync(part, JSON.stringify(model, undefined, 1), { mode: 0o600 });
  fs.renameSync(part, file);
}
