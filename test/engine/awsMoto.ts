/** For tests of the AWS stand-in: a moto of its own behind a proxy that counts and breaks calls. */

import { spawn, type ChildProcess } from "node:child_process";
import {
  createServer,
  request,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { freePort } from "../../rehearsal/cloud/ports";
import { loadToolchain } from "../../rehearsal/toolchain";

const START_LIMIT_MS = 20_000;

/** A running moto. `close` ends it. */
export interface Moto {
  /** Where the plugin is sent: the proxy. */
  endpoint: string;
  /** Names of all calls since the last `calls.length = 0`, in order. */
  calls: string[];
  /** Makes the next calls of an action fail with AWS's code. */
  refuse(action: string, code: string, times?: number): void;
  close(): Promise<void>;
}

async function answers(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/moto-api/`)).status < 500;
  } catch {
    return false;
  }
}

async function startMoto(port: number): Promise<ChildProcess> {
  const strict = {
    MOTO_ENABLE_AMI_VALIDATION: "true",
    MOTO_ENABLE_KEYPAIR_VALIDATION: "true",
    MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION: "true",
  };
  const child = spawn(
    loadToolchain().motoPython,
    ["-m", "moto.server", "-H", "127.0.0.1", "-p", String(port)],
    { env: { ...process.env, ...strict }, stdio: "ignore" },
  );
  const end = Date.now() + START_LIMIT_MS;
  while (!(await answers(port))) {
    if (Date.now() > end || child.exitCode !== null) {
      child.kill("SIGKILL");
      throw new Error(`moto doesn't answer on port ${port} after ${START_LIMIT_MS / 1000} s`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return child;
}

interface Fault {
  code: string;
  left: number;
}

function refusal(code: string): string {
  const error = `<Error><Code>${code}</Code><Message>made to fail by the test</Message></Error>`;
  return `<Response><Errors>${error}</Errors><RequestID>test-request</RequestID></Response>`;
}

function forward(port: number, from: IncomingMessage, body: Buffer, to: ServerResponse): void {
  const options = {
    port,
    host: "127.0.0.1",
    method: from.method,
    path: from.url,
    headers: from.headers,
  };
  const onward = request(options, (answer) => {
    to.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(to);
  });
  onward.on("error", () => to.writeHead(502).end());
  onward.end(body);
}

function proxy(motoPort: number, calls: string[], faults: Map<string, Fault>): Server {
  return createServer((incoming, outgoing) => {
    const parts: Buffer[] = [];
    incoming.on("data", (part: Buffer) => parts.push(part));
    incoming.on("end", () => {
      const body = Buffer.concat(parts);
      const action = new URLSearchParams(body.toString("utf8")).get("Action") ?? "";
      calls.push(action);
      const fault = faults.get(action);
      if (fault === undefined || fault.left === 0)
        return forward(motoPort, incoming, body, outgoing);
      fault.left -= 1;
      outgoing.writeHead(400, { "content-type": "text/xml" }).end(refusal(fault.code));
    });
  });
}

/** Starts moto and the proxy on free ports. */
export async function openMoto(): Promise<Moto> {
  const motoPort = await freePort();
  const child = await startMoto(motoPort);
  const calls: string[] = [];
  const faults = new Map<string, Fault>();
  const server = proxy(motoPort, calls, faults);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    refuse: (action, code, times = 1) => faults.set(action, { code, left: times }),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await ended;
    },
  };
}
