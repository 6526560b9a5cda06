/** One's own files as one archive, as a participant downloads them. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const PROGRAM = path.join(__dirname, "../../scripts/server/work/workshop_my_work.py");

describe("the archive of one's own files", () => {
  it("has all files, and a list of what could not come", () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "my-work-"));
    const home = path.join(folder, "home");
    fs.mkdirSync(path.join(home, "deep/er"), { recursive: true });
    fs.mkdirSync(path.join(home, ".hidden"));
    fs.writeFileSync(path.join(home, "Закон Дарси.ipynb"), "q = k * i * A");
    fs.writeFileSync(path.join(home, "deep/er/est.txt"), "x".repeat(100_000));
    fs.writeFileSync(path.join(home, ".hidden/secret"), "S3CRET");
    fs.writeFileSync(Buffer.concat([Buffer.from(`${home}/b`), Buffer.from([0xff])]), "odd");
    fs.symlinkSync("/nowhere", path.join(home, "leads nowhere"));
    execFileSync("mkfifo", [path.join(home, "pipe")]);
    const packed = execFileSync("python3", ["-I", PROGRAM, home], { timeout: 20_000 });
    const file = path.join(folder, "it.zip");
    fs.writeFileSync(file, packed);
    const out = path.join(folder, "out");
    const unpack =
      "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert not z.testzip(); z.extractall(sys.argv[2])";
    execFileSync("python3", ["-c", unpack, file, out]);
    assert.deepEqual(fs.readdirSync(out, { recursive: true }).sort(), [
      "NOT IN THIS ARCHIVE.txt",
      "b?",
      "deep",
      "deep/er",
      "deep/er/est.txt",
      "Закон Дарси.ipynb",
    ]);
    assert.equal(fs.readFileSync(path.join(out, "Закон Дарси.ipynb"), "utf8"), "q = k * i * A");
    assert.equal(
      fs.readFileSync(path.join(out, "NOT IN THIS ARCHIVE.txt"), "utf8"),
      "leads nowhere: a link, or no file\npipe: a link, or no file\n",
    );
    fs.rmSync(folder, { recursive: true });
  });
});
