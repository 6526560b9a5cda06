/** `npm run export` on this computer: its words, and archives that are not whole. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import * as tar from "tar";
import { archiveName, readBack, sumsOf } from "../../scripts/exportArchive";
import { parseExportArguments } from "../../scripts/exportArguments";
import { readIndex, withArchive, writeIndex, type Kept } from "../../scripts/exportIndex";
import { ownFolder } from "../../scripts/ownFiles";

describe("what npm run export is asked", () => {
  it("is everybody, or some by account", () => {
    assert.deepEqual(parseExportArguments([]), { names: [], json: false });
    assert.deepEqual(
      parseExportArguments(["ana", "jupyter-bo", "ana", "-s", "w", "--to", "x", "--json"]),
      { stack: "w", to: "x", names: ["ana", "bo"], json: true },
    );
  });

  it("is refused with what it takes", () => {
    assert.throws(
      () => parseExportArguments(["--too", "x"]),
      /--too cannot be used so[^]*npm run export -- --to x$/,
    );
    assert.throws(() => parseExportArguments([""]), /A name is empty/);
    assert.throws(() => parseExportArguments(["--to="]), /The folder is empty/);
  });
});

describe("an archive that is read back", () => {
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "archive-"));
    fs.mkdirSync(path.join(folder, "ana"));
    fs.writeFileSync(path.join(folder, "ana/a.txt"), "first");
    fs.writeFileSync(path.join(folder, "ana/b.txt"), "second".repeat(10_000));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));
  const sum = (text: string) => createHash("sha256").update(text).digest("hex");
  const list = () => `${sum("first")}  ana/a.txt\n${sum("second".repeat(10_000))}  ana/b.txt\n`;
  async function archive(sums: string): Promise<string> {
    fs.writeFileSync(path.join(folder, "ana.sha256"), sums);
    const file = path.join(folder, "ana.tar.gz");
    await tar.create({ file, cwd: folder, gzip: true }, ["ana/a.txt", "ana/b.txt", "ana.sha256"]);
    return file;
  }

  it("is whole", async () => {
    assert.deepEqual(await readBack(await archive(list()), "ana"), { files: 2, bytes: 60_005 });
  });

  it("is not, cut anywhere", async () => {
    const file = await archive(list());
    const all = fs.readFileSync(file);
    for (const length of [0, 10, all.length >> 1, all.length - 1]) {
      fs.writeFileSync(file, all.subarray(0, length));
      await assert.rejects(readBack(file, "ana"), `${length} of ${all.length} bytes`);
    }
  });

  it("is not with other bytes in a file, also where the compression is right", async () => {
    const file = await archive(list());
    const bytes = gunzipSync(fs.readFileSync(file));
    bytes.write("S", bytes.indexOf("secondsecond"));
    fs.writeFileSync(file, gzipSync(bytes));
    await assert.rejects(readBack(file, "ana"), /the first that differs is number 2/);
  });

  it("is not without its list, with a damaged one, or a file too few", async () => {
    await assert.rejects(readBack(await archive(list()), "bo"), /no list of sums/);
    await assert.rejects(readBack(await archive("nonsense\n"), "ana"), /list of sums is damaged/);
    await assert.rejects(
      readBack(await archive(`${list()}${sum("x")}  ana/c.txt\n`), "ana"),
      /2 files, 3 in its list/,
    );
  });

  it("has a list of names with backslashes and line breaks too", () => {
    assert.deepEqual(sumsOf(`\\${sum("x")}  ana/a\\nb\n`), [sum("x")]);
  });

  it("has a name that any computer takes", () => {
    assert.equal(archiveName("aigul-bekova"), "aigul-bekova.tar.gz");
    assert.equal(archiveName("../a b"), ".._a_b.tar.gz");
  });
});

describe("a folder of archives", () => {
  const kept = (name: string, state = "1"): Kept => ({
    name,
    state,
    file: `${name}.tar.gz`,
    sha256: "",
    files: 1,
    bytes: 1,
    at: "2026-11-25T20:00:00Z",
    left: [],
  });

  it("knows what is in it, of its own stack alone, for its owner alone", () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "index-"));
    const index = withArchive(withArchive(readIndex(folder, "w"), kept("bo")), kept("ana"));
    writeIndex(folder, withArchive(index, kept("bo", "2")));
    const { archives } = readIndex(folder, "w");
    assert.deepEqual(
      archives.map(({ name, state }) => name + state),
      ["ana1", "bo2"],
    );
    assert.equal(fs.statSync(path.join(folder, "export.json")).mode & 0o777, 0o600);
    assert.deepEqual(readIndex(folder, "other").archives, []);
    fs.writeFileSync(path.join(folder, "export.json"), "{");
    assert.deepEqual(readIndex(folder, "w").archives, []);
    fs.rmSync(folder, { recursive: true });
  });

  it("is refused where others can look into it, with a way out", () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "open-"));
    fs.chmodSync(folder, 0o755);
    assert.throws(
      () => ownFolder(folder, "--to", "export"),
      /mend: {5}--to \S+\/export, or: chmod/,
    );
    fs.rmSync(folder, { recursive: true });
  });
});
