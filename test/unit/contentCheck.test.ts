/** scripts/server/content-check.sh by a real bash and a real git, with repositories in a folder. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Found } from "../../providers/contentProblems";
import { scriptText } from "../../scripts/stackServer";

const NOTEBOOK = "day 1/Жер астындагы суулар #1 & more.ipynb";

describe("the look at the course's repositories on the server", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "content-check-"));
  const cache = path.join(folder, "cache");
  const course = path.join(folder, "course");
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
  function git(...args: string[]): string {
    const who = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
    return execFileSync("git", ["-C", course, ...who, ...args], { env, encoding: "utf8" }).trim();
  }
  function write(file: string, text: string): void {
    fs.mkdirSync(path.dirname(path.join(course, file)), { recursive: true });
    fs.writeFileSync(path.join(course, file), text);
  }
  function commit(): string {
    git("add", "-A");
    git("commit", "-qm", "More");
    return git("rev-parse", "HEAD");
  }

  /** The script as it is sent, with a cache and a credentials file in the test's folder. */
  function run(action: "look" | "remove", entries: [name: string, url: string, branch: string][]) {
    const table = (column: 1 | 2) =>
      Object.fromEntries(entries.map((entry) => [entry[0], entry[column]]));
    const text = scriptText("content-check", {
      STACK: "test",
      ACTION: action,
      NAMES: entries.map(([name]) => name),
      URLS: table(1),
      BRANCHES: table(2),
    })
      .replaceAll("/var/cache/workshop-content", cache)
      .replaceAll("/etc/git-credentials", path.join(folder, "credentials"));
    const ran = spawnSync("bash", ["-s"], { input: text, encoding: "utf8", env });
    assert.equal(ran.status, 0, ran.stderr);
    return ran.stdout;
  }
  const look = (...entries: [name: string, url: string, branch: string][]) =>
    JSON.parse(run("look", entries)) as Found[];

  before(() => {
    fs.mkdirSync(course);
    git("init", "-q", "-b", "main");
    git("config", "uploadpack.allowFilter", "true");
    write(NOTEBOOK, "{}");
    write("README.md", "A course\n");
    write(".gitattributes", "*.nc filter=lfs\n");
    write(".gitmodules", '[submodule "data"]\n\tpath = data\n\turl = ../data.git\n');
    commit();
    git("branch", "weeks/2");
  });

  it("finds branches, files and folders whatever their names are, and what .git… files say", () => {
    const [found, ...more] = look(["course", `file://${course}`, "main"]);
    assert.deepEqual(more, []);
    assert.deepEqual(found, {
      name: "course",
      branches: ["main", "weeks/2"],
      default: "main",
      commit: git("rev-parse", "HEAD"),
      paths: [".gitattributes", ".gitmodules", "README.md", NOTEBOOK],
      folders: ["day 1"],
      attributes: "*.nc filter=lfs\n",
      modules: ["../data.git"],
    });
    assert.equal(fs.statSync(cache).mode & 0o777, 0o700);
  });

  it("sees at the next look what was pushed or rewritten meanwhile", () => {
    write("new.ipynb", "{}");
    git("add", "-A");
    git("commit", "-q", "--amend", "-m", "Rewritten");
    const [found] = look(["course", `file://${course}`, "main"]);
    assert.equal(found?.commit, git("rev-parse", "HEAD"));
    assert.ok(found?.paths?.includes("new.ipynb"));
  });

  it("looks at two branches of one repository, and at the rest when one is missing", () => {
    const url = `file://${course}`;
    const gone = path.join(folder, "gone");
    const found = look(
      ["one", url, "main"],
      ["two", url, "weeks/2"],
      ["three", url, "weeks/3"],
      ["four", `file://${gone}`, "main"],
    );
    assert.deepEqual(
      found.map(({ name }) => name),
      ["one", "two", "three", "four"],
    );
    assert.ok(found[0]?.paths?.includes("new.ipynb"));
    assert.deepEqual(found[1]?.paths?.includes("new.ipynb"), false);
    assert.deepEqual(found[2]?.branches, ["main", "weeks/2"]);
    assert.equal(found[2]?.commit, undefined);
    assert.match(found[3]?.said ?? "", /does not (exist|appear to be a git repository)/);
  });

  it("does not follow what a branch's name could be taken for", () => {
    write("evil.txt", "");
    git("branch", "main.x");
    const [found] = look(["course", `file://${course}`, "main?x"]);
    assert.equal(found?.commit, undefined);
  });

  it("mends a cache that is broken, and goes on after one that was killed", () => {
    const [repository = ""] = fs.readdirSync(cache).filter((it) => !it.endsWith(".lock"));
    fs.writeFileSync(path.join(cache, repository, "shallow.lock"), "");
    const url = `file://${course}`;
    assert.ok(look(["course", url, "main"])[0]?.commit);
    fs.rmSync(path.join(cache, repository, "HEAD"));
    assert.ok(look(["course", url, "main"])[0]?.commit);
  });

  it("takes its cache away", () => {
    assert.equal(run("remove", []), "");
    assert.equal(fs.existsSync(cache), false);
  });
});
