/** The way to a Pebble: under Let's Encrypt's addresses, counted, and failing on demand. */

import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { request } from "node:https";
import { Caa } from "./caa";
import { refusalOf, type Fault } from "./faults";
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
const AUTHORIZATION = /^\/authZ\//;

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
  private readonly caa = new Caa();

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
        const type = { "content-type": "application/problem+json" };
        return this.tell(incoming, outgoing, problem.status, { ...type, ...headers }, problem);
      }
    }
    // Without Pebble, which stands still for ever when a client gives up a name that it is looking at.
    const own =
      incoming.method === "POST" ? this.caa.answerTo(url, this.fault === "caa") : undefined;
    if (own !== undefined) {
      const headers = { "content-type": "application/json", ...own.headers };
      return this.tell(incoming, outgoing, 200, headers, own.body);
    }
    const answer = await this.ask(incoming, url === DIRECTORY.here ? DIRECTORY.pebble : url, body);
    if (AUTHORIZATION.test(url) && answer.status === 200) this.caa.note(url, answer.body);
    for (const [name, value] of Object.entries(answer.headers)) setHeader(outgoing, name, value);
    if (CHALLENGE.test(url)) outgoing.setHeader("retry-after", SOON_SECONDS);
    outgoing.setHeader("content-length", answer.body.length);
    outgoing.writeHead(answer.status).end(incoming.method === "HEAD" ? undefined : answer.body);
  }

  /** An answer of our own, with a nonce for the next request. */
  private async tell(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    status: number,
    headers: Record<string, string>,
    body: object,
  ): Promise<void> {
    const fresh = await this.ask(incoming, NEW_NONCE, Buffer.alloc(0), "HEAD");
    setHeader(outgoing, "replay-nonce", fresh.headers["replay-nonce"]);
    outgoing.writeHead(status, headers).end(JSON.stringify(body, undefined, 2));
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
