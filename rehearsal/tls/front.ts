/** One HTTPS server for all hosts of the internet that this computer stands for, told apart by name. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { Pair } from "./certificates";

/** Where it listens on the machines' gateway; they find it at port 443 of the services' address. */
export const TLS_PORT = 8443;

/** Hosts that share a certificate and a server. */
export interface Site extends Pair {
  names: readonly string[];
  serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<unknown>;
}

/** Serves sites: the certificate by the name in the handshake, the answer by the header Host. */
export async function openFront(
  host: string,
  sites: readonly Site[],
  port = TLS_PORT,
): Promise<Server> {
  const byName = new Map(sites.flatMap((site) => site.names.map((name) => [name, site] as const)));
  const server = createServer((incoming, outgoing) => {
    const site = byName.get((incoming.headers.host ?? "").replace(/:\d+$/, ""));
    if (site === undefined) {
      outgoing.writeHead(421, { "content-type": "text/plain" }).end("no such host here\n");
      return;
    }
    site.serve(incoming, outgoing).catch(() => outgoing.destroy());
  });
  for (const [name, { key, certificate }] of byName) {
    server.addContext(name, { key, cert: certificate });
  }
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  return server;
}

/** Ends it, and the connections to it. */
export function closeFront(server: Server | undefined): void {
  server?.close();
  server?.closeAllConnections();
}
