import { strict as assert } from "node:assert";
import fc from "fast-check";
import { UNKNOWN } from "../../../rehearsal/plugins/base";
import {
  changesOf,
  checkArguments,
  liveInputs,
  type Arguments,
} from "../../../rehearsal/plugins/aws/schema";

const table: Arguments = {
  size: { required: true },
  zone: { replaces: true, computed: true },
  kind: { default: "plain" },
  groups: { set: true, computed: true },
  disk: {
    computed: true,
    fields: { gib: { computed: true }, encrypted: { replaces: true, computed: true }, tags: {} },
  },
  tags: {},
  note: {},
};

describe("AWS stand-in: arguments", () => {
  it("fills in defaults", () => {
    const { inputs, failures } = checkArguments("aws.x.Y", table, { size: 1 });
    assert.deepEqual(inputs, { size: 1, kind: "plain" });
    assert.deepEqual(failures, []);
  });

  it("reports every missing and every unknown argument at once, and what it knows", () => {
    const { failures } = checkArguments("aws.x.Y", table, { sise: 1, disk: { gb: 3 } });
    assert.deepEqual(
      failures.map((failure) => failure.property),
      ["sise", "disk.gb", "size"],
    );
    assert.match(
      failures[0]?.reason ?? "",
      /doesn't imitate the argument "sise" of aws\.x\.Y.*size/,
    );
    assert.match(failures[2]?.reason ?? "", /Missing required argument/);
  });

  it("takes an unknown value for any argument", () => {
    const strict: Arguments = { size: { required: true, refuse: () => "never" } };
    assert.deepEqual(checkArguments("t", strict, { size: UNKNOWN }).failures, []);
    assert.equal(checkArguments("t", strict, { size: 3 }).failures.length, 1);
  });
});

describe("AWS stand-in: what a change means", () => {
  const changes = (olds: object, news: object, state: object = {}) =>
    changesOf(table, { ...olds }, { ...news }, { ...state });

  it("no change where nothing differs, whatever the values", () => {
    const values = fc.record({
      size: fc.nat(),
      note: fc.string(),
      groups: fc.array(fc.string()),
      tags: fc.dictionary(fc.string(), fc.string()),
    });
    fc.assert(
      fc.property(values, (inputs) => changes(inputs, structuredClone(inputs)).length === 0),
    );
  });

  it("the order of a set is no change", () => {
    assert.deepEqual(changes({ groups: ["a", "b"] }, { groups: ["b", "a"] }), []);
    assert.equal(changes({ groups: ["a", "b"] }, { groups: ["a"] })[0]?.path, "groups");
  });

  it("names each changed field of a block and which of them replaces", () => {
    const found = changes(
      { disk: { gib: 8, encrypted: false, tags: { a: "1" } } },
      { disk: { gib: 9, encrypted: true, tags: { a: "2", b: "3" } } },
    );
    assert.deepEqual(
      found.map(({ path, kind, replace }) => [path, kind, replace]),
      [
        ["disk.gib", "update", false],
        ["disk.encrypted", "update", true],
        ["disk.tags.a", "update", false],
        ["disk.tags.b", "add", false],
      ],
    );
  });

  it("leaving out what AWS would have chosen anyway changes nothing", () => {
    assert.deepEqual(changes({ zone: "a", disk: { gib: 8 } }, {}), []);
    assert.equal(changes({ note: "x" }, {})[0]?.kind, "delete");
  });

  it("a value given for the first time is compared with the one AWS chose", () => {
    assert.deepEqual(changes({}, { zone: "a" }, { zone: "a" }), []);
    assert.equal(changes({}, { zone: "b" }, { zone: "a" })[0]?.replace, true);
    assert.deepEqual(changes({}, { disk: { gib: 8 } }, { disk: { gib: 8, id: "vol-1" } }), []);
    assert.equal(changes({}, { disk: { gib: 9 } }, { disk: { gib: 8 } })[0]?.path, "disk.gib");
  });

  it("an unknown new value is a change, and replaces where a change would", () => {
    assert.equal(changes({ size: 1 }, { size: UNKNOWN })[0]?.replace, false);
    assert.equal(changes({ zone: "a" }, { zone: UNKNOWN })[0]?.replace, true);
  });
});

describe("AWS stand-in: drift", () => {
  it("shows nothing when AWS agrees, keeping the spelling of the program", () => {
    const olds = { size: 1, kind: "plain", groups: ["b", "a"], disk: { gib: 8 } };
    const live = {
      size: 1,
      kind: "plain",
      zone: "z",
      groups: ["a", "b"],
      disk: { gib: 8, id: "v" },
    };
    assert.deepEqual(liveInputs(table, olds, live), olds);
  });

  it("shows a changed, a removed and an added value", () => {
    const olds = { size: 1, kind: "plain", note: "x", disk: { gib: 8 } };
    const live = { size: 2, kind: "plain", note: null, disk: { gib: 9 }, tags: { new: "tag" } };
    assert.deepEqual(liveInputs(table, olds, live), {
      size: 2,
      kind: "plain",
      disk: { gib: 9 },
      tags: { new: "tag" },
    });
  });

  it("keeps what AWS can't tell", () => {
    assert.deepEqual(liveInputs(table, { note: "x" }, {}), { note: "x" });
  });

  it("an import takes every argument that has a value, and only arguments", () => {
    const live = { size: 1, zone: "z", note: "", arn: "arn:…", disk: { gib: 8, id: "vol-1" } };
    assert.deepEqual(liveInputs(table, {}, live), { size: 1, zone: "z", disk: { gib: 8 } });
  });
});
