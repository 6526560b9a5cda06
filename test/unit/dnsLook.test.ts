/** The questions to name servers, and what becomes of their answers. */
import assert from "node:assert/strict";
import type { Answer } from "dns-packet";
import { lookUpName } from "../../providers/dnsLook";
import { NameServer } from "./nameServer";

const NAME = "jupyter.example.org";
const A: Answer = { name: NAME, type: "A", ttl: 60, data: "203.0.113.10" };

describe("the look at a name in DNS", () => {
  const servers: NameServer[] = [];
  afterEach(() => servers.splice(0).forEach((one) => one.close()));

  async function look(records: Answer[], refused?: string[]) {
    const server = new NameServer(records, refused);
    servers.push(server);
    const address = await server.open();
    return { ...(await lookUpName(NAME, [address])), address, asked: server.asked };
  }

  it("finds addresses of both families", async () => {
    const aaaa: Answer = { name: NAME, type: "AAAA", ttl: 60, data: "2001:db8::1" };
    const { servers: answers, address } = await look([A, aaaa]);
    assert.deepEqual(answers, [{ server: address, a: ["203.0.113.10"], aaaa: ["2001:db8::1"] }]);
  });

  it("takes a name that does not exist, and one without an address, for an answer", async () => {
    const txt: Answer = { name: NAME, type: "TXT", ttl: 60, data: "x" };
    for (const records of [[], [txt]]) {
      const { servers: answers } = await look(records);
      assert.deepEqual(
        answers.map(({ a, aaaa, error }) => ({ a, aaaa, error })),
        [{ a: [], aaaa: [], error: undefined }],
      );
    }
  });

  it("follows an alias", async () => {
    const alias: Answer = { name: NAME, type: "CNAME", ttl: 60, data: "host.example.org" };
    const { servers: answers } = await look([alias, { ...A, name: "host.example.org" }]);
    assert.deepEqual(answers[0]?.a, ["203.0.113.10"]);
  });

  it("finds the CAA records nearest above the name", async () => {
    const caa = (name: string, value: string): Answer => ({
      name,
      type: "CAA",
      ttl: 60,
      data: { flags: 0, tag: "issue", value },
    });
    const found = await look([A, caa("example.org", "digicert.com")]);
    assert.deepEqual(found.caa, { at: "example.org", issue: ["digicert.com"] });
    const nearer = await look([
      A,
      caa("example.org", "digicert.com"),
      caa(NAME, "letsencrypt.org"),
    ]);
    assert.deepEqual(nearer.caa, { at: NAME, issue: ["letsencrypt.org"] });
  });

  it("is not held up by CAA records that name nobody", async () => {
    const iodef: Answer = {
      name: NAME,
      type: "CAA",
      ttl: 60,
      data: { flags: 0, tag: "iodef", value: "mailto:it@example.org" },
    };
    assert.equal((await look([A, iodef])).caa, undefined);
  });

  it("says why a server gives no answer", async () => {
    const { servers: answers } = await look([A], [NAME]);
    assert.equal(answers[0]?.error, "EREFUSED");
  });

  it("says that nobody listens", async () => {
    const server = new NameServer([]);
    const address = await server.open();
    server.close();
    const { servers: answers } = await lookUpName(NAME, [address]);
    assert.equal(answers[0]?.error, "ECONNREFUSED");
  });

  describe("without name servers that are told", () => {
    const NS = "ns1.dns-firm.test";
    const ZONE: Answer[] = [
      { name: "example.org", type: "NS", ttl: 60, data: NS },
      { name: NS, type: "A", ttl: 60, data: "127.0.0.1" },
    ];
    async function lookFromRoot(records: Answer[]) {
      const server = new NameServer(records);
      servers.push(server);
      const address = await server.open();
      const root = { resolvers: [address], port: Number(address.split(":")[1]) };
      return lookUpName(NAME, [], root);
    }

    it("asks those of the zone, whose names it tells", async () => {
      const { servers: answers } = await lookFromRoot([...ZONE, A]);
      assert.deepEqual(answers, [{ server: NS, a: ["203.0.113.10"], aaaa: [] }]);
    });

    it("finds CAA records up to the zone", async () => {
      const caa: Answer = {
        name: "example.org",
        type: "CAA",
        ttl: 60,
        data: { flags: 0, tag: "issue", value: "digicert.com" },
      };
      const found = await lookFromRoot([...ZONE, A, caa]);
      assert.deepEqual(found.caa, { at: "example.org", issue: ["digicert.com"] });
    });

    it("says that a zone's servers are not known", async () => {
      assert.match((await lookFromRoot([])).error ?? "", /no name server is known/);
      const [zone] = ZONE;
      assert.ok(zone);
      assert.match((await lookFromRoot([zone])).error ?? "", /no name server is known/);
    });
  });
});
