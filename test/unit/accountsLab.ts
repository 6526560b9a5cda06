/** A hub of the tests' own: what JupyterHub's REST API is known to do, and TLJH's command beside it. */
import { spawn } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { serverPrograms } from "../../components/server";
import { scriptText } from "../../scripts/stackServer";

export interface HubUser {
  admin: boolean;
  groups: string[];
  running: boolean;
}

export interface Ran {
  status: number;
  stdout: string;
  stderr: string;
  facts: Record<string, unknown>[];
}

/** Slow and unreadable it need not be: the program only asks whether a password fits its hash. */
const BCRYPT = `
import hashlib
gensalt = lambda cost=12: b""
hashpw = lambda password, salt: hashlib.sha256(password).hexdigest().encode()
checkpw = lambda password, hashed: hashpw(password, b"") == hashed
`;
/** JSON is YAML. */
const YAML = "import json\nsafe_load = json.load\n";

export class AccountsLab {
  readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), "accounts-"));
  readonly users = new Map<string, HubUser>();
  readonly groups = new Set<string>();
  /** Requests that change something, and calls of tljh-config, in order. */
  readonly done: string[] = [];
  /** Of TLJH's configuration. */
  admins: string[] = [];
  /** The token that the hub has read at its start. */
  knows = "the token";
  /** Answers all changes with this status. */
  refuse = 0;
  private readonly server = http.createServer((request, answer) => {
    let body = "";
    request.on("data", (data: Buffer) => (body += data.toString()));
    request.on("end", () => {
      const [status, value] = this.answer(request, body);
      answer.writeHead(status, { "content-type": "application/json" });
      answer.end(value === undefined ? "" : JSON.stringify(value));
    });
  });

  static async open(): Promise<AccountsLab> {
    const lab = new AccountsLab();
    await new Promise<void>((resolve) => lab.server.listen(0, "127.0.0.1", resolve));
    const { port } = lab.server.address() as AddressInfo;
    lab.write("bin/tljh-config", `curl -fsS http://127.0.0.1:${port}/tljh-config -d "$*"`);
    lab.write("bin/chown", "exit 0");
    lab.write("bin/python", 'exec python3 "$@"');
    lab.write("modules/yaml.py", YAML);
    lab.write("state/workshop-accounts.token", "the token\n");
    return lab;
  }

  private get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  private write(file: string, text: string): void {
    const whole = path.join(this.folder, file);
    fs.mkdirSync(path.dirname(whole), { recursive: true });
    const script = file.startsWith("bin/") ? `#!/bin/sh\n${text}\n` : text;
    fs.writeFileSync(whole, script, { mode: 0o755 });
  }

  private answer(
    { method = "", url = "", headers }: http.IncomingMessage,
    body: string,
  ): [number, unknown?] {
    if (url === "/hub/health") return [200];
    if (url === "/tljh-config") return [200, this.configure(body)];
    if (headers.authorization !== `token ${this.knows}`) return [403];
    const { pathname, searchParams } = new URL(url, "http://hub");
    const [, , , kind = "", name = "", part = ""] = pathname.split("/").map(decodeURIComponent);
    if (method !== "GET") {
      this.done.push([method, pathname.replace("/hub/api/", ""), body].join(" ").trim());
      if (this.refuse > 0) return [this.refuse, { message: "no" }];
    }
    if (kind === "groups") return this.group(method, name, part, body);
    if (method === "GET" && name === "") {
      const all = [...this.users].map((it) => this.model(...it));
      const offset = Number(searchParams.get("offset"));
      return [200, all.slice(offset, offset + Number(searchParams.get("limit")))];
    }
    if (method === "POST" && name === "") {
      const { usernames } = JSON.parse(body) as { usernames: string[] };
      const made = usernames.filter((it) => !this.users.has(it));
      for (const it of made) this.users.set(it, { admin: false, groups: [], running: false });
      return made.length > 0 ? [201, made.map((it) => ({ name: it }))] : [409];
    }
    const user = this.users.get(name);
    if (!user) return [404];
    if (method === "GET") return [200, this.model(name, user)];
    if (part === "server") {
      setTimeout(() => (user.running = false), 50);
      return [202];
    }
    if (user.running) return [400, { message: "the server is still stopping" }];
    this.users.delete(name);
    return [204];
  }

  private model(name: string, { admin, groups, running }: HubUser) {
    return { name, admin, groups, servers: running ? { "": {} } : {}, last_activity: null };
  }

  private group(method: string, group: string, part: string, body: string): [number, unknown?] {
    if (part === "") {
      if (this.groups.has(group)) return [409];
      this.groups.add(group);
      return [201, {}];
    }
    const { users } = JSON.parse(body) as { users: string[] };
    for (const name of users) {
      const user = this.users.get(name);
      if (!user) return [400];
      user.groups = user.groups.filter((it) => it !== group);
      if (method === "POST") user.groups.push(group);
    }
    return [200, {}];
  }

  private configure(words: string): unknown {
    const [what, , name = ""] = words.split(" ");
    if (what === "show") return { users: { admin: this.admins } };
    this.done.push(`tljh-config ${words}`);
    if (what === "add-item") {
      this.done.push(`${name} ${this.hasPassword(name) ? "has" : "lacks"} a password then`);
      this.admins.push(name);
    }
    if (what === "remove-item") this.admins = this.admins.filter((it) => it !== name);
    if (what === "reload") {
      this.knows = fs
        .readFileSync(path.join(this.folder, "state/workshop-accounts.token"), "utf8")
        .trim();
      for (const it of this.admins) {
        const user = this.users.get(it) ?? { groups: [], running: false };
        this.users.set(it, { ...user, admin: true });
      }
    }
    return "";
  }

  /** Whether the name stands in the database. */
  hasPassword(name: string): boolean {
    return fs
      .readdirSync(path.join(this.folder, "state"))
      .filter((file) => file.startsWith("passwords.dbm"))
      .some((file) => fs.readFileSync(path.join(this.folder, "state", file)).includes(name));
  }

  /** The whole script, as it is sent, in this folder. */
  async run(request: Record<string, unknown>, admins?: string[]): Promise<Ran> {
    const text = scriptText("accounts", {
      STACK: "test",
      REQUEST: JSON.stringify({ stack: "test", ...request }),
      PROGRAMS: { ...serverPrograms("accounts"), "bcrypt.py": BCRYPT },
      ...(admins && { ADMINS: admins }),
    })
      .replaceAll("/opt/tljh/hub/bin/python3", path.join(this.folder, "bin/python"))
      .replaceAll("/opt/tljh", this.folder)
      .replaceAll("/run/", `${this.folder}/`)
      .replaceAll("127.0.0.1:15001", `127.0.0.1:${this.port}`)
      .replaceAll("http://127.0.0.1/hub/health", `http://127.0.0.1:${this.port}/hub/health`);
    const child = spawn("bash", ["-s"], {
      env: {
        ...process.env,
        PATH: `${path.join(this.folder, "bin")}:${process.env["PATH"]}`,
        PYTHONPATH: path.join(this.folder, "modules"),
        PYTHONDONTWRITEBYTECODE: "1",
      },
    });
    const ran: Ran = { status: -1, stdout: "", stderr: "", facts: [] };
    child.stdout.on("data", (data: Buffer) => (ran.stdout += data.toString()));
    child.stderr.on("data", (data: Buffer) => (ran.stderr += data.toString()));
    child.stdin.end(text);
    ran.status = await new Promise((resolve) => child.on("close", (code) => resolve(code ?? -1)));
    const lines = ran.stdout.split("\n").filter((line) => line.startsWith("{"));
    ran.facts = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    return ran;
  }

  /** Whose password is which. */
  async passwords(given: Record<string, string>): Promise<unknown> {
    const accounts = Object.entries(given).map(([name, password]) => ({ name, password }));
    return (await this.run({ do: "check", accounts })).facts[0]?.["states"];
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    fs.rmSync(this.folder, { recursive: true });
  }
}
