import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import type { State } from "../../scripts/courseFacts";
import { CourseLab, notebook, PROGRAMS, type Cells } from "./courseLab";

/** State in a word, and what it says is lacking, as `file:cell,cell`. */
function short(state: State | undefined): string {
  assert.ok(state);
  if (!("lacks" in state)) return state.state;
  const files = state.lacks.map(
    (it) => `${it.file}:${it.cells.map(({ number }) => number).join()}`,
  );
  return [state.state, ...files].join(" ");
}

const LESSON: Cells = [
  ["title", "# Darcy"],
  ["k", "k = 1e-4"],
  ["q", "q = k * i\nprint(q)"],
  ["end", "Explain."],
];
const lesson = (changes: Record<string, string> = {}) =>
  notebook(LESSON.map(([id, source]) => [id, changes[id ?? ""] ?? source]));
const FIX = { q: "q = k * i * A\nprint(q)" };

describe("what a fix is", () => {
  /** Numbers of the cells that `mine` lacks of what has changed from `before` to `after`. */
  function lacking(before: string | null, after: string, mine: string, file = "a.ipynb"): unknown {
    const program = [
      "import json, sys",
      `sys.path.insert(0, ${JSON.stringify(PROGRAMS)})`,
      "import fixes",
      "file, before, after, mine = json.load(sys.stdin)",
      "ids = [cell.id for cell in fixes.units_of(file, after)]",
      "found = fixes.missing(file, fixes.fixes_between(file, before, after), ids, mine)",
      "print(json.dumps([one['number'] for one in found]))",
    ].join("\n");
    const input = JSON.stringify([file, before, after, mine]);
    return JSON.parse(execFileSync("python3", ["-B", "-c", program], { input, encoding: "utf8" }));
  }
  const old = lesson();
  const fixed = lesson(FIX);

  const cases: [string, string | null, string, string, number[]][] = [
    ["is lacking in a copy as it was", old, fixed, old, [3]],
    ["is there in a copy that is the same", old, fixed, fixed, []],
    ["is there with one's own work in other cells", old, fixed, lesson({ ...FIX, end: "x" }), []],
    [
      "is there in a cell that has one's own line beside it",
      old,
      fixed,
      lesson({ q: "q = k * i * A\nprint(q)\nprint(2)" }),
      [],
    ],
    [
      "is not there when the line that it took out still is",
      old,
      fixed,
      lesson({ q: "q = k * i\nq = k * i * A\nprint(q)" }),
      [3],
    ],
    [
      "is lacking when only the line of another cell happens to be the same",
      notebook([
        ["a", "x = 1"],
        ["b", "x = 2"],
      ]),
      notebook([
        ["a", "x = 2"],
        ["b", "x = 2"],
      ]),
      notebook([
        ["a", "x = 1"],
        ["b", "x = 2"],
      ]),
      [1],
    ],
    ["is a new cell", old, notebook([...LESSON, ["new", "check(q)"]]), old, [5]],
    [
      "is every cell of a new notebook but empty ones",
      null,
      notebook([
        ["a", "x"],
        ["b", ""],
      ]),
      notebook([]),
      [1],
    ],
    ["is no cell that the course has deleted", old, notebook(LESSON.slice(1)), old, []],
    [
      "is no other line end and no space behind a line",
      old,
      lesson({ q: "q = k * i  \r\nprint(q)\n" }),
      old,
      [],
    ],
    ["is no new id", old, notebook(LESSON.map(([id, text]) => [`${id}2`, text])), old, []],
    [
      "is told by the source in old notebooks, which have no ids",
      notebook([
        [undefined, "q = k * i\nprint(q)"],
        [undefined, "y"],
      ]),
      notebook([
        [undefined, "q = k * i * A\nprint(q)"],
        [undefined, "y"],
      ]),
      notebook([
        [undefined, "q = k * i * A\nprint(q)\nprint(1)"],
        [undefined, "mine"],
      ]),
      [],
    ],
    [
      "is lacking in old notebooks, too",
      notebook([
        [undefined, "q = k * i\nprint(q)"],
        [undefined, "y"],
      ]),
      notebook([
        [undefined, "q = k * i * A\nprint(q)"],
        [undefined, "y"],
      ]),
      notebook([
        [undefined, "q = k * i\nprint(2 * q)"],
        [undefined, "y"],
      ]),
      [1],
    ],
    [
      "is seen when two lines only change places",
      lesson({ q: "a\nb" }),
      lesson({ q: "b\na" }),
      lesson({ q: "a\nb" }),
      [3],
    ],
  ];
  for (const [title, before, after, mine, numbers] of cases) {
    it(title, () => assert.deepEqual(lacking(before, after, mine), numbers));
  }

  it("is a line in a file that is no notebook", () => {
    assert.deepEqual(lacking("a\nb\n", "a\nc\n", "a\nb\nmine\n", "a.py"), [1]);
    assert.deepEqual(lacking("a\nb\n", "a\nc\n", "a\nc\nmine\n", "a.py"), []);
  });
});

