/** A web site as one browser sees it: cookies, redirects, connections that are kept, bytes. */
import fs from "node:fs";
import http from "node:http";
import https from "node:https";
import type { LookupFunction } from "node:net";
import { isIP } from "node:net";
import { pipeline, Readable } from "node:stream";
import tls from "node:tls";
import zlib from "node:zlib";
import { CookieJar } from "tough-cookie";

/** How a site is reached and whom it must show a certificate of. */
export interface SiteOptions {
  /** Where the site's name leads to, whatever DNS says: before there is a record, and in a rehearsal. */
  address?: string;
  /** Authorities, in PEM, beside those that Node trusts (NODE_EXTRA_CA_CERTS among them). */
  authorities?: string;
  /** Whether any certificate will do, for a throwaway account only. Default: no. */
  anyCertificate?: boolean;
}

/** What a request sends beside its cookies. */
export interface Sent {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD";
  form?: Record<string, string>;
  json?: unknown;
  headers?: Record<string, string>;
  /** Without an answer for so long, it has failed. Default 60. */
  limitSeconds?: number;
  signal?: AbortSignal;
}

export interface Answer {
  status: number;
  /** Of the last redirect. */
  url: URL;
  headers: Headers;
  body: Buffer;
  text: string;
  /** That came over the line as bodies, compressed as they were, those of redirects too. */
  bytes: number;
}

type Headers = http.IncomingHttpHeaders;

/** An answer that is still coming. */
export interface Opened {
  status: number;
  url: URL;
  headers: Headers;
  /** As it comes over the line. */
  packed: Readable;
  unpacked: () => Readable;
}

const LIMIT_SECONDS = 60;
const MAX_REDIRECTS = 20;
/** As browsers have to one site over HTTP/1.1. */
const CONNECTIONS = 6;

/**
 * A client of one site. Not `fetch`: that says of itself that it is a script (its header
 * Sec-Fetch-Mode), and the hub gives scripts no cookie for its form.
 */
export class Site {
  readonly cookies = new CookieJar();
  /** Of the hub, without a slash at its end. */
  readonly base: string;
  private readonly agent: http.Agent | https.Agent;
  private readonly lookup?: LookupFunction;

  /** @param base such as https://jupyter.example.org */
  constructor(
    base: string,
    readonly options: SiteOptions = {},
  ) {
    this.base = base.replace(/\/+$/, "");
    const { address } = options;
    if (address !== undefined) this.lookup = toAddress(new URL(this.base).hostname, address);
    const given = {
      keepAlive: true,
      maxSockets: CONNECTIONS,
      ...(this.lookup && { lookup: this.lookup }),
    };
    this.agent = this.base.startsWith("https:")
      ? new https.Agent({ ...given, ...this.tls() })
      : new http.Agent(given);
  }

  /** Options of a websocket of this site. */
  socketOptions(): tls.ConnectionOptions & { lookup?: LookupFunction } {
    return { ...(this.lookup && { lookup: this.lookup }), ...this.tls() };
  }

  private tls(): tls.ConnectionOptions {
    const { authorities, anyCertificate } = this.options;
    return {
      ...(authorities && { ca: [...authoritiesOfNode(), authorities] }),
      ...(anyCertificate && { rejectUnauthorized: false }),
    };
  }

  /** What the `Cookie` header of a request there is. */
  cookieHeader(url: string): string {
    return this.cookies.getCookieStringSync(url);
  }

  /**
   * The value of a cookie there. The hub and each server have one of the same name; the one with the
   * longest path is the nearest.
   */
  cookie(url: string, name: string): string | undefined {
    const found = this.cookies.getCookiesSync(url).filter(({ key }) => key === name);
    return found.sort((a, b) => (b.path?.length ?? 0) - (a.path?.length ?? 0))[0]?.value;
  }

