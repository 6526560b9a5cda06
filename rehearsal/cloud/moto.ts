/** moto as a child process that is started again when it dies, and the way to it. */

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { request, type IncomingHttpHeaders } from "node:http";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { EC2Client } from "@aws-sdk/client-ec2";
import { Route53Client } from "@aws-sdk/client-route-53";
import { AwsRefusal, type Call } from "./call";

const START_LIMIT_MS = 30_000;
const SERVE = path.join(__dirname, "../moto/serve.py");

export interface MotoOptions {
  /** Of moto's virtual environment. */
  python: string;
  port: number;
  /** File that keeps everything. */
  memory: string;
  /** Second number of the Elastic IPs, 1 to 254. */
  block: number;
  log: (line: string) => void;
}

/** An answer, read completely. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** What moto's memory says of itself. */
export interface MotoMemory {
  /** Another one than last time: everything was forgotten. */
  birth: string;
  /** Regions that have been used. */
  regions: string[];
}

export class Moto {
  private child: ChildProcess | undefined;
  private closed = false;
  private started: Promise<MotoMemory>;
  private readonly clients = new Map<string, EC2Client>();
  private route53Client: Route53Client | undefined;

  private constructor(
    private readonly options: MotoOptions,
    private readonly onRestart: (memory: MotoMemory) => void,
  ) {
    this.started = this.start();
  }

  /** Starts moto. `onRestart` is called when it had died and is there again. */
  static async open(
    options: MotoOptions,
    onRestart: (memory: MotoMemory) => void = () => {},
  ): Promise<{ moto: Moto; memory: MotoMemory }> {
    const moto = new Moto(options, onRestart);
    return { moto, memory: await moto.started };
  }

  /** Process id, for those who want to end it. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** A client for one region, past the front door. */
  ec2(region: string): EC2Client {
    let client = this.clients.get(region);
    if (client === undefined) {
      client = new EC2Client({ ...this.access, region });
      this.clients.set(region, client);
    }
    return client;
  }

  /** A client of Route 53, past the front door. */
  route53(): Route53Client {
    this.route53Client ??= new Route53Client({ ...this.access, region: "us-east-1" });
    return this.route53Client;
  }

  private get access() {
    return {
      endpoint: `http://127.0.0.1:${this.options.port}`,
      credentials: { accessKeyId: "rehearsal", secretAccessKey: "rehearsal" },
    };
  }

  /** Hands a call on. Waits for moto when it is being started. */
  async forward(call: Call): Promise<Answer> {
    await this.started;
    try {
      return await this.send(call);
    } catch (failure) {
      const { code } = failure as NodeJS.ErrnoException;
      // Nothing has been sent, so that the call can be made again.
      if (code === "ECONNREFUSED") {
        await sleep(100);
        await this.started;
        return this.send(call);
      }
      throw new AwsRefusal("Unavailable", `moto did not answer: ${code ?? String(failure)}`, 503);
    }
  }

  /**
   * Why IAM refuses an action to an access key, in AWS's words; undefined where it is allowed. For what
   * is not forwarded.
   */
  async refusal(key: string, action: string): Promise<string | undefined> {
    await this.started;
    const query = new URLSearchParams({ key, action });
    const address = `http://127.0.0.1:${this.options.port}/rehearsal/refusal?${query}`;
    return (await (await fetch(address)).text()) || undefined;
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const client of this.clients.values()) client.destroy();
    this.route53Client?.destroy();
    await this.started.catch(() => undefined);
    const { child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
  }

  private send({ method, url, headers, body }: Call): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const onward = request(
        { host: "127.0.0.1", port: this.options.port, method, path: url, headers, agent: false },
        (answer) => {
          const parts: Buffer[] = [];
          answer.on("data", (part: Buffer) => parts.push(part));
          answer.on("error", reject);
          answer.on("end", () =>
            resolve({
              status: answer.statusCode ?? 502,
              headers: answer.headers,
              body: Buffer.concat(parts),
            }),
          );
        },
      );
      onward.on("error", reject);
      onward.end(body);
    });
  }

  private async start(): Promise<MotoMemory> {
    const { python, port, memory, block, log } = this.options;
    const child = spawn(
      python,
      [SERVE, "--port", String(port), "--memory", memory, "--block", String(block)],
      // Its standard input is what it lives by: it ends with us, however we end.
      { stdio: ["pipe", "pipe", "pipe"] },
    );
    this.child = child;
    let last = "";
    const keep = (data: Buffer) => {
      last = (last + data.toString()).slice(-2_000);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", (data: Buffer) => {
      keep(data);
      // A line for each call would bury everything else.
      const lines = data.toString().split("\n");
      for (const line of lines) if (line !== "" && !/" \d{3} -$/.test(line)) log(`moto: ${line}`);
    });
    child.on("error", (error) => log(`moto: ${error.message}`));
    const end = Date.now() + START_LIMIT_MS;
    for (;;) {
      const found = await this.memory();
      if (found !== undefined) break;
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
        throw new Error(`moto ended while starting:\n${last}`);
      }
      if (Date.now() > end) {
        child.kill("SIGKILL");
        throw new Error(`moto does not answer on port ${port}:\n${last}`);
      }
      await sleep(50);
    }
    child.once("exit", (code, signal) => this.restart(`${signal ?? `exit status ${code}`}`));
    const found = await this.memory();
    if (found === undefined) throw new Error(`moto ended while starting:\n${last}`);
    return found;
  }

  private restart(how: string): void {
    if (this.closed) return;
    this.options.log(`moto ended (${how}), starting it again`);
    this.started = this.start();
    this.started.then(this.onRestart, (error: Error) =>
      this.options.log(`moto cannot be started again: ${error.message}`),
    );
  }

  private async memory(): Promise<MotoMemory | undefined> {
    try {
      const answer = await fetch(`http://127.0.0.1:${this.options.port}/rehearsal/memory`);
      return (await answer.json()) as MotoMemory;
    } catch {
      return undefined;
    }
  }
}
