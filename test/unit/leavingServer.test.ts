/** scripts/server/leaving: which files count as work, by its own programs, with real git. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { HomeWork, Seen } from "../../providers/leavingFindings";

const PROGRAM = path.join(__dirname, "../../scripts/server/leaving/leaving.py");

describe("the look for work that nobody has saved", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "leaving ж "));
  const homes = path.join(folder, "homes");
  const upstream = path.join(folder, "upstream");
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
  function git(where: string, ...args: string[]): void {
    const who = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
    execFileSync("git", ["-C", where, ...who, ...args], { env, stdio: "pipe" });
  }
  const of = (name: string, ...rest: string[]) => path.join(homes, `jupyter-${name}`, ...rest);
  function write(file: string, text = "text\n"): void {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  }
  function push(files: Record<string, string>): void {
    for (const [file, text] of Object.entries(files)) write(path.join(upstream, file), text);
    git(upstream, "add", "-A");
    git(upstream, "commit", "-qm", "More");
  }
  function clone(name: string): void {
    fs.mkdirSync(of(name), { recursive: true });
    git(homes, "clone", "-q", "--depth", "1", `file://${upstream}`, of(name, "course"));
  }
  function saved(record: unknown): void {
    write(path.join(homes, "saved.json"), JSON.stringify(record));
  }
  function look(): Seen {
    const args = ["-I", PROGRAM, "--homes", homes];
    return JSON.parse(execFileSync("python3", args, { env, encoding: "utf8" })) as Seen;
  }
  const workOf = (name: string): HomeWork | undefined =>
    look().homes.find((home) => home.name === name);
  const paths = (name: string) => workOf(name)?.newest.map((it) => it.path) ?? [];

  before(() => {
    fs.mkdirSync(homes);
    fs.mkdirSync(upstream);
    git(upstream, "init", "-q", "-b", "main");
    push({ "lesson.ipynb": "one\n", "data/wells.csv": "1\n" });
  });
  afterEach(() => {
    fs.rmSync(homes, { recursive: true, force: true });
    fs.mkdirSync(homes);
  });

  it("finds none in homes with the course as it came, settings and caches", () => {
    clone("ana");
    write(of("ana", ".cache/pip/x"));
    write(of("ana", ".local/share/jupyter/runtime/kernel-1.json"));
    write(of("ana", ".ipython/profile_default/history.sqlite"));
    write(of("ana", ".bashrc"));
    write(of("ana", "course/.ipynb_checkpoints/lesson-checkpoint.ipynb"));
    write(of("ana", "course/__pycache__/x.pyc"));
    fs.symlinkSync("/etc/passwd", of("ana", "link"));
    fs.mkdirSync(of("bo"), { recursive: true });
    const none: Seen = { servers: [], saved: {}, homes: [], unread: [] };
    assert.deepEqual(look(), none);
  });

  it("finds what was changed in a clone, and what is new anywhere", () => {
    clone("ana");
    write(of("ana", "course/lesson.ipynb"), "two\n");
    write(of("ana", "course/mine.ipynb"));
    write(of("ana", "Untitled.ipynb"), "12345");
    const found = workOf("ana");
    assert.equal(found?.files, 3);
    assert.equal(found?.bytes, 4 + 5 + 5);
    assert.deepEqual(paths("ana").sort(), [
      "Untitled.ipynb",
      "course/lesson.ipynb",
      "course/mine.ipynb",
    ]);
    assert.match(found?.newest[0]?.when ?? "", /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  it("does not take the course's own later version for work, nor an earlier one", () => {
    clone("ana");
    clone("bo");
    push({ "lesson.ipynb": "fixed\n" });
    git(of("ana", "course"), "pull", "-q");
    // Fetched and not merged: the copy is as it came, and its remote is ahead.
    git(of("bo", "course"), "fetch", "-q");
    assert.deepEqual(look().homes, []);
  });

  it("finds a change that nbgitpuller has committed for its owner", () => {
    clone("ana");
    write(of("ana", "course/lesson.ipynb"), "mine\n");
    git(of("ana", "course"), "commit", "-qam", "Automatic commit by nbgitpuller");
    assert.deepEqual(paths("ana"), ["course/lesson.ipynb"]);
  });

  it("finds everything in a repository of the owner's own, and in a broken one", () => {
    write(of("ana", "own/a.py"));
    git(of("ana", "own"), "init", "-q");
    git(of("ana", "own"), "add", "-A");
    git(of("ana", "own"), "commit", "-qm", "Mine");
    write(of("bo", "broken/a.py"));
    fs.mkdirSync(of("bo", "broken/.git"));
    assert.deepEqual([paths("ana"), paths("bo")], [["own/a.py"], ["broken/a.py"]]);
  });

  it("finds only what is newer than the last export or backup, whichever is later", () => {
    write(of("ana", "before.txt"));
    const now = Date.now();
    const at = (seconds: number) => new Date(now + seconds * 1000).toISOString();
    saved({ export: at(60), backup: at(-3600) });
    assert.deepEqual(look().homes, []);
    saved({ export: at(-3600), backup: at(-60) });
    assert.deepEqual(paths("ana"), ["before.txt"]);
    // What was unpacked since then, or moved here, may bear an old date.
    fs.utimesSync(of("ana", "before.txt"), 0, 0);
    assert.deepEqual(paths("ana"), ["before.txt"]);
  });

  it("takes a record that cannot be read for none", () => {
    write(of("ana", "a.txt"));
    const records = ["", "[]", "{", '{"export": 5}', '{"backup": "some day"}'];
    for (const record of records) {
      write(path.join(homes, "saved.json"), record);
      assert.deepEqual([paths("ana"), look().saved], [["a.txt"], {}]);
    }
  });

  it("says names that would disturb a terminal without doing so", () => {
    write(of("ana", "a\u001b[31m\nb.txt"));
    assert.deepEqual(paths("ana"), ["a?[31m b.txt"]);
  });
});
