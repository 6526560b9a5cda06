import { strict as assert } from "node:assert";
import fs from "node:fs";
import { createServer, request, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { refusalOf } from "../../rehearsal/acme/faults";
import { AcmeProxy } from "../../rehearsal/acme/proxy";
import { Roots } from "../../rehearsal/acme/roots";
import { Authority } from "../../rehearsal/tls/certificates";
import { closeFront, openFront } from "../../rehearsal/tls/front";

const HOST = "acme.example.test";
const NOW = new Date("2026-11-25T08:00:00Z");

interface Answer {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
}

describe("the rehearsal's Let's Encrypt", () => {
  it("refuses an order in Boulder's words", () => {
    assert.equal(refusalOf("none", ["a.test"], NOW), undefined);
    assert.equal(refusalOf("caa", ["a.test"], NOW), undefined);
    const policy = refusalOf("refuse", ["a.test"], NOW)?.problem;
    assert.equal(policy?.type, "urn:ietf:params:acme:error:rejectedIdentifier");
    assert.match(policy?.detail ?? "", /^Error creating new order :: Cannot issue for "a.test"/);
    const limit = refusalOf("rateLimited", ["a.test"], NOW);
    assert.equal(limit?.problem.status, 429);
    assert.match(limit?.problem.detail ?? "", /retry after 2026-11-25 09:00:00 UTC: see https:/);
    assert.deepEqual(limit?.headers, { "retry-after": "3600" });
  });

  describe("under its own names", () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tljh-workshop-acme-"));
    /** What reached the server behind. */
    const seen: string[] = [];
    let authority: Authority;
    let behind: Server;
    let front: Server;
    let proxy: AcmeProxy;

    before(async () => {
      authority = await Authority.in(folder, "authority");
      const { key, certificate } = await authority.sign("pebble", ["127.0.0.1"]);
      behind = createServer({ key, cert: certificate }, (incoming, outgoing) => {
        const { method, url = "", headers } = incoming;
        seen.push(`${method} ${headers.host}${url}`);
        outgoing.setHeader("replay-nonce", `nonce-${seen.length}`);
        incoming.resume();
        const challenges = ["1", "2"].map((id) => ({ url: `https://${HOST}/chalZ/${id}` }));
        const state = { status: "pending", identifier: { value: "a.test" }, challenges };
        outgoing.end(method === "HEAD" ? undefined : JSON.stringify(state));
      });
      await new Promise<void>((resolve) => behind.listen(0, "127.0.0.1", resolve));
      const { port } = behind.address() as AddressInfo;
      proxy = new AcmeProxy({ port, authority: fs.readFileSync(authority.file) });
      const site = { names: [HOST], ...(await authority.sign(HOST, [HOST])) };
      front = await openFront("127.0.0.1", [{ ...site, serve: (a, b) => proxy.serve(a, b) }], 0);
    });
    after(() => {
      closeFront(front);
      closeFront(behind);
      fs.rmSync(folder, { recursive: true });
    });
    beforeEach(() => {
      proxy.fault = "none";
      seen.splice(0);
    });

    const ask = (method: string, where: string, body = "", host = HOST): Promise<Answer> =>
      new Promise((resolve, reject) => {
        const { port } = front.address() as AddressInfo;
        const to = { host: "127.0.0.1", port, servername: HOST, agent: false };
        const ca = fs.readFileSync(authority.file);
        const outgoing = request(
          { ...to, ca, method, path: where, headers: { host } },
          (answer) => {
            let text = "";
            answer.setEncoding("utf8").on("data", (part: string) => (text += part));
            const { statusCode: status = 0, headers } = answer;
            answer.on("end", () => resolve({ status, headers, body: text }));
          },
        );
        outgoing.on("error", reject);
        outgoing.end(body);
      });
    const order = (...names: string[]): string => {
      const identifiers = names.map((value) => ({ type: "dns", value }));
      const payload = Buffer.from(JSON.stringify({ identifiers })).toString("base64url");
      return JSON.stringify({ protected: "", payload, signature: "" });
    };

    it("has Let's Encrypt's directory, and keeps the name that was asked", async () => {
      assert.equal((await ask("GET", "/directory")).status, 200);
      assert.deepEqual(seen, [`GET ${HOST}/dir`]);
      assert.equal((await ask("GET", "/directory", "", "elsewhere.test")).status, 421);
    });

    it("counts orders with their names", async () => {
      const before = proxy.orders.length;
      await ask("POST", "/order-plz", order("a.test", "b.test"));
      assert.deepEqual(
        proxy.orders.slice(before).map(({ names }) => names),
        [["a.test", "b.test"]],
      );
    });

    it("refuses orders on demand, with a nonce for the next request, and takes them again", async () => {
      proxy.fault = "rateLimited";
      const { status, headers, body } = await ask("POST", "/order-plz", order("a.test"));
      assert.deepEqual([status, headers["retry-after"]], [429, "3600"]);
      assert.equal(headers["content-type"], "application/problem+json");
      assert.ok(headers["replay-nonce"]);
      assert.match(body, /rateLimited/);
      assert.deepEqual(seen, [`HEAD ${HOST}/nonce-plz`]);
      proxy.fault = "none";
      assert.equal((await ask("POST", "/order-plz", order("a.test"))).status, 200);
    });

    it("is down on demand", async () => {
      proxy.fault = "down";
      await assert.rejects(ask("GET", "/directory"));
      assert.deepEqual(seen, []);
    });

    it("fails by CAA after a challenge was taken up, not before, and asks nobody for it", async () => {
      proxy.fault = "caa";
      const post = async (where: string) => JSON.parse((await ask("POST", where)).body) as object;
      const above = `<https://${HOST}/authZ/1>;rel="up"`;
      const pending = (await post("/authZ/1")) as { status: string };
      assert.equal(pending.status, "pending");
      seen.splice(0);
      const url = `https://${HOST}/chalZ/2`;
      const { body, headers } = await ask("POST", "/chalZ/2");
      assert.deepEqual(JSON.parse(body), { url, status: "processing" });
      assert.deepEqual([headers.link, headers["retry-after"]], [above, "1"]);
      const error = {
        type: "urn:ietf:params:acme:error:caa",
        detail: "CAA record for a.test prevents issuance",
        status: 403,
      };
      const failed = {
        ...pending,
        status: "invalid",
        challenges: [{ url, status: "invalid", error }],
      };
      assert.deepEqual(await post("/authZ/1"), failed);
      // Nor later: the order is as good as gone.
      proxy.fault = "none";
      assert.deepEqual(await post("/authZ/1"), failed);
      assert.deepEqual([...new Set(seen)], [`HEAD ${HOST}/nonce-plz`]);
    });

    it("says when to ask for a challenge again", async () => {
      assert.equal((await ask("POST", "/chalZ/1")).headers["retry-after"], "1");
    });
  });

  it("keeps each root once", () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tljh-workshop-roots-"));
    const roots = new Roots(path.join(folder, "roots.pem"));
    assert.equal(roots.pem(), "");
    for (const root of ["one\n", "two", "one"]) roots.add(root);
    assert.equal(new Roots(roots.file).pem(), "one\ntwo\n");
    fs.rmSync(folder, { recursive: true });
  });
});

describe("the rehearsal's certificates", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tljh-workshop-certificates-"));
  after(() => fs.rmSync(folder, { recursive: true }));

  it("are kept, and made anew for other names only", async () => {
    const authority = await Authority.in(folder, "authority");
    const first = await authority.sign("site", ["a.test", "127.0.0.1"]);
    const again = await (
      await Authority.in(folder, "authority")
    ).sign("site", ["a.test", "127.0.0.1"]);
    assert.deepEqual(again, first);
    const other = await authority.sign("site", ["a.test", "b.test"]);
    assert.notDeepEqual(other.certificate, first.certificate);
    assert.equal(fs.statSync(path.join(folder, "site.key")).mode & 0o777, 0o600);
  });
});
