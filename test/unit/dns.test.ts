import { strict as assert } from "node:assert";
import { createSocket } from "node:dgram";
import { Resolver } from "node:dns/promises";
import * as packet from "dns-packet";
import { freePort } from "../../rehearsal/cloud/ports";
import { ByHand } from "../../rehearsal/dns/byHand";
import { answer, type RecordSet, type Zone } from "../../rehearsal/dns/records";
import { Dns } from "../../rehearsal/dns/server";

const record = (name: string, type: string, ...values: string[]): RecordSet => ({
  name,
  type,
  ttl: 300,
  values,
});

const WORKSHOP: Zone = {
  name: "workshop.test",
  records: [
    record(
      "workshop.test",
      "SOA",
      "ns-1.example.net. hostmaster.example.net. 1 7200 900 1209600 86400",
    ),
    record("workshop.test", "NS", "ns-1.example.net.", "ns-2.example.net."),
    record("hub.workshop.test", "A", "127.1.2.3", "127.1.2.4"),
    record("hub.workshop.test", "CAA", '0 issue "letsencrypt.org"'),
    record("www.workshop.test", "CNAME", "Hub.workshop.test."),
    record("one.workshop.test", "CNAME", "two.workshop.test."),
    record("two.workshop.test", "CNAME", "one.workshop.test."),
    record("a.deep.workshop.test", "TXT", '"half" "other \\"half\\""'),
  ],
};

describe("the rehearsal's DNS", () => {
  const ask = (name: string, type: string, zones: readonly Zone[] = [WORKSHOP]) => {
    const { answers = [], authorities = [], missing } = answer(zones, name, type);
    return {
      data: answers.map((one) => (one as packet.StringAnswer).data as unknown),
      start: authorities.map(({ name: zone, type: kind }) => `${zone} ${kind}`),
      missing,
    };
  };

  const FOUND: [name: string, type: string, data: unknown[]][] = [
    ["hub.workshop.test", "A", ["127.1.2.3", "127.1.2.4"]],
    ["HUB.Workshop.test.", "A", ["127.1.2.3", "127.1.2.4"]],
    ["hub.workshop.test", "CAA", [{ flags: 0, tag: "issue", value: "letsencrypt.org" }]],
    ["workshop.test", "NS", ["ns-1.example.net", "ns-2.example.net"]],
    ["a.deep.workshop.test", "TXT", [["half", 'other "half"']]],
    ["www.workshop.test", "CNAME", ["hub.workshop.test"]],
    ["www.workshop.test", "A", ["hub.workshop.test", "127.1.2.3", "127.1.2.4"]],
  ];
  for (const [name, type, data] of FOUND) {
    it(`tells ${name} ${type}`, () => {
      assert.deepEqual(ask(name, type), { data, start: [], missing: false });
    });
  }

  const NOT_FOUND: [name: string, type: string, start: string, missing: boolean][] = [
    ["hub.workshop.test", "AAAA", "workshop.test SOA", false],
    ["deep.workshop.test", "A", "workshop.test SOA", false],
    ["gone.workshop.test", "A", "workshop.test SOA", true],
    ["notworkshop.test", "A", " SOA", true],
  ];
  for (const [name, type, start, missing] of NOT_FOUND) {
    it(`tells that ${missing ? `there is no ${name}` : `${name} has no ${type}`}`, () => {
      assert.deepEqual(ask(name, type), { data: [], start: [start], missing });
    });
  }

  it("follows a chain of aliases, and ends in a circle of them", () => {
    assert.equal(ask("www.workshop.test", "AAAA").missing, false);
    assert.ok(ask("one.workshop.test", "A").data.length > 1);
  });

  describe("records set by hand", () => {
    const over = (change: (hand: ByHand) => void) => {
      const hand = new ByHand();
      change(hand);
      return (name: string, type: string) => ask(name, type, hand.over([WORKSHOP]));
    };
    const [name, type] = ["hub.workshop.test", "A"];

    it("stand in place of Route 53's of that name and type", () => {
      const now = over((hand) =>
        hand.set({ name: "Hub.workshop.test.", type, values: ["127.9.9.9"] }),
      );
      assert.deepEqual(now(name, type).data, ["127.9.9.9"]);
      assert.equal(now(name, "CAA").data.length, 1);
    });

    it("need no zone", () => {
      const now = over((hand) =>
        hand.set({ name: "hub.example.org", type, values: ["127.9.9.9"] }),
      );
      assert.deepEqual(now("hub.example.org", type).data, ["127.9.9.9"]);
    });

    it("can be taken back, alone or all", () => {
      const set = (hand: ByHand): void => hand.set({ name, type, values: ["127.9.9.9"] });
      for (const back of [
        (hand: ByHand) => hand.remove({ name, type }),
        (hand: ByHand) => hand.remove({ name }),
        (hand: ByHand) => hand.clear(),
      ]) {
        const now = over((hand) => {
          set(hand);
          back(hand);
        });
        assert.deepEqual(now(name, type).data, ["127.1.2.3", "127.1.2.4"]);
      }
    });

    it("can hide a name, or one type of it, and show it again", () => {
      assert.deepEqual(over((hand) => hand.hide({ name }))(name, type).missing, true);
      const withoutType = over((hand) => hand.hide({ name, type }));
      assert.deepEqual(
        [withoutType(name, type).data, withoutType(name, type).missing],
        [[], false],
      );
      const again = over((hand) => {
        hand.hide({ name });
        hand.remove({ name });
      });
      assert.equal(again(name, type).missing, false);
    });
  });

  describe("over UDP", () => {
    const log: string[] = [];
    let broken = false;
    let port: number;
    let dns: Dns;
    before(async () => {
      port = await freePort();
      const zones = async () => {
        if (broken) throw new Error("moto is away");
        return [WORKSHOP];
      };
      dns = await Dns.open(port, zones, (line) => void log.push(line));
    });
    after(() => dns.close());

    const resolver = () => {
      const made = new Resolver({ timeout: 2_000, tries: 1 });
      made.setServers([`127.0.0.1:${port}`]);
      return made;
    };

    it("answers a resolver, with authority", async () => {
      assert.deepEqual(await resolver().resolve4("hub.workshop.test"), ["127.1.2.3", "127.1.2.4"]);
      await assert.rejects(resolver().resolve6("hub.workshop.test"), { code: "ENODATA" });
      await assert.rejects(resolver().resolve4("gone.workshop.test"), { code: "ENOTFOUND" });
      const socket = createSocket("udp4");
      const reply = new Promise<packet.DecodedPacket>((resolve) =>
        socket.on("message", (message) => resolve(packet.decode(message))),
      );
      const questions: packet.Question[] = [{ name: "hub.workshop.test", type: "A" }];
      socket.send("no question at all", port, "127.0.0.1");
      socket.send(packet.encode({ type: "query", id: 7, questions }), port, "127.0.0.1");
      const { id, flag_aa, answers } = await reply;
      socket.close();
      assert.deepEqual([id, flag_aa, answers?.length], [7, true, 2]);
    });

    it("says that it is at fault when it cannot look", async () => {
      broken = true;
      await assert.rejects(resolver().resolve4("hub.workshop.test"), { code: "ESERVFAIL" });
      broken = false;
      assert.match(log.join("\n"), /moto is away/);
    });

    it("knows no other actions", () => {
      assert.throws(() => dns.control("break", {}), /no action break/);
      assert.throws(
        () => dns.control("set", { name: "x", type: "A", values: [] }),
        /has type and values/,
      );
    });
  });
});
