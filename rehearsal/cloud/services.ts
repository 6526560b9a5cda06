/** What machines may fetch from this computer: the stand-in for TLJH's bootstrap. */

import fs from "node:fs";
import { createServer, type Server } from "node:http";
import path from "node:path";

const FOLDER = path.join(__dirname, "../bootstrap");

/** Serves the files of rehearsal/bootstrap, by plain name and read-only. */
export function openServices(host: string, port: number): Promise<Server> {
  const server = createServer((incoming, outgoing) => {
    const name = (incoming.url ?? "").slice(1);
    const isPlain = /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name);
    if (!["GET", "HEAD"].includes(incoming.method ?? "")) return outgoing.writeHead(405).end();
    const file = path.join(FOLDER, name);
    if (!isPlain || !fs.statSync(file, { throwIfNoEntry: false })?.isFile()) {
      return outgoing.writeHead(404, { "content-type": "text/plain" }).end("no such file\n");
    }
    const body = fs.readFileSync(file);
    outgoing.writeHead(200, {
      "content-type": "text/plain; charset=utf-8",
      "content-length": body.length,
    });
    return outgoing.end(incoming.method === "HEAD" ? undefined : body);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve(server));
  });
}
