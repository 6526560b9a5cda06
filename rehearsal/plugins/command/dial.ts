/** To a logged-in SSH connection, with as many dials as the connection allows. */

import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { Client, type AnyAuthMethod, type AuthHandlerMiddleware } from "ssh2";
import type { Context } from "../base";
import { readHostKey, readPrivateKey, type Connection } from "./connection";

const CANCELED = "context canceled";

/** Go's dialer asks TCP after this long a silence whether the other side is still there. */
const TCP_KEEPALIVE_MS = 15_000;

/** The words that Go, in which the real plugin is written, has for these. */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connect: connection refused",
  ECONNRESET: "read: connection reset by peer",
  EHOSTUNREACH: "connect: no route to host",
  ENETUNREACH: "connect: network is unreachable",
  ENOTFOUND: "no such host",
  ETIMEDOUT: "connect: connection timed out",
};

/** A failure in words of the real plugin, whatever Node calls it. */
function reasonOf(failure: Error & { code?: string }): string {
  return REASONS[failure.code ?? ""] ?? failure.message;
}

/** Calls `stop` when the person cancels; the answer forgets that again. */
function onAbort(signal: AbortSignal | undefined, stop: () => void): () => void {
  if (signal?.aborted === true) stop();
  signal?.addEventListener("abort", stop, { once: true });
  return () => signal?.removeEventListener("abort", stop);
}

function openSocket(connection: Connection, signal?: AbortSignal): Promise<Socket> {
  const { host, port, perDialTimeout } = connection;
  const address = `dial tcp ${host}:${port}`;
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: TCP_KEEPALIVE_MS,
    });
    const fail = (reason: string): void => {
      socket.destroy();
      reject(new Error(reason));
    };
    const forget = onAbort(signal, () => fail(CANCELED));
    const limit = perDialTimeout > 0 ? perDialTimeout * 1000 : undefined;
    const timer =
      limit === undefined ? undefined : setTimeout(() => fail(`${address}: i/o timeout`), limit);
    const settled = (): void => {
      clearTimeout(timer);
      forget();
    };
    socket.once("error", (failure) => {
      settled();
      fail(`${address}: ${reasonOf(failure)}`);
    });
    socket.once("connect", () => {
      settled();
      socket.removeAllListeners("error");
      resolve(socket);
    });
    socket.once("close", settled);
  });
}

/** The ways to log in, in the order they are tried; each kind once. */
export function methodsOf(connection: Connection): AnyAuthMethod[] {
  const { user: username, privateKey, password, agentSocketPath } = connection;
  const methods: AnyAuthMethod[] = [];
  if (privateKey !== undefined) {
    methods.push({ type: "publickey", username, key: readPrivateKey(connection) });
  }
  if (password !== undefined) {
    methods.push({ type: "password", username, password });
    methods.push({
      type: "keyboard-interactive",
      username,
      prompt: (_name, _instructions, _language, prompts, finish) =>
        finish(prompts.map(() => password)),
    });
  }
  const agent = agentSocketPath ?? process.env["SSH_AUTH_SOCK"];
  if (agent !== undefined && agent !== "" && privateKey === undefined) {
    methods.push({ type: "agent", username, agent });
  }
  return methods;
}

/** Offers what the server takes, and notes what was tried. */
function authenticator(connection: Connection, attempted: string[]): AuthHandlerMiddleware {
  const methods = methodsOf(connection);
  return (methodsLeft, _partialSuccess, next) => {
    if ((methodsLeft as string[] | null) === null) {
      attempted.push("none");
      return next({ type: "none", username: connection.user });
    }
    for (let method = methods.shift(); method !== undefined; method = methods.shift()) {
      const name = method.type === "agent" ? "publickey" : method.type;
      if (!methodsLeft.includes(name)) continue;
      attempted.push(name);
      return next(method);
    }
    next(false as never);
  };
}

function logIn(socket: Socket, connection: Connection, signal?: AbortSignal): Promise<Client> {
  const expected = connection.hostKey === undefined ? undefined : readHostKey(connection.hostKey);
  const attempted: string[] = [];
  let mismatch = false;
  return new Promise((resolve, reject) => {
    const client = new Client();
    let forget = (): void => undefined;
    const fail = (reason: string): void => {
      forget();
      client.destroy();
      socket.destroy();
      reject(new Error(reason));
    };
    client.on("error", (failure: Error & { level?: string; code?: string }) => {
      if (failure.level === "agent") return;
      if (mismatch) return fail("ssh: handshake failed: ssh: host key mismatch");
      if (failure.level !== "client-authentication") {
        return fail(`ssh: handshake failed: ${reasonOf(failure)}`);
      }
      const methods = `attempted methods [${attempted.join(" ")}]`;
      fail(
        `ssh: handshake failed: ssh: unable to authenticate, ${methods}, no supported methods remain`,
      );
    });
    client.once("close", () => fail("ssh: handshake failed: EOF"));
    client.once("ready", () => {
      forget();
      resolve(client);
    });
    forget = onAbort(signal, () => fail(CANCELED));
    client.connect({
      sock: socket,
      username: connection.user,
      authHandler: authenticator(connection, attempted),
      hostVerifier: (key: Buffer) => {
        mismatch = expected !== undefined && !expected.equals(key);
        return !mismatch;
      },
      // Only TCP has a limit; who answers and then says nothing is waited for.
      readyTimeout: 0,
    });
  });
}

async function dialOnce(connection: Connection, signal?: AbortSignal): Promise<Client> {
  return logIn(await openSocket(connection, signal), connection, signal);
}

/** What ends the dialling: the person, or the resource's `customTimeouts`. */
function limitOf({ signal, timeoutSeconds = 0 }: Context): AbortSignal | undefined {
  const limits = signal === undefined ? [] : [signal];
  if (timeoutSeconds > 0) limits.push(AbortSignal.timeout(timeoutSeconds * 1000));
  return limits.length === 0 ? undefined : AbortSignal.any(limits);
}

function cancelled(context: Context, last: string): string {
  if (context.signal?.aborted === true) return CANCELED;
  return `context deadline exceeded: ${last}`;
}

/**
 * Dials until it is logged in, or has failed once more than dialErrorLimit allows. A refused log-in
 * and a wrong host key count as failed dials: a machine that is still starting mends both.
 * @param backoffMs Pause between two dials.
 * @throws Error with the last failure.
 */
export async function dial(
  connection: Connection,
  context: Context,
  backoffMs: number,
): Promise<Client> {
  // What can't be read can't be mended by another dial.
  methodsOf(connection);
  if (connection.hostKey !== undefined) readHostKey(connection.hostKey);
  const signal = limitOf(context);
  const { dialErrorLimit } = connection;
  let last = "no dial came to an end";
  for (let failures = 1; ; failures += 1) {
    try {
      return await dialOnce(connection, signal);
    } catch (failure) {
      const { message } = failure as Error;
      if (message !== CANCELED) last = message;
      if (signal?.aborted === true) throw new Error(cancelled(context, last), { cause: failure });
      if (dialErrorLimit >= 0 && failures > dialErrorLimit) {
        throw new Error(`after ${dialErrorLimit} failed attempts: ${last}`, { cause: failure });
      }
      context.log?.(`dial ${failures} failed, trying again: ${last}`, "debug");
      await pause(backoffMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
