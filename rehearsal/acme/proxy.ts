/** The way to a Pebble: under Let's Encrypt's addresses, counted, and failing on demand. */

import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { request } from "node:https";
import { forbiddenByCaa, refusalOf, type Fault } from "./faults";
import { PEBBLE_HOST, type Pebble } from "./pebble";

/** A certificate that was asked for. */
export interface Order {
  time: string;
  names: string[];
}

/** Paths of Pebble's, for which Let's Encrypt has others. Clients learn all but the first. */
const DIRECTORY = { here: "/directory", pebble: "/dir" };
const NEW_ORDER = "/order-plz";
const NEW_NONCE = "/nonce-plz";
const CHALLENGE = /^\/chalZ\//;

/** Traefik's client that is not told when to ask again waits for five. */
const SOON_SECONDS = 1;

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export class AcmeProxy {
  fault: Fault = "none";
  /** The newest last. */
  readonly orders: Order[] = [];
  /** Authorizations that have failed by CAA, as paths. */
  private readonly forbidden = new Set<string>();

  constructor(private readonly pebble: Pick<Pebble, "authority" | "port">) {}

  async serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    if (this.fault === "down") {
      incoming.socket.destroy();
      return;
    }
    const { url = "/" } = incoming;
    const body = await bodyOf(incoming);
    if (incoming.method === "POST" && url === NEW_ORDER) {
      const names = namesOf(body);
      this.orders.push({ time: new Date().toISOString(), names });
      const refusal = refusalOf(this.fault, names, new Date());
      if (refusal !== undefined) {
        const { problem, headers } = refusal;
        // The nonce of the request is used up.
        const fresh = await this.ask(incoming, NEW_NONCE, Buffer.alloc(0), "HEAD");
        for (const name of ["replay-nonce", "link"]) setHeader(outgoing, name, fresh.headers[name]);
        const text = JSON.stringify(problem, undefined, 2);
        const type = { "content-type": "application/problem+json" };
        outgoing.writeHead(problem.status, { ...type, ...headers }).end(text);
        return;
      }
    }
    const answer = await this.ask(incoming, url === DIRECTORY.here ? DIRECTORY.pebble : url, body);
    answer.body = this.amended(url, answer);
    for (const [name, value] of Object.entries(answer.headers)) setHeader(outgoing, name, value);
    if (CHALLENGE.test(url)) outgoing.setHeader("retry-after", SOON_SECONDS);
    outgoing.setHeader("content-length", answer.body.length);
    outgoing.writeHead(answer.status).end(incoming.method === "HEAD" ? undefined : answer.body);
  }

  /** A challenge that is taken up while CAA forbids it: its authorization is a failed one then. */
  private amended(url: string, { headers, body, status }: Answer): Buffer {
    const [, above] = /<([^>]+)>;\s*rel="up"/.exec([headers.link].flat().join(",")) ?? [];
    if (this.fault === "caa" && CHALLENGE.test(url) && above !== undefined) {
      this.forbidden.add(new URL(above).pathname);
    }
    if (status !== 200 || !this.forbidden.has(url)) return body;
    const authorization = JSON.parse(body.toString("utf8")) as Parameters<typeof forbiddenByCaa>[0];
    return Buffer.from(JSON.stringify(forbiddenByCaa(authorization)));
  }

  private ask(
    { method: asked, headers }: IncomingMessage,
    path: string,
    body: Buffer,
    method = asked,
  ): Promise<Answer> {
    const { port, authority: ca } = this.pebble;
    // Host as it came: Pebble makes its addresses of it.
    const onward = { ...headers, "content-length": String(body.length), connection: "close" };
    const to = { host: PEBBLE_HOST, servername: "", port, ca, method, path, agent: false };
    return new Promise((resolve, reject) => {
      const outgoing = request({ ...to, headers: onward }, (answer) => {
        const { statusCode: status = 502, headers: answered } = answer;
        delete answered.connection;
        delete answered["transfer-encoding"];
        bodyOf(answer).then((read) => resolve({ status, headers: answered, body: read }), reject);
      });
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  }
}

function setHeader(outgoing: ServerResponse, name: string, value?: string | string[]): void {
  if (value !== undefined) outgoing.setHeader(name, value);
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** Names in an order, which is a signed JSON text in base64url. */
function namesOf(body: Buffer): string[] {
  try {
    const { payload } = JSON.parse(body.toString("utf8")) as { payload: string };
    const order = JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as {
      identifiers: { value: string }[];
    };
    return order.identifiers.map(({ value }) => value);
  } catch {
    return [];
  }
}
