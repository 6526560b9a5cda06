/** Git's own HTTP server (`git http-backend`, a CGI program) behind Node's. */

import { spawn } from "node:child_process";
import type { IncomingMessage, ServerResponse } from "node:http";
import { cleanEnv } from "./repositories";

export interface BackendCall {
  /** Folder of all repositories. */
  root: string;
  /** In it, such as /river-lab/exam.git/info/refs. */
  path: string;
  query: string;
  /** Git lets only somebody with a name write. */
  user: string | undefined;
}

/** The head of a CGI answer: status, headers, and where the body begins. */
export function parseHead(
  data: Buffer,
): { status: number; headers: [string, string][]; end: number } | undefined {
  const text = data.toString("latin1");
  const blank = /\r?\n\r?\n/.exec(text);
  if (!blank) return undefined;
  const headers = text
    .slice(0, blank.index)
    .split(/\r?\n/)
    .map((line): [string, string] => {
      const at = line.indexOf(":");
      return [line.slice(0, at), line.slice(at + 1).trim()];
    });
  const status = headers.find(([name]) => name.toLowerCase() === "status");
  return {
    status: status ? Number(status[1].split(" ")[0]) : 200,
    headers: headers.filter(([name]) => name.toLowerCase() !== "status"),
    end: blank.index + blank[0].length,
  };
}

function environment(call: BackendCall, incoming: IncomingMessage): Record<string, string> {
  const header = (name: string): string => String(incoming.headers[name] ?? "");
  return {
    ...cleanEnv(),
    GIT_PROJECT_ROOT: call.root,
    GIT_HTTP_EXPORT_ALL: "1",
    GIT_PROTOCOL: header("git-protocol"),
    REQUEST_METHOD: incoming.method ?? "GET",
    PATH_INFO: call.path,
    QUERY_STRING: call.query,
    CONTENT_TYPE: header("content-type"),
    HTTP_CONTENT_ENCODING: header("content-encoding"),
    ...(incoming.headers["content-length"] && { CONTENT_LENGTH: header("content-length") }),
    ...(call.user && { REMOTE_USER: call.user }),
  };
}

/**
 * Answers a request by git's server, in a stream.
 *
 * @param cut ends the connection in the middle of the answer
 * @returns bytes that were sent
 */
export function answerByGit(
  call: BackendCall,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  cut: boolean,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn("git", ["http-backend"], {
      env: environment(call, incoming),
      stdio: ["pipe", "pipe", "ignore"],
    });
    let head = Buffer.alloc(0);
    let isStarted = false;
    let bytes = 0;
    child.on("error", reject);
    child.stdin.on("error", () => undefined);
    incoming.pipe(child.stdin);
    outgoing.on("close", () => {
      child.kill();
      // What nobody reads any more must not keep it from ending.
      child.stdout.resume();
    });
    child.stdout.on("data", (data: Buffer) => {
      if (outgoing.destroyed) return;
      let body = data;
      if (!isStarted) {
        head = Buffer.concat([head, data]);
        const parsed = parseHead(head);
        if (!parsed) return;
        isStarted = true;
        outgoing.writeHead(parsed.status, parsed.headers.flat());
        body = head.subarray(parsed.end);
      }
      bytes += body.length;
      if (cut) {
        outgoing.write(body.subarray(0, Math.ceil(body.length / 2)), () => outgoing.destroy());
      } else if (!outgoing.write(body)) {
        child.stdout.pause();
        outgoing.once("drain", () => child.stdout.resume());
      }
    });
    child.on("close", () => {
      if (!isStarted && !outgoing.destroyed) outgoing.writeHead(500);
      outgoing.end();
      resolve(bytes);
    });
  });
}
