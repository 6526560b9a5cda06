/** scripts/server/export's programs by a real python, and the archive as this computer reads it back. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { readBack } from "../../scripts/exportArchive";
import type { ExportFact, Home, Packed } from "../../scripts/exportServer";

const SERVER = path.join(__dirname, "../../scripts/server");

describe("export on the server", () => {
  let folder: string;
  let ana: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "export-"));
    const programs = path.join(folder, "programs");
    fs.cpSync(path.join(SERVER, "export"), programs, { recursive: true });
    fs.copyFileSync(path.join(SERVER, "accounts/homes.py"), path.join(programs, "homes.py"));
    ana = path.join(folder, "home/jupyter-ana");
    fs.mkdirSync(ana, { recursive: true });
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  function run(request: object) {
    const homes = path.join(folder, "home");
    const program = path.join(folder, "programs/export.py");
    const ran = spawnSync("python3", ["-I", program, "--homes", homes], {
      input: JSON.stringify(request),
      maxBuffer: 1 << 28,
    });
    assert.equal(ran.status, 0, ran.stderr.toString());
    return ran;
  }
  const facts = (text: Buffer) =>
    text
      .toString()
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as ExportFact);
  const look = () =>
    facts(run({ do: "look", accounts: ["ana"] }).stdout).find(
      ({ kind }) => kind === "home",
    ) as Home;
  function pack(): { file: string; packed: Packed } {
    const ran = run({ do: "archive", name: "ana", folder: ana });
    const file = path.join(folder, "ana.tar.gz");
    fs.writeFileSync(file, ran.stdout);
    return { file, packed: facts(ran.stderr).at(-1) as Packed };
  }
  const write = (name: string | Buffer, text: string | Buffer) => {
    const file = Buffer.concat([Buffer.from(`${ana}/`), Buffer.from(name)]);
    fs.mkdirSync(path.dirname(file.toString("latin1")), { recursive: true });
    fs.writeFileSync(file, text);
  };
  const listed = (file: string) =>
    execFileSync("tar", ["-tzf", file, "--quoting-style=literal"], { encoding: "latin1" });

  it("packs files of whatever name, links and empty folders, so that sha256sum finds them whole", async () => {
    const names = ["plain.ipynb", "Закон Дарси.ipynb", "new\nline", "back\\slash", " ", "-n"];
    for (const name of names) write(name, name);
    write(Buffer.from([0x62, 0xff, 0x64]), "not UTF-8");
    write("deep/er/est.txt", Buffer.alloc(100_000, "ab"));
    fs.mkdirSync(path.join(ana, "empty"));
    fs.symlinkSync("/etc/passwd", path.join(ana, "link"));
    fs.linkSync(path.join(ana, "plain.ipynb"), path.join(ana, "hard"));
    const { file, packed } = pack();
    assert.deepEqual([packed.files, packed.others, packed.changed], [9, 5, []]);
    assert.deepEqual(await readBack(file, "ana"), { files: 9, bytes: packed.bytes });

    const out = path.join(folder, "out");
    fs.mkdirSync(out);
    execFileSync("tar", ["-xzf", file, "--warning=no-unknown-keyword"], { cwd: out });
    execFileSync("sha256sum", ["--check", "--strict", "--quiet", "ana.sha256"], { cwd: out });
    execFileSync("diff", ["-r", "--no-dereference", ana, path.join(out, "ana")]);
    assert.equal(fs.readlinkSync(path.join(out, "ana/link")), "/etc/passwd");
  });

  it("leaves out keys, what was typed, caches and pipes, and says so", () => {
    for (const name of [
      ".ssh/id_ed25519",
      ".git-credentials",
      ".local/share/jupyter/runtime/kernel.json",
      ".bash_history",
      ".cache/pip/x",
    ]) {
      write(name, "S3CRET");
    }
    write("work.py", "1");
    write("notes/.ssh-howto", "2");
    execFileSync("mkfifo", [path.join(ana, "pipe")]);
    const { file, packed } = pack();
    assert.equal(packed.files, 2);
    assert.doesNotMatch(listed(file), /id_ed25519|credentials|kernel|history|cache|pipe/);
    assert.equal(packed.left.length, 6);
    const { left, files } = look();
    assert.deepEqual(left, { secrets: 3, history: 1, caches: 1, "sockets and devices": 1 });
    assert.equal(files, 2);
  });

  it("never goes through a link, also where a folder was", () => {
    fs.symlinkSync(SERVER, path.join(ana, "folder"));
    const { file, packed } = pack();
    assert.equal(packed.files, 0);
    assert.doesNotMatch(listed(file), /lib\.sh/);
  });

  it("has another mark when a file changes, comes or goes, and the same one when none does", () => {
    write("a", "1");
    const before = look().state;
    assert.equal(look().state, before);
    write("a", "2");
    const changed = look().state;
    write("b", "1");
    const more = look().state;
    fs.rmSync(path.join(ana, "a"));
    assert.equal(new Set([before, changed, more, look().state]).size, 4);
  });

  it("names a file that changes each time it is read, and packs what was there all the same", async () => {
    write("calm.txt", "calm");
    write("busy.log", "x");
    write("large.bin", Buffer.alloc(33 << 20));
    // Whoever reads from these files finds them longer the next time.
    const driver = path.join(folder, "programs/busy.py");
    fs.writeFileSync(
      driver,
      `import os, sys
sys.path.insert(0, ${JSON.stringify(path.dirname(driver))})
import export
plain = os.read
def read(file, size):
    name = os.readlink(f"/proc/self/fd/{file}")
    if name.endswith(("busy.log", "large.bin")):
        open(name, "ab").write(b"x")
    return plain(file, size)
os.read = read
export.archive("ana", ${JSON.stringify(ana)})
`,
    );
    const ran = spawnSync("python3", ["-I", driver], { maxBuffer: 1 << 28 });
    assert.equal(ran.status, 0, ran.stderr.toString());
    const packed = facts(ran.stderr).at(-1) as Packed;
    assert.deepEqual(packed.changed, ["busy.log", "large.bin"]);
    const file = path.join(folder, "ana.tar.gz");
    fs.writeFileSync(file, ran.stdout);
    assert.deepEqual(await readBack(file, "ana"), { files: 3, bytes: packed.bytes });
  });

  it("knows whose files are left of an account that is gone", () => {
    write("a", "1");
    const found = facts(run({ do: "look", accounts: [] }).stdout);
    assert.equal((found[1] as Home).name, "ana");
  });
});
