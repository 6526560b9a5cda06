/** `npm run backup`: its words, and which backups are removed. */
import assert from "node:assert/strict";
import { parseBackupArguments } from "../../scripts/backupArguments";
import { toRemove, type Backup } from "../../scripts/backupSnapshots";
import { backupsText } from "../../scripts/backupText";

const NOW = "2026-12-31T12:00:00.000Z";
const backup = (id: string, at: string, state = "completed"): Backup => ({
  id,
  at: `${at}T12:00:00.000Z`,
  state,
  progress: state === "completed" ? 100 : 40,
  sizeGiB: 40,
});
const OLD = backup("snap-00000001", "2026-11-01");
const MIDDLE = backup("snap-00000002", "2026-11-25");
const NEW = backup("snap-00000003", "2026-12-30");
const ALL = [NEW, MIDDLE, OLD];

describe("what npm run backup is asked", () => {
  it("is to make, list or remove", () => {
    assert.deepEqual(parseBackupArguments(["-s", "w", "--copy-to", "eu-central-1"]), {
      stack: "w",
      do: "make",
      copyTo: "eu-central-1",
    });
    assert.deepEqual(parseBackupArguments(["list", "--json"]), { do: "list", json: true });
    assert.deepEqual(parseBackupArguments(["remove", "--older-than", "8w"]), {
      do: "remove",
      which: { olderThanHours: 8 * 7 * 24 },
      evenLast: false,
    });
    assert.deepEqual(parseBackupArguments(["remove", "snap-0123abcd", "--even-last"]), {
      do: "remove",
      which: { id: "snap-0123abcd" },
      evenLast: true,
    });
  });

  for (const [words, error] of [
    [["lst"], /does not know the word lst[^]*backup -- list/],
    [["remove"], /Which backups is not said[^]*--older-than 30d/],
    [["remove", "snap-0123abcd", "--older-than", "3d"], /Which backups is not said, or twice/],
    [["remove", "--older-than", "3 days"], /--older-than is no time/],
    [["remove", "vol-0123abcd"], /no id of a snapshot/],
    [["list", "--even-last"], /--even-last belongs to remove/],
    [["list", "--copy-to", "eu-central-1"], /--copy-to belongs to making a backup/],
    [["--copy-to", "Frankfurt"], /--copy-to is no region/],
    [["list", "all"], /words too many/],
    [["--olderthan=3d"], /--older-than/],
  ] as const) {
    it(`is refused as \`${words.join(" ")}\``, () => {
      assert.throws(() => parseBackupArguments(words), error);
    });
  }
});

describe("removing backups", () => {
  const ids = (hours: number, evenLast = false, all = ALL) => {
    const { removed, kept } = toRemove(all, { olderThanHours: hours }, NOW, evenLast);
    return [removed.map(({ id }) => id.slice(-1)).join(""), kept?.id.slice(-1)];
  };

  it("goes by age", () => {
    assert.deepEqual(ids(24 * 50), ["1", undefined]);
    assert.deepEqual(ids(24 * 10), ["21", undefined]);
    assert.deepEqual(ids(24 * 100), ["", undefined]);
  });

  it("never takes the last one without being told", () => {
    assert.deepEqual(ids(1), ["21", "3"]);
    assert.deepEqual(ids(1, true), ["321", undefined]);
    assert.deepEqual(toRemove([OLD], { id: OLD.id }, NOW, false), { removed: [], kept: OLD });
    assert.deepEqual(toRemove([OLD], { id: OLD.id }, NOW, true), { removed: [OLD] });
  });

  it("takes one that is not whole for no backup", () => {
    const half = backup("snap-00000004", "2026-12-31", "pending");
    const broken = backup("snap-00000005", "2026-12-31", "error");
    assert.deepEqual(ids(1, false, [half, broken, ...ALL]), ["21", "3"]);
    assert.deepEqual(toRemove([half, NEW], { id: half.id }, NOW, false), { removed: [half] });
  });
});

describe("the list of backups", () => {
  it("shows how far one is, and what each costs at most", () => {
    const half = backup("snap-00000004", "2026-12-31", "pending");
    const text = backupsText([half, { ...NEW, usedGiB: 2.5 }], 0.05);
    assert.match(text, /snap-00000004 .* 40 % +40 GiB +2\.00 USD\n/);
    assert.match(text, /snap-00000003 .* completed +2\.5 GiB +0\.13 USD$/);
    assert.match(backupsText([NEW]), /40 GiB +–$/);
  });
});
