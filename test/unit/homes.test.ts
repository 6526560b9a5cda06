import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { homeMiB, HOME_GIB, readHomeGiB } from "../../components/homeLimit";

const PROGRAMS = path.join(__dirname, "../../scripts/server/class");
const MIB = 1024 * 1024;

describe("homes: how large one may get", () => {
  const people = { participants: 20, spareAccounts: 3 };

  it("is twice the equal share of the data volume, in steps of 64 MiB", () => {
    // 2 × 0.95 × 40 GiB / 23
    assert.equal(homeMiB({ dataGiB: 40, ...people }), 3328);
  });

  it("is at most half of the volume, and at least 256 MiB", () => {
    assert.equal(homeMiB({ dataGiB: 40, participants: 1, spareAccounts: 0 }), 19_456);
    assert.equal(homeMiB({ dataGiB: 1, ...people }), 256);
    fc.assert(
      fc.property(
        fc.nat(1000),
        fc.nat(100),
        fc.integer({ min: 1, max: 16_384 }),
        (one, two, gib) => {
          const most = homeMiB({ dataGiB: gib, participants: one, spareAccounts: two });
          assert.ok(most >= 256 && most <= Math.max(256, gib * 512));
        },
      ),
    );
  });

  it("is what is configured, or nothing", () => {
    assert.equal(homeMiB({ dataGiB: 40, ...people, homeGiB: 2.5 }), 2560);
    assert.equal(homeMiB({ dataGiB: 40, ...people, homeGiB: "none" }), 0);
    assert.equal(readHomeGiB("2.5"), 2.5);
    assert.equal(readHomeGiB("none"), "none");
    assert.equal(readHomeGiB(undefined), undefined);
    for (const bad of ["-1", "2,5", "1e3", "all", " "]) assert.ok(!HOME_GIB.test(bad), bad);
  });
});

describe("homes: the program that keeps the limit", () => {
  let folder = "";
  before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "homes-"))));
  after(() => fs.rmSync(folder, { recursive: true }));

  function python(code: string): unknown {
    const lines = [
      "import json, sys",
      `sys.path.insert(0, ${JSON.stringify(PROGRAMS)})`,
      "import homes",
    ];
    const printed = execFileSync("python3", ["-I", "-B", "-c", [...lines, code].join("\n")], {
      encoding: "utf8",
    });
    return JSON.parse(printed);
  }

  it("measures what is on the disk: a file of two names once, and links not at all", () => {
    fs.mkdirSync(path.join(folder, "a/deep"), { recursive: true });
    fs.writeFileSync(path.join(folder, "a/deep/large"), Buffer.alloc(3 * MIB, 1));
    fs.linkSync(path.join(folder, "a/deep/large"), path.join(folder, "same"));
    fs.symlinkSync("/usr", path.join(folder, "elsewhere"));
    fs.truncateSync(path.join(folder, "a/deep/large"), 3 * MIB);
    fs.closeSync(fs.openSync(path.join(folder, "sparse"), "w"));
    fs.truncateSync(path.join(folder, "sparse"), 100 * MIB);
    const [bytes, largest] = python(
      `print(json.dumps(homes.measure([${JSON.stringify(folder)}])))`,
    ) as [number, [number, string][]];
    assert.ok(bytes >= 3 * MIB && bytes < 4 * MIB, String(bytes));
    assert.ok(largest[0]?.[1].endsWith("large") || largest[0]?.[1].endsWith("same"));
  });

  it("measures again only when somebody could be beyond the limit", () => {
    const found = python(`
guard = homes.Guard({"bytes": 1000, "small": 100, "seconds": 1})
told = [guard.is_due()]
guard.measured, guard.on_disks, guard.used = homes.time.monotonic(), 5000, {"/home/jupyter-ana": 700}
for now in (5000, 4000, 5300, 5301):
    guard.disks = lambda: now
    told.append(guard.is_due())
guard.held = {"/home/jupyter-ana"}
guard.disks = lambda: 5000
told.append(guard.is_due())
print(json.dumps(told))`);
    assert.deepEqual(found, [true, false, false, false, true, true]);
  });

  it("says what is the matter, and what to delete", () => {
    const text = python(
      `print(json.dumps(homes.note_text(5 << 30, 4 << 30, 16 << 20, [(3 << 30, "/home/jupyter-ana/a.nc")])))`,
    ) as string;
    assert.match(text, /^Your folder has 5\.00 GiB, and may have 4\.00 GiB\./);
    assert.match(text, /files of more than 16 MiB cannot be written/);
    assert.match(text, /3\.00 GiB {2}\/home\/jupyter-ana\/a\.nc/);
  });
});
