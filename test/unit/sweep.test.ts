import assert from "node:assert/strict";
import { isUncertain, orphansText, strangers } from "../../components/orphans";
import type { Prices } from "../../scripts/prices";
import { parseSweepArguments } from "../../scripts/sweepArguments";
import { isClean, leftOver, sweptText, type Swept } from "../../scripts/sweepText";
import {
  costOf,
  idsIn,
  orphansOf,
  ownerOf,
  routeIn,
  type Seen,
  type Thing,
  withImages,
} from "../../components/taggedThings";

const PRICES: Prices = {
  region: "ap-south-1",
  instanceType: "t3.xlarge",
  instanceHour: 0.2,
  gp3GiBMonth: 0.1,
  snapshotGiBMonth: 0.05,
  ipv4Hour: 0.005,
  source: "a table",
};
const DISK: Seen = {
  region: "ap-south-1",
  kind: "volume",
  id: "vol-0123456789abcdef0",
  stack: "osh",
  name: "osh-data",
  what: "40 GiB, available",
  gib: 40,
  kin: [],
};
const thing = (more: Partial<Thing> = {}): Thing => ({
  ...DISK,
  isPaid: true,
  monthly: 4,
  owner: "",
  ...more,
});
const SWEPT: Swept = {
  things: [],
  looked: ["ap-south-1", "eu-central-1"],
  refused: [],
  failed: [],
  unread: [],
  backend: "file:///state",
  prices: "",
};

describe("what npm run sweep is asked for", () => {
  const asked = (words: string) => parseSweepArguments(words.split(" ").filter((it) => it !== ""));

  it("is every workshop, unless a stack is named; then the stack's, unless all are", () => {
    assert.deepEqual(asked(""), { all: true, remove: false, backups: false, json: false });
    assert.deepEqual(asked("-s osh").all, false);
    assert.deepEqual(asked("--stack osh --all").all, true);
  });

  it("removes backups only together with the rest, and asks a person", () => {
    assert.throws(() => asked("--backups"), /listed in any case[^]*--remove --backups/);
    assert.throws(() => asked("--remove --json"), /asks first/);
    assert.equal(asked("--remove --backups").backups, true);
  });

  it("is nothing else", () => {
    assert.throws(() => asked("osh"), /words too many\n +received: osh/);
    assert.throws(
      () => asked("--removed"),
      /--removed cannot be used so[^]*npm run sweep -- --remove/,
    );
  });
});

describe("what is left in AWS", () => {
  const cost = (more: Partial<Seen>) => costOf({ ...DISK, ...more }, PRICES, 730);

  it("costs by its kind: what runs by the hour, storage by the GiB", () => {
    assert.deepEqual(cost({}), { isPaid: true, monthly: 4 });
    assert.deepEqual(cost({ kind: "snapshot" }), { isPaid: true, monthly: 2 });
    assert.deepEqual(cost({ kind: "address" }), { isPaid: true, monthly: 3.65 });
    assert.deepEqual(cost({ kind: "instance", runningType: "t3.xlarge" }), {
      isPaid: true,
      monthly: 146,
    });
  });

  it("costs nothing when it is stopped, a network or an image", () => {
    for (const kind of ["instance", "image", "vpc", "security group", "key pair"] as const) {
      assert.deepEqual(cost({ kind }), { isPaid: false, monthly: 0 }, kind);
    }
  });

  it("costs something, though nobody tells how much", () => {
    const silent = { ...PRICES, gp3GiBMonth: undefined };
    assert.deepEqual(costOf(DISK, silent, 730), { isPaid: true });
    const swept = { ...SWEPT, things: [{ ...DISK, isPaid: true, owner: "" }] };
    assert.match(
      sweptText(swept),
      /unknown\n[^]*0\.00 USD a month, and 1 whose price is not known/,
    );
    assert.equal(isClean(swept), false);
  });

  it("belongs to the stack that started from an image of it", () => {
    const snapshot: Seen = { ...DISK, kind: "snapshot", id: "snap-0123456789abcdef0" };
    const image: Seen = { ...DISK, kind: "image", id: "ami-0123456789abcdef0", kin: [snapshot.id] };
    const owners = new Map([["osh", idsIn(`{"ami":"${image.id}"}`)]]);
    const seen = withImages([image, snapshot, { ...snapshot, id: "snap-00000000000000001" }]);
    assert.deepEqual(
      seen.map((one) => ownerOf(one, owners)),
      ["osh", "osh", ""],
    );
  });

  it("belongs to the stack whose state has its id, its key's name, or its machine", () => {
    const state = `{"id":"i-0123456789abcdef0","keyName":"osh-key-pair-1a2b3c4","x":"vol-00000000000000001"}`;
    const owners = new Map([["osh", idsIn(state)]]);
    const owner = (more: Partial<Seen>) => ownerOf({ ...DISK, ...more }, owners);
    assert.equal(owner({}), "");
    assert.equal(owner({ id: "vol-00000000000000001" }), "osh");
    assert.equal(owner({ kin: ["i-0123456789abcdef0"] }), "osh");
    assert.equal(owner({ kind: "key pair", id: "key-1", kin: ["osh-key-pair-1a2b3c4"] }), "osh");
    // A name is not enough: a killed `up` leaves things with the stack's tag.
    assert.equal(owner({ stack: "osh", id: "vol-00000000000000002" }), "");
  });

  it("is removed in an order in which AWS lets go of it, without backups unless they are meant", () => {
    const kinds = ["vpc", "snapshot", "volume", "internet gateway", "instance", "image"] as const;
    const things = [...kinds.map((kind) => thing({ kind })), thing({ owner: "osh" })];
    const order = (withBackups: boolean) => orphansOf(things, withBackups).map(({ kind }) => kind);
    assert.deepEqual(order(false), ["instance", "volume", "internet gateway", "vpc"]);
    assert.deepEqual(order(true), [
      "instance",
      "image",
      "snapshot",
      "volume",
      "internet gateway",
      "vpc",
    ]);
  });
});