describe("participants' copies", () => {
  let lab: CourseLab;
  beforeEach(() => {
    lab = new CourseLab();
    lab.push({ "lesson.ipynb": lesson(), "data.csv": "t,h\n" });
  });
  afterEach(() => lab.close());
  const write = (name: string, text: string) =>
    fs.writeFileSync(lab.of(name, "lesson.ipynb"), text);

  it("are told apart: with the fix, without it, not pulled, none, something else", () => {
    lab.click("ana", "Борис и Ко", "clara");
    write("clara", lesson({ q: "q = k * i\nprint(q)\nprint(2)" }));
    lab.push({ "lesson.ipynb": lesson(FIX) });
    lab.click("ana", "clara");
    lab.come("dina", "emil", "fay");
    fs.mkdirSync(lab.of("emil"));
    lab.git(lab.folder, "clone", "--quiet", lab.url, lab.of("fay"));
    lab.git(lab.of("fay"), "remote", "set-url", "origin", "https://me:secret@example.org/own.git");
    const states = lab.states();
    assert.deepEqual(
      [...states].map(([name, state]) => [name, short(state)]),
      [
        ["ana", "has"],
        ["clara", "lacks lesson.ipynb:3"],
        ["dina", "none"],
        ["emil", "other"],
        ["fay", "other"],
        ["Борис и Ко", "behind lesson.ipynb:3"],
      ],
    );
    assert.match(JSON.stringify(states.get("fay")), /a clone of https:\/\/example\.org\/own\.git"/);
    assert.match(JSON.stringify(states.get("clara")), /"says":"q = k \* i \* A"/);
  });

  it("have the fix when it was there once and the participant has gone on from it", () => {
    lab.click("ana", "bo");
    lab.push({ "lesson.ipynb": lesson(FIX) });
    lab.click("ana", "bo");
    // One sees it before the next pull, the other after two more.
    write("ana", lesson({ q: "own = 1" }));
    write("bo", lesson({ q: "own = 2" }));
    for (const end of ["1", "2"]) {
      lab.push({ "data.csv": end });
      lab.click("bo");
    }
    const states = lab.states();
    assert.equal(short(states.get("ana")), "behind data.csv:");
    assert.equal(short(states.get("bo")), "has");
  });

  it("lack a file that was deleted, cannot be opened, or is new; a kept one is nobody's fault", () => {
    lab.push({ "old.ipynb": lesson() });
    lab.click("ana", "bo", "clara");
    fs.rmSync(lab.of("ana", "lesson.ipynb"));
    write("bo", "{");
    lab.push({ "lesson.ipynb": lesson(FIX), "новый файл.ipynb": lesson(), "old.ipynb": undefined });
    lab.click("clara");
    const states = lab.states();
    const lacks = (name: string) => {
      const state = states.get(name);
      return state && "lacks" in state ? state.lacks.map(({ file, why }) => `${file} ${why}`) : [];
    };
    assert.deepEqual(lacks("ana"), ["lesson.ipynb is not there", "новый файл.ipynb is not there"]);
    assert.deepEqual(lacks("bo"), [
      "lesson.ipynb cannot be opened",
      "новый файл.ipynb is not there",
    ]);
    assert.equal(short(states.get("clara")), "has");
  });

  it("follow a notebook that the course renames", () => {
    lab.click("ana");
    write("ana", lesson({ k: "k = 2e-4" }));
    lab.push({ "lesson.ipynb": undefined, "1 lesson.ipynb": lesson(FIX) });
    lab.click("ana");
    assert.equal(short(lab.states().get("ana")), "has");
  });

  it("are pulled for all; one that fails stops no other, and says why", () => {
    lab.click("ana", "bo", "clara");
    lab.come("dina");
    fs.writeFileSync(lab.of("bo", ".git/index.lock"), "");
    lab.push({ "lesson.ipynb": lesson(FIX) });
    const facts = lab.run("pull");
    const pulled = facts.filter((fact) => fact.kind === "pulled");
    assert.deepEqual(pulled.map(({ participant, ok }) => `${participant} ${ok}`).sort(), [
      "ana true",
      "bo false",
      "clara true",
    ]);
    const [failed] = pulled.filter(({ ok }) => !ok);
    assert.match(
      failed?.said ?? "",
      /index\.lock of \d\d:\d\d was left behind .* from \d\d:\d\d on/,
    );
    const states = new Map(
      facts.filter((fact) => fact.kind === "state").map((state) => [state.participant, state]),
    );
    assert.equal(short(states.get("ana")), "has");
    assert.match(JSON.stringify(states.get("bo")), /"behind".*"notes":\["\.git\/index\.lock of/);
  });

  it("are seen with a merge that is not finished, and away from a branch", () => {
    lab.click("ana", "bo");
    fs.writeFileSync(lab.of("ana", ".git/MERGE_HEAD"), lab.git(lab.of("ana"), "rev-parse", "HEAD"));
    lab.git(lab.of("bo"), "checkout", "--quiet", "--detach");
    lab.push({ "lesson.ipynb": lesson(FIX) });
    const states = lab.states();
    assert.match(JSON.stringify(states.get("ana")), /"behind".*a merge is not finished/);
    assert.equal(short(states.get("bo")), "behind lesson.ipynb:3");
  });

  it("are as they were after a status: no file, reference or index changes", () => {
    lab.click("ana");
    write("ana", lesson({ k: "mine" }));
    lab.push({ "lesson.ipynb": lesson(FIX) });
    const all = () =>
      execFileSync("bash", ["-c", "find . -type f -exec sha256sum {} + | sort"], {
        cwd: lab.home("ana"),
        encoding: "utf8",
      });
    const before = all();
    lab.run("status");
    assert.equal(all(), before);
  });

  it("say so when the course is empty, has no such branch, or cannot be reached", () => {
    lab.click("ana");
    lab.git(lab.upstream, "branch", "--move", "main", "other");
    const states = lab.states();
    assert.deepEqual(short(states.get("ana")), "fails");
    assert.match(JSON.stringify(states.get("ana")), /the repository has no branch main/);
    fs.rmSync(lab.upstream, { recursive: true });
    lab.git(lab.folder, "init", "--quiet", "--bare", "--initial-branch=main", lab.upstream);
    assert.match(JSON.stringify(lab.run("status")), /"error":"[^"]*[Bb]ranch main not found/);
    fs.rmSync(lab.upstream, { recursive: true });
    const facts = lab.run("status");
    assert.match(JSON.stringify(facts), /"upstream".*"error":"fatal: .*upstream\.git' does not/);
    assert.match(JSON.stringify(facts), /"state":"fails","said":"fatal: /);
  });

  it("made fresh keep the old folder, and whatever is in it, under another name", () => {
    lab.click("ana");
    lab.come("bo");
    write("ana", "mine");
    for (const time of [1, 2]) {
      const [fresh] = lab.run("fresh", { name: "ana" });
      assert.ok(fresh?.kind === "fresh");
      assert.equal(fresh.fails, "");
      assert.match(fresh.aside, /^ground water-until-\d{4}-\d\d-\d\d-\d{4}(-2)?$/);
      const old = path.join(lab.home("ana"), fresh.aside, "lesson.ipynb");
      assert.equal(fs.readFileSync(old, "utf8"), time === 1 ? "mine" : lesson());
      assert.equal(fs.readFileSync(lab.of("ana", "lesson.ipynb"), "utf8"), lesson());
    }
    assert.equal(fs.readdirSync(lab.home("ana")).length, 3);
    assert.match(JSON.stringify(lab.run("fresh", { name: "bo" })), /"aside":"","fails":""/);
    assert.equal(short(lab.states().get("bo")), "has");
  });

  it("stay as they are when a fresh one cannot be made", () => {
    lab.click("ana");
    fs.renameSync(lab.upstream, `${lab.upstream}.away`);
    assert.match(JSON.stringify(lab.run("fresh", { name: "ana" })), /"fails":"fatal: /);
    assert.deepEqual(fs.readdirSync(lab.home("ana")), [lab.clone]);
    assert.match(JSON.stringify(lab.run("fresh", { name: "anna" })), /"unknown".*\["ana"\]/);
  });

  it("of thousands of files are looked at in seconds", () => {
    const many = Object.fromEntries(
      Array.from({ length: 3000 }, (_, index) => [
        `data/${index % 50}/${index}.csv`,
        `${index} of a table\n`.repeat(100),
      ]),
    );
    lab.click("ana", "bo");
    lab.push(many);
    lab.click("ana");
    const states = lab.states();
    assert.equal(short(states.get("ana")), "has");
    const bo = states.get("bo");
    assert.ok(bo && "lacks" in bo);
    assert.equal(bo.lacks.length, 100);
  });
  // Many programs, one after the other.
}).timeout(60_000);

describe("a participant who is up to something", () => {
  let lab: CourseLab;
  before(() => {
    lab = new CourseLab();
    lab.push({ "lesson.ipynb": lesson() });
    lab.click("ana", "mallory");
    lab.push({ "lesson.ipynb": lesson(FIX) }, "Fix \u001b[31m\u202e and more");
  });
  after(() => lab.close());

  it("keeps nobody waiting with a pipe, a device or a folder in place of a notebook", () => {
    const file = lab.of("mallory", "lesson.ipynb");
    const places: Record<string, () => void> = {
      pipe: () => execFileSync("mkfifo", [file]),
      device: () => fs.symlinkSync("/dev/zero", file),
      folder: () => fs.mkdirSync(file),
      loop: () => fs.symlinkSync("lesson.ipynb", file),
    };
    for (const [what, put] of Object.entries(places)) {
      fs.rmSync(file, { recursive: true });
      put();
      const states = lab.states();
      assert.equal(short(states.get("ana")), "behind lesson.ipynb:3", what);
      assert.match(short(states.get("mallory")), /^behind lesson\.ipynb:/, what);
    }
    fs.rmSync(file, { recursive: true });
  });

  it("puts no control characters on the instructor's terminal", () => {
    const facts = lab.run("status");
    assert.match(JSON.stringify(facts), /Fix \?\[31m\? and more/);
  });

  it("can answer whatever: others' states come all the same", () => {
    const folder = path.join(lab.folder, "programs");
    fs.cpSync(PROGRAMS, folder, { recursive: true });
    const real = fs.readFileSync(path.join(folder, "participant.py"), "utf8");
    const commit = "a".repeat(40);
    const lies = [
      "print('')",
      "print('[')",
      "print('[' * 100000)",
      "print('{}')",
      "print('[1]')",
      "print('[{}]')",
      "print('[{\"kind\": []}]')",
      "print('x' * 5_000_000)",
      "sys.stdout.buffer.write(bytes([255, 254]))",
      "sys.exit(3)",
      "os.kill(os.getpid(), 9)",
      `print('[{"kind": "clone", "starts": ["${commit}", 1, "--all"], "states": 1, "commits": {}, "lacks": [1, {"file": [], "cells": [1, {"number": "x"}]}], "notes": [{}], "pulled": "x"}]')`,
    ];
    for (const lie of lies) {
      const mallory = `import os, sys\nif os.environ["HOME"].endswith("mallory"):\n    ${lie}\n    sys.exit()\n`;
      fs.writeFileSync(path.join(folder, "participant.py"), mallory + real);
      const states = lab.states(folder);
      assert.equal(short(states.get("ana")), "behind lesson.ipynb:3", lie);
      assert.ok(states.has("mallory"), lie);
    }
  });

  it("who takes too long is not waited for", () => {
    const folder = path.join(lab.folder, "slow");
    fs.cpSync(PROGRAMS, folder, { recursive: true });
    const real = fs.readFileSync(path.join(folder, "participant.py"), "utf8");
    const sleep = `import os\nif os.environ["HOME"].endswith("mallory"):\n    os.execvp("sleep", ["sleep", "600"])\n`;
    fs.writeFileSync(path.join(folder, "participant.py"), sleep + real);
    const facts = lab.run("status", { secondsEach: 1 }, folder);
    assert.match(JSON.stringify(facts), /"mallory"[^}]*"fails","said":"no answer within 1 s/);
  });
}).timeout(60_000);
