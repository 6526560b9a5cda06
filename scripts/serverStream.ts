/** Bytes from the server: what a script writes there, as it comes and as fast as this computer takes it. */
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ClientChannel } from "ssh2";
import { loader, whole, type Machine, type Ran } from "../providers/ssh";
import { logInTo } from "./logInTo";

export interface StreamOptions {
  /** After which the server ends the script. */
  limitSeconds: number;
  /** After which without a byte the connection counts as broken. Default 60. */
  silentSeconds?: number;
  /** Is called with each line of the script's standard error. */
  onLine?: (line: string) => void;
}

/** Calls back with each whole line of what comes; the rest comes with the end. */
function lines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (data: string) => {
    const known = (rest + data).split("\n");
    rest = known.pop() ?? "";
    known.forEach(onLine);
  });
  stream.on("end", () => rest !== "" && onLine(rest));
}

/**
 * Logs in, so that a script can be run later at once, when nobody could log in: whoever holds home
 * folders still, holds log-ins too.
 *
 * @returns runs the script and ends the connection; its status
 * @throws Error when the server cannot be logged in to
 */
export async function standBy(
  machine: Machine,
  limitSeconds: number,
): Promise<(text: string) => Promise<number>> {
  const client = await logInTo(machine);
  const stream = await new Promise<ClientChannel>((resolve, reject) => {
    client.exec(loader(limitSeconds), (error, it) => (error ? reject(error) : resolve(it)));
  });
  stream.resume();
  stream.stderr.resume();
  return (text) =>
    new Promise<number>((resolve) => {
      let status = -1;
      stream.on("exit", (it: number | null) => (status = it ?? -1));
      client.on("close", () => resolve(status)).on("error", () => resolve(status));
      stream.on("close", () => client.end());
      stream.end(whole(text));
    });
}

/**
 * Runs a bash script as root on the server, and writes its standard output to a stream, which is
 * ended. The script goes over standard input, as with `runOnServer`.
 *
 * @returns its status (-1: the connection broke) and its standard error; no standard output
 * @throws Error when the server cannot be logged in to, or the stream cannot take what comes
 */
export async function streamFromServer(
  machine: Machine,
  text: string,
  sink: Writable,
  { limitSeconds, silentSeconds = 60, onLine }: StreamOptions,
): Promise<Ran> {
  const client = await logInTo(machine);
  const ran: Ran = { status: -1, stdout: "", stderr: "" };
  try {
    const stream = await new Promise<ClientChannel>((resolve, reject) => {
      client.exec(loader(limitSeconds), (error, it) => (error ? reject(error) : resolve(it)));
    });
    // A network that goes away says nothing.
    let alive = Date.now();
    const watch = setInterval(() => {
      if (Date.now() - alive > silentSeconds * 1000) client.destroy();
    }, 1000);
    const closed = new Promise<void>((resolve) => {
      stream.on("close", resolve);
      client.on("close", resolve);
      client.on("error", () => client.destroy());
    });
    client.on("close", () => stream.destroy());
    lines(stream.stderr, (line) => {
      alive = Date.now();
      ran.stderr += `${line}\n`;
      onLine?.(line);
    });
    stream.on("exit", (status: number | null) => (ran.status = status ?? -1));
    stream.on("data", () => (alive = Date.now()));
    stream.pause();
    const written = pipeline(stream, sink).catch((error: NodeJS.ErrnoException) => {
      // Of the connection's end, the status tells.
      if (error.code !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
    });
    stream.stdin.end(whole(text));
    try {
      await Promise.all([written, closed]);
    } finally {
      clearInterval(watch);
    }
    return ran;
  } finally {
    client.end();
  }
}