describe("what a killed up leaves", () => {
  const machine: Seen = {
    ...DISK,
    kind: "instance",
    id: "i-0123456789abcdef0",
    what: "t3.xlarge, running",
    kin: [],
  };

  it("is what the state has neither by its id nor by its machine's", () => {
    const root: Seen = { ...DISK, id: "vol-1", kin: [machine.id] };
    assert.deepEqual(strangers([machine, root, DISK], new Set([machine.id])), [DISK]);
    assert.deepEqual(strangers([machine, root], new Set()), [machine, root]);
  });

  it("is a rule or a route of what the state has; those of what is left itself go with it", () => {
    const group: Seen = { ...DISK, kind: "security group", id: "sg-0123456789abcdef0" };
    const rule = (id: string): Seen => ({
      ...DISK,
      kind: "security group rule",
      id,
      partOf: group.id,
    });
    const table = "rtb-0123456789abcdef0";
    const route: Seen = {
      ...DISK,
      kind: "route",
      id: `${table}_0.0.0.0/0`,
      kin: [routeIn(table)],
      partOf: table,
    };
    const [known, strange] = [rule("sgr-00000000000000001"), rule("sgr-00000000000000002")];
    const state = (...ids: string[]) => idsIn(JSON.stringify(ids));
    const seen = [group, known, strange, route];
    assert.deepEqual(strangers(seen, state(group.id, known.id, table)), [strange, route]);
    // As the provider names it: the checksum of its destination follows.
    assert.deepEqual(strangers([route], state(`r-${table}1080289494`)), []);
    assert.deepEqual(strangers(seen, state(table, `r-${table}1080289494`)), [group]);
  });

  it("may be anything where an `up` has not heard what became of what it made", () => {
    const state = (...types: string[]) =>
      JSON.stringify({ deployment: { pending_operations: types.map((type) => ({ type })) } });
    assert.equal(isUncertain(state("updating", "creating")), true);
    assert.equal(isUncertain(state("updating")), false);
    assert.equal(isUncertain(`{"deployment":{}}`), false);
  });

  it("is told with its price and what removes it", () => {
    const text = orphansText(
      [
        { ...machine, isPaid: true, monthly: 146 },
        { ...DISK, isPaid: true },
        { ...machine, id: "i-1", what: "t3.xlarge, stopped", isPaid: false, monthly: 0 },
      ],
      "osh",
    );
    assert.match(
      text,
      /i-0123456789abcdef0 \(instance, t3\.xlarge, running\): 146\.00 USD a month/,
    );
    assert.match(
      text,
      /vol-0123456789abcdef0 \(volume, 40 GiB, available\): costs what nobody tells/,
    );
    assert.match(text, /i-1 \(instance, t3\.xlarge, stopped\): costs nothing while it is stopped/);
    assert.match(
      text,
      /mend: +npm run sweep -- --stack osh --remove[^]*--clear-pending-creates[^]*pulumi up/,
    );
  });
});

describe("what npm run sweep says", () => {
  it("is clean when nothing is there, or all of it is a stack's", () => {
    assert.equal(isClean(SWEPT), true);
    assert.match(sweptText(SWEPT), /^Nothing is left over .* in 2 regions\.$/);
    const owned = { ...SWEPT, things: [thing({ owner: "osh" })] };
    assert.equal(isClean(owned), true);
    assert.match(sweptText(owned), /^Stack osh has 1 thing in ap-south-1: 4\.00 USD a month\./m);
  });

  it("names what costs and nobody owns, with the sum, and what removes it", () => {
    const swept = { ...SWEPT, things: [thing(), thing({ kind: "snapshot", monthly: 2 })] };
    assert.equal(isClean(swept), false);
    const text = sweptText(swept);
    assert.match(
      text,
      /^ap-south-1 +volume +vol-0123456789abcdef0 +osh +40 GiB, available +4\.00 USD$/m,
    );
    assert.match(text, /2 things that no stack here owns: 6\.00 USD a month\..*--remove$/m);
    assert.match(text, /elsewhere than file:\/\/\/state is not known/);
    assert.match(text, /1 thing may be backups/);
  });

  it("is clean with what costs nothing, and names it all the same", () => {
    const swept = { ...SWEPT, things: [thing({ kind: "vpc", isPaid: false, monthly: 0 })] };
    assert.equal(isClean(swept), true);
    assert.equal(leftOver(swept).length, 1);
    assert.match(sweptText(swept), /vpc +vol-0123456789abcdef0 .* nothing$/m);
  });

  it("says where the user may not look, and is not clean where AWS did not answer", () => {
    const refused = { ...SWEPT, refused: ["us-east-1", "us-west-2"] };
    assert.equal(isClean(refused), true);
    assert.match(
      sweptText(refused),
      /not look into 2 regions: us-east-1, us-west-2\. .*--profile admin/,
    );
    const failed = { ...SWEPT, failed: [{ region: "sa-east-1", why: "no answer within 30 s" }] };
    assert.equal(isClean(failed), false);
    assert.match(sweptText(failed), /^sa-east-1 did not answer: no answer within 30 s$/m);
  });
});
