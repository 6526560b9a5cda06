/** One Pebble as a child process that is started again when it dies. */

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { request } from "node:https";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../cloud/ports";
import { writeJson } from "../setup/cache.mjs";

const START_LIMIT_MS = 20_000;

/** Where Pebble's own certificate is for. */
export const PEBBLE_HOST = "127.0.0.1";

const ENVIRONMENT = {
  // Without them it sleeps at random, refuses one nonce in twenty and doesn't look at a name twice:
  // exercise for the authors of ACME clients.
  PEBBLE_VA_NOSLEEP: "1",
  PEBBLE_WFE_NONCEREJECT: "0",
  PEBBLE_AUTHZREUSE: "0",
};

export interface PebbleOptions {
  program: string;
  /** Such as staging; for its files and the log. */
  name: string;
  /** For its settings and its own log. */
  folder: string;
  /** PEM files of the certificate that it answers with, and who signed that. */
  certificate: string;
  key: string;
  authority: string;
  /** Of the DNS on 127.0.0.1. */
  dnsPort: number;
  log: (line: string) => void;
}

/** Pebble forgets accounts, orders and its root when it ends: a new one at each start. */
export class Pebble {
  /** Of its ACME server, on 127.0.0.1. */
  port = 0;
  private child: ChildProcess | undefined;
  private closed = false;

  private constructor(
    private readonly options: PebbleOptions,
    private readonly onRoot: (root: string) => Promise<void>,
  ) {}

  /** Starts it. `onRoot` is given its root, now and after each further start. */
  static async open(
    options: PebbleOptions,
    onRoot: (root: string) => Promise<void>,
  ): Promise<Pebble> {
    const pebble = new Pebble(options, onRoot);
    await pebble.start();
    return pebble;
  }

  /** Of its authority, PEM. */
  get authority(): Buffer {
    return fs.readFileSync(this.options.authority);
  }

  async close(): Promise<void> {
    this.closed = true;
    const { child } = this;
    if (child === undefined || hasEnded(child)) return;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
  }

  private async start(): Promise<void> {
    const { program, name, folder, certificate, key, dnsPort } = this.options;
    const [port, management] = [await freePort(), await freePort()];
    const settings = path.join(folder, `${name}.json`);
    writeJson(settings, {
      pebble: {
        listenAddress: `${PEBBLE_HOST}:${port}`,
        managementListenAddress: `${PEBBLE_HOST}:${management}`,
        certificate,
        privateKey: key,
        httpPort: 80,
        tlsPort: 443,
        ocspResponderURL: "",
        externalAccountBindingRequired: false,
      },
    });
    const logFile = path.join(folder, `${name}.log`);
    const out = fs.openSync(logFile, "w", 0o600);
    const child = spawn(
      "setpriv",
      // It ends with us, however we end.
      [
        ...["--pdeathsig", "TERM", program, "-config", settings],
        ...["-dnsserver", `${PEBBLE_HOST}:${dnsPort}`],
      ],
      { env: { ...process.env, ...ENVIRONMENT }, stdio: ["ignore", out, out] },
    );
    fs.closeSync(out);
    this.child = child;
    child.on("error", (error) => this.options.log(`pebble ${name}: ${error.message}`));
    const end = Date.now() + START_LIMIT_MS;
    for (;;) {
      const root = await this.ask(management, "/roots/0");
      if (root !== undefined) {
        // First, so that nothing is issued that nobody trusts yet.
        await this.onRoot(root);
        this.port = port;
        break;
      }
      if (hasEnded(child) || child.pid === undefined || Date.now() > end) {
        child.kill("SIGKILL");
        throw new Error(`Pebble (${name}) does not start: ${lastOf(logFile)}`);
      }
      await sleep(20);
    }
    child.once("exit", (code, signal) => this.restart(signal ?? `exit status ${code}`));
    if (hasEnded(child)) this.restart("at once");
  }

  private restart(how: string): void {
    if (this.closed) return;
    const { name, log } = this.options;
    log(`pebble ${name} ended (${how}), starting it again`);
    this.start().catch((error: Error) => log(error.message));
  }

  /** undefined: no answer. */
  private ask(port: number, where: string): Promise<string | undefined> {
    return new Promise((resolve) => {
      const asked = { host: PEBBLE_HOST, port, path: where, ca: this.authority, agent: false };
      const outgoing = request(asked, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (part: string) => (text += part));
        answer.on("end", () => resolve(answer.statusCode === 200 ? text : undefined));
      });
      outgoing.on("error", () => resolve(undefined));
      outgoing.end();
    });
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

function lastOf(file: string): string {
  return fs.readFileSync(file, "utf8").trimEnd().split("\n").slice(-5).join("\n");
}