  /**
   * One request, whose redirects are followed as browsers do.
   *
   * @param path below the base, or a whole address of the site
   */
  async visit(path: string, sent: Sent = {}): Promise<Answer> {
    let url = new URL(path, `${this.base}/`);
    let now = sent;
    let bytes = 0;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
      const answer = await this.ask(url, now);
      bytes += answer.bytes;
      const { location } = answer.headers;
      if (answer.status < 300 || answer.status > 399 || location === undefined) {
        return { ...answer, bytes };
      }
      url = new URL(location, url);
      const { form, json, method, ...rest } = now;
      // 307 and 308 keep what was sent.
      now = answer.status >= 307 ? { form, json, method, ...rest } : rest;
    }
    throw new Error(`${path}: more than ${MAX_REDIRECTS} redirects, the last to ${url.href}`);
  }

  /** One request that follows nothing. */
  async ask(url: URL | string, sent: Sent = {}): Promise<Answer> {
    const { status, headers, url: at, packed } = await this.open(url, sent);
    const body = await collected(packed);
    const plain = await collected(unpacked(Readable.from([body]), headers));
    return {
      status,
      url: at,
      headers,
      body: plain,
      get text() {
        return plain.toString("utf8");
      },
      bytes: body.length,
    };
  }

  /** The head of an answer; its body comes as it comes. */
  async open(target: URL | string, sent: Sent = {}): Promise<Opened> {
    const url = new URL(target, `${this.base}/`);
    const { form, json, headers, limitSeconds = LIMIT_SECONDS, signal } = sent;
    const body = form
      ? new URLSearchParams(form).toString()
      : json === undefined
        ? undefined
        : JSON.stringify(json);
    const type = form ? "application/x-www-form-urlencoded" : "application/json";
    const cookie = this.cookieHeader(url.href);
    const options: https.RequestOptions = {
      agent: this.agent,
      method: sent.method ?? (body === undefined ? "GET" : "POST"),
      headers: {
        accept: "*/*",
        "accept-encoding": "gzip, deflate, br",
        ...(body !== undefined && {
          "content-type": type,
          "content-length": Buffer.byteLength(body),
        }),
        ...(cookie !== "" && { cookie }),
        ...headers,
      },
      ...(signal && { signal }),
    };
    const request = (url.protocol === "https:" ? https : http).request(url, options);
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      request.on("response", resolve);
      request.on("error", (error: NodeJS.ErrnoException) => reject(explained(error, url)));
      request.setTimeout(limitSeconds * 1000, () =>
        request.destroy(new Error(`no answer for ${limitSeconds} s`)),
      );
      request.end(body);
    });
    for (const line of response.headers["set-cookie"] ?? []) {
      this.cookies.setCookieSync(line, url.href, { ignoreError: true });
    }
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      url,
      packed: response,
      unpacked: () => unpacked(response, response.headers),
    };
  }

  /** Ends connections that are kept. */
  close(): void {
    this.agent.destroy();
  }
}

function explained(error: NodeJS.ErrnoException, url: URL): Error {
  const why = error.message || error.code || "failed";
  return Object.assign(new Error(`${url.origin}${url.pathname}: ${why}`, { cause: error }), {
    code: error.code,
  });
}

/** Answers with one address for one name. */
function toAddress(name: string, address: string): LookupFunction {
  return (asked, { all }, answer) => {
    if (asked !== name) {
      answer(Object.assign(new Error(`${asked} is not ${name}`), { code: "ENOTFOUND" }), "", 4);
    } else if (all) answer(null, [{ address, family: isIP(address) }]);
    else answer(null, address, isIP(address));
  };
}

/** Those of NODE_EXTRA_CA_CERTS are lost where authorities are named, unless they are named too. */
function authoritiesOfNode(): readonly string[] {
  const file = process.env["NODE_EXTRA_CA_CERTS"];
  const more = file && fs.existsSync(file) ? [fs.readFileSync(file, "utf8")] : [];
  return [...tls.rootCertificates, ...more];
}

async function collected(stream: Readable): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** Each part of a stream as soon as it is there, as an event must be. */
const SYNC = { flush: zlib.constants.Z_SYNC_FLUSH, finishFlush: zlib.constants.Z_SYNC_FLUSH };

function unpacked(packed: Readable, { "content-encoding": encoding }: Headers): Readable {
  const unpack = {
    gzip: () => zlib.createGunzip(SYNC),
    deflate: () => zlib.createInflate(SYNC),
    br: () => zlib.createBrotliDecompress(),
  }[encoding ?? ""];
  return unpack ? pipeline(packed, unpack(), () => undefined) : packed;
}
