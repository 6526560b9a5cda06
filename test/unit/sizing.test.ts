import assert from "node:assert/strict";
import fc from "fast-check";
import { formatProblem } from "../../components/text";
import {
  holds,
  LADDER_TYPES,
  LEAST_LIMIT_GIB,
  memoryLimit,
  nonsense,
  shortages,
  sizeText,
  smallestFor,
} from "../../components/sizing";

const XLARGE = { instanceType: "t3.xlarge", vcpus: 4, memoryGiB: 16 };
const LARGE = { instanceType: "t3.large", vcpus: 2, memoryGiB: 8 };
const DEFAULTS = { participants: 20, diskGiB: 20, dataGiB: 40 };

describe("how many participants a machine holds", () => {
  it("is the guide's 20 on its t3.xlarge, and none on a machine for itself alone", () => {
    const cases: [gib: number, participants: number][] = [
      [0.5, 0],
      [1, 0],
      [2, 0],
      [4, 3],
      [8, 9],
      [16, 20],
      [32, 43],
      [64, 89],
    ];
    for (const [gib, participants] of cases) assert.equal(holds(gib), participants, `${gib} GiB`);
  });

  it("is what the smallest type is chosen by, among those that the region has", () => {
    const cases: [participants: number, type: string | undefined][] = [
      [0, "t3.small"],
      [1, "t3.medium"],
      [5, "t3.large"],
      [20, "t3.xlarge"],
      [21, "t3.2xlarge"],
      [89, "m5.4xlarge"],
      [500, "m5.24xlarge"],
      [10_000, undefined],
    ];
    for (const [participants, type] of cases) {
      assert.equal(smallestFor(participants, LADDER_TYPES), type, `${participants}`);
    }
    assert.equal(smallestFor(20, ["t3.large", "t3.2xlarge"]), "t3.2xlarge");
    assert.equal(smallestFor(20, []), undefined);
  });
});

describe("the limit of a participant's memory", () => {
  it("is twice the fair share in quarters, at most half of the machine", () => {
    const cases: [gib: number, participants: number, limit: number][] = [
      [16, 20, 1.25],
      [16, 29, 1],
      [16, 3, 8],
      [16, 0, 8],
      [8, 9, 1.25],
      [4, 3, 1.5],
      [32, 43, 1.25],
    ];
    for (const [gib, participants, limit] of cases) {
      assert.equal(memoryLimit(gib, participants).gib, limit, `${participants} on ${gib} GiB`);
    }
  });

  it("is what is configured, if it is, and says where it comes from", () => {
    assert.deepEqual(memoryLimit(16, 20, 3), { gib: 3, formula: "memoryGiB" });
    assert.equal(
      memoryLimit(16, 20).formula,
      "min(2 × (16 − 1.5) / 20, 16 / 2), in quarters, at least 0.5",
    );
  });

  it("is never below what a kernel needs, nor above half of a machine that has that", () => {
    const memory = fc.integer({ min: 4, max: 4096 }).map((quarters) => quarters / 4);
    fc.assert(
      fc.property(memory, fc.integer({ min: 0, max: 500 }), (gib, participants) => {
        const limit = memoryLimit(gib, participants).gib;
        assert.ok(limit >= LEAST_LIMIT_GIB && limit * 4 === Math.round(limit * 4));
        assert.ok(limit <= Math.max(LEAST_LIMIT_GIB, gib / 2));
        if (participants > 0) assert.ok(limit >= memoryLimit(gib, participants + 1).gib);
      }),
    );
  });
});

describe("the line about size", () => {
  const line = (machine = XLARGE, wanted = {}) => {
    const all = { ...DEFAULTS, ...wanted };
    const smallest = smallestFor(all.participants, LADDER_TYPES);
    return sizeText(machine, all, memoryLimit(machine.memoryGiB, all.participants), smallest);
  };

  it("is one, and finds nothing wrong with a stack's own defaults", () => {
    assert.equal(
      line(),
      "Size: t3.xlarge (4 vCPU, 16 GiB) holds about 20 participants of 0.7 GiB, and 20 are configured. The smallest type that would do is t3.xlarge. Each has at most 1.25 GiB of memory (min(2 × (16 − 1.5) / 20, 16 / 2), in quarters, at least 0.5) and a share of 2.0 GiB of the data volume",
    );
    assert.deepEqual(shortages(XLARGE, DEFAULTS, "t3.xlarge"), []);
  });

  it("names the command that mends a machine that is too small", () => {
    const text = line(LARGE);
    assert.match(
      text,
      /holds about 9 participants .* 20 are configured\. The smallest .* t3\.xlarge/,
    );
    assert.match(text, /To mend it: pulumi config set instanceType t3\.xlarge/);
    assert.match(line(LARGE, { participants: 9_999 }), /No type that is looked at holds so many/);
  });

  it("and those for disks that are too small", () => {
    assert.match(line(XLARGE, { dataGiB: 4 }), /pulumi config set dataGiB 5/);
    assert.match(line(XLARGE, { diskGiB: 10 }), /pulumi config set diskGiB 20/);
    assert.equal(shortages(XLARGE, { ...DEFAULTS, dataGiB: 5, diskGiB: 12 }, "").length, 0);
  });

  it("survives a stack without participants", () => {
    assert.match(line(XLARGE, { participants: 0 }), /0 are configured.* share of 40\.0 GiB/);
  });
});

describe("what no machine of a type can give", () => {
  it("is refused, each with its command", () => {
    const problems = nonsense(LARGE, { ...DEFAULTS, memoryGiB: 9, cpus: 4 }).map(formatProblem);
    assert.equal(problems.length, 2);
    assert.match(problems[0] ?? "", /received: 9; t3\.large has 8\n.*\n.*config rm memoryGiB/);
    assert.match(problems[1] ?? "", /received: 4; t3\.large has 2\n.*\n.*config rm cpus/);
    assert.deepEqual(nonsense(LARGE, { ...DEFAULTS, memoryGiB: 8, cpus: 2 }), []);
  });
});
