/** For tests of the command stand-in: its resource type against an SSH server in this process. */

import { strict as assert } from "node:assert";
import { createServer, type AddressInfo, type Server } from "node:net";
import type { Context, Values } from "../../../rehearsal/plugins/base";
import { remoteCommand as typeOf } from "../../../rehearsal/plugins/command/remoteCommand";
import { makeKeys, openSshServer, type SshServer } from "./sshServer";

const BACKOFF_MS = 30;
export const remoteCommand = typeOf(BACKOFF_MS);
export const hostKeys = makeKeys();
export const userKeys = makeKeys();
export const strangerKeys = makeKeys();

export let server: SshServer;

interface Logged {
  lines: string[];
  context: Context;
}

export function logged(more: Partial<Context> = {}): Logged {
  const lines: string[] = [];
  const log: Context["log"] = (line, severity = "info") => lines.push(`${severity}: ${line}`);
  return { lines, context: { urn: "urn:pulumi:s::p::t::step", name: "step", log, ...more } };
}

/** Inputs as they come from check, for a server that lets us in at the first dial. */
export function inputsOf(more: Values, connection: Values = {}): Values {
  const news = {
    connection: {
      host: "127.0.0.1",
      port: server.port,
      user: "ubuntu",
      privateKey: userKeys.openssh,
      hostKey: hostKeys.line,
      dialErrorLimit: 0,
      ...connection,
    },
    ...more,
  };
  const checked = remoteCommand.check?.(news, undefined, logged().context);
  assert.deepEqual(checked?.failures, []);
  return checked?.inputs ?? {};
}

export async function create(
  more: Values,
  connection: Values = {},
  { context }: Logged = logged(),
): Promise<Values> {
  return (await remoteCommand.create(inputsOf(more, connection), context)).outputs;
}

export async function failure(promise: Promise<unknown>): Promise<string> {
  let message = "";
  await assert.rejects(promise, (error: Error) => {
    message = error.message;
    return true;
  });
  return message;
}

export function listenOnce(server: Server): Promise<number> {
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)),
  );
}

export async function closedPort(): Promise<number> {
  const taken = createServer();
  const port = await listenOnce(taken);
  await new Promise((resolve) => taken.close(resolve));
  return port;
}

/** Gives every test of the suite a server of its own. */
export function eachWithServer(): void {
  beforeEach(async () => {
    server = await openSshServer(hostKeys, userKeys);
  });
  afterEach(() => server.close());
}
