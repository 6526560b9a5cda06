/**
 * What participants have after the instructor has pushed a fix and they have pulled, with the real
 * nbgitpuller and accounts of their own; and what `npm run course` says and does about it.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { courseValues } from "../../../scripts/courseServer";
import { factOf, type Fact, type State } from "../../../scripts/courseFacts";
import type { CourseRequest } from "../../../scripts/courseArguments";
import { scriptText } from "../../../scripts/stackServer";
import type { Lab } from "../workshop/lab";

const COURSE = {
  name: "groundwater",
  repo: "git://127.0.0.1:9419/groundwater",
  branch: "main",
  folder: "groundwater",
};

interface Cell {
  id: string;
  source: string;
  /** What the last run printed; undefined: never run. */
  output?: string;
}

/** A notebook as JupyterLab saves it: keys in order, a line of source in a line of the file. */
function notebook(cells: readonly Cell[]): string {
  const all = cells.map(({ id, source, output }) => ({
    cell_type: "code",
    execution_count: output === undefined ? null : 1,
    id,
    metadata: {},
    outputs:
      output === undefined
        ? []
        : [{ name: "stdout", output_type: "stream", text: [`${output}\n`] }],
    source: source.split(/(?<=\n)/),
  }));
  const metadata = {
    kernelspec: { display_name: "Python 3", language: "python", name: "python3" },
  };
  return `${JSON.stringify({ cells: all, metadata, nbformat: 4, nbformat_minor: 5 }, undefined, 1)}\n`;
}

function cellsOf(text: string): Cell[] {
  const { cells } = JSON.parse(text) as {
    cells: { id: string; source: string[]; outputs: { text: string[] }[] }[];
  };
  return cells.map(({ id, source, outputs: [output] }) => ({
    id,
    source: source.join(""),
    ...(output && { output: output.text.join("").trimEnd() }),
  }));
}

const LESSON: readonly Cell[] = [
  { id: "k", source: "k = 1e-4" },
  { id: "a", source: "i = 0.01\nA = 10" },
  { id: "q", source: "q = k * i\nprint(q)" },
  { id: "end", source: "print('done')" },
];
const FIX = "q = k * i * A\nprint(q)";
const CHECK: Cell = { id: "check", source: "assert q > 0" };

/** The lesson with some cells changed, and cells put behind others. */
function lesson(changes: Record<string, Partial<Cell>>, behind: Record<string, Cell> = {}): Cell[] {
  return LESSON.flatMap((cell) => {
    const next = behind[cell.id];
    return [{ ...cell, ...changes[cell.id] }, ...(next ? [next] : [])];
  });
}

/** A notebook that git takes for no other one: most of its bytes are its own. */
function about(word: string, first = "x = 1"): Cell[] {
  const text = (number: number) => `# ${`${word} ${number} `.repeat(40)}`;
  return [
    { id: word, source: first },
    ...[1, 2, 3].map((number) => ({ id: `${word}${number}`, source: text(number) })),
  ];
}

const FIXED = lesson({ q: { source: FIX } }, { end: CHECK });
const MINE: Cell = { id: "mine", source: "print(q * 86400)" };

/** The five ordinary edits: what a participant does, and has after the pull. */
const EDITS: {
  title: string;
  person: string;
  edit: Cell[];
  after: Cell[];
  /** Cells of the course's notebook that are silently not there. */
  lacks: number[];
}[] = [
  {
    title: "who has edited another cell has the fix and the own work",
    person: "aigul",
    edit: lesson({ k: { source: "k = 2e-4" } }),
    after: lesson({ k: { source: "k = 2e-4" }, q: { source: FIX } }, { end: CHECK }),
    lacks: [],
  },
  {
    title: "who has only run the notebook has the fix, and the outputs of before",
    person: "bolot",
    edit: lesson({ q: { output: "1e-06" }, end: { output: "done" } }),
    after: lesson({ q: { source: FIX, output: "1e-06" }, end: { output: "done" } }, { end: CHECK }),
    lacks: [],
  },
  {
    title: "who has put a line into the cell that was fixed does not have the fix",
    person: "cholpon",
    edit: lesson({ q: { source: "q = k * i\nprint(q)\nprint('q')" } }),
    after: lesson({ q: { source: "q = k * i\nprint(q)\nprint('q')" } }, { end: CHECK }),
    lacks: [3],
  },
  {
    title: "who has put a cell where the course has put one, too, does not have the course's",
    person: "daniyar",
    edit: lesson({}, { end: MINE }),
    after: lesson({ q: { source: FIX } }, { end: MINE }),
    lacks: [5],
  },
  {
    title: "who has deleted the cell that was fixed has neither",
    person: "elnura",
    edit: LESSON.filter(({ id }) => id !== "q"),
    after: FIXED.filter(({ id }) => id !== "q"),
    lacks: [3],
  },
];

export function course(workshop: () => Lab): void {
  const people = [
    ...EDITS.map(({ person }) => person),
    "farida",
    "gulnara",
    "hamid",
    "indira",
    "jamila",
  ];

  async function onServer(lines: string, input?: string): Promise<string> {
    const { exitCode, stdout, stderr } = await workshop().onServer(`set -e\n${lines}`, input);
    assert.equal(exitCode, 0, stdout + stderr);
    return stdout;
  }
  /** As a participant, in the own copy. */
  function as(person: string, lines: string, input?: string): Promise<string> {
    const command = `cd ~/groundwater 2>/dev/null || cd; ${lines}`;
    return onServer(`runuser -l jupyter-${person} -c "$(cat <<'END'\n${command}\nEND\n)"`, input);
  }
  const save = (person: string, file: string, cells: readonly Cell[]) =>
    as(person, `cat >${file}`, notebook(cells));
  async function push(files: Record<string, readonly Cell[]>, lines = "true"): Promise<void> {
    for (const [file, cells] of Object.entries(files)) {
      await onServer(`cat >/srv/course/teacher/${file}`, notebook(cells));
    }
    await onServer(`cd /srv/course/teacher; ${lines}; git add -A
      git -c user.name=t -c user.email=t@example.org commit -qm 'A fix'; git push -q origin main`);
  }
  async function command(what: CourseRequest["do"], name = ""): Promise<Fact[]> {
    const values = courseValues({ do: what, name }, [COURSE]);
    const printed = await onServer("bash -s", scriptText("course", { STACK: "test", ...values }));
    return printed.split("\n").flatMap((line) => factOf(line) ?? []);
  }
  /**
   * The command as a person types it. Its `pulumi` knows the stack's outputs, and of the course
   * that is served on the server itself.
   */
  async function typed(...args: string[]): Promise<{ status: number; text: string }> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "course-pulumi-"));
    const outputs = { ...(await workshop().outputs()), content: [COURSE] };
    fs.writeFileSync(path.join(folder, "outputs.json"), JSON.stringify(outputs), { mode: 0o600 });
    const pulumi = '#!/bin/sh\nexec cat "$(dirname "$0")/outputs.json"\n';
    fs.writeFileSync(path.join(folder, "pulumi"), pulumi, { mode: 0o755 });
    const root = path.join(__dirname, "../../..");
    const child = spawn(
      path.join(root, "node_modules/.bin/tsx"),
      [path.join(root, "scripts/course.ts"), ...args, "--stack", "test"],
      { env: { ...process.env, PATH: `${folder}:${process.env["PATH"]}` } },
    );
    let text = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (data: string) => (text += data));
    }
    const status = await new Promise<number>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => resolve(code ?? -1));
    });
    fs.rmSync(folder, { recursive: true });
    return { status, text };
  }
  const statesOf = (facts: Fact[]): Map<string, State> =>
    new Map(facts.filter((it) => it.kind === "state").map((it) => [it.participant, it]));
  const lacked = (state: State | undefined): number[] | undefined =>
    state && "lacks" in state
      ? state.lacks.flatMap(({ cells }) => cells.map(({ number }) => number))
      : undefined;

  describe("after a fix in the course", () => {
    let first: Map<string, State>;
    let facts: Fact[];

    before(async () => {
      for (const person of people) {
        await onServer(`useradd --create-home --shell /bin/bash jupyter-${person}`);
      }
      await onServer(`mkdir -p /srv/course; cd /srv/course; git init -q --bare -b main groundwater
        git init -q -b main teacher; git -C teacher remote add origin /srv/course/groundwater
        systemd-run -q --collect --unit=course-test git daemon --base-path=/srv/course --export-all \\
          --listen=127.0.0.1 --port=9419`);
      await push({
        "lesson.ipynb": LESSON,
        "plan.ipynb": about("plan"),
        "old.ipynb": about("old"),
      });
      await workshop().serverShows(`git ls-remote --exit-code ${COURSE.repo} main`);
      for (const person of people.filter((it) => it !== "hamid" && it !== "jamila")) {
        await as(person, `/opt/tljh/user/bin/gitpuller ${COURSE.repo} main ~/groundwater 2>&1`);
      }
      for (const { person, edit } of EDITS) await save(person, "lesson.ipynb", edit);
      for (const word of ["plan", "old", "new"]) {
        await save("farida", `${word}.ipynb`, about(word, "mine = 1"));
      }
      await save("indira", "week.ipynb", about("own"));
      // A hook that a participant has made for the next pull, and a lock that somebody's git left.
      await as(
        "bolot",
        `printf '#!/bin/sh\\nid -un >~/hook; (setsid sleep 4711 >/dev/null 2>&1 &)\\n' >.git/hooks/post-merge
         chmod +x .git/hooks/post-merge`,
      );
      await as("gulnara", "touch .git/index.lock");
      // In place of a copy of one's own, the way into somebody else's.
      await as("jamila", "ln -s /home/jupyter-aigul/groundwater groundwater");
      await push(
        { "lesson.ipynb": FIXED, "new.ipynb": about("new") },
        "git mv plan.ipynb week.ipynb; git rm -q old.ipynb",
      );
      first = statesOf(await command("status"));
      facts = await command("pull-all");
    });
    after(async () => {
      const accounts = people.map((person) => `jupyter-${person}`).join(" ");
      await workshop().onServer(`systemctl stop course-test; rm -rf /srv/course
        for account in ${accounts}; do userdel --force --remove $account; done`);
    });

    it("everybody is seen not to have pulled, and who has no clone or another one", () => {
      for (const person of people) {
        const others: Record<string, string> = { hamid: "none", jamila: "other" };
        assert.equal(first.get(person)?.state, others[person] ?? "behind", person);
      }
    });

    for (const { title, person, after, lacks } of EDITS) {
      it(`${title}, and the status says so`, async () => {
        assert.deepEqual(cellsOf(await as(person, "cat lesson.ipynb")), after);
        const state = statesOf(facts).get(person);
        assert.equal(state?.state, lacks.length > 0 ? "lacks" : "has", JSON.stringify(state));
        assert.deepEqual(lacked(state), lacks);
      });
    }

    it("edits follow a renamed notebook, a deleted one stays, one's own of a new name is renamed", async () => {
      const files = (await as("farida", "ls -1")).trim().split("\n");
      const own = files.filter((file) => /^new__\d{14}\.ipynb$/.test(file));
      assert.deepEqual(files, ["lesson.ipynb", "new.ipynb", ...own, "old.ipynb", "week.ipynb"]);
      for (const file of ["week.ipynb", "old.ipynb", ...own]) {
        const [first] = cellsOf(await as("farida", `cat ${file}`));
        assert.equal(first?.source, "mine = 1", file);
      }
      assert.equal(own.length, 1);
      assert.deepEqual(cellsOf(await as("farida", "cat new.ipynb")), about("new"));
      assert.equal(statesOf(facts).get("farida")?.state, "has");
    });

    it("a lock, one's own file in the way and a link to another's copy are told, and stop nobody else", () => {
      const pulled = facts.filter((fact) => fact.kind === "pulled");
      assert.equal(pulled.length, people.length - 1);
      const failed = new Map(pulled.filter(({ ok }) => !ok).map((it) => [it.participant, it.said]));
      assert.deepEqual([...failed.keys()].sort(), ["gulnara", "indira", "jamila"]);
      assert.match(failed.get("gulnara") ?? "", /index\.lock of \d\d:\d\d was left behind/);
      assert.match(failed.get("indira") ?? "", /would be overwritten by merge: week\.ipynb/);
      assert.match(failed.get("jamila") ?? "", /dubious ownership/);
      assert.equal(statesOf(facts).get("indira")?.state, "behind");
    });

    it("a pull for all runs participants' hooks as them, ends what these start, leaves nothing", async () => {
      assert.equal((await as("bolot", "cat ~/hook")).trim(), "jupyter-bolot");
      const left = await onServer(
        `pgrep -f '[s]leep 4711' || true; find /home/jupyter-* -user root; ls -d /run/workshop-course.* 2>/dev/null || true`,
      );
      assert.equal(left, "");
    });

    it("a fresh copy has the fix, and the old one is still there", async () => {
      const [fresh] = await command("fresh", "cholpon");
      assert.ok(fresh?.kind === "fresh", JSON.stringify(fresh));
      assert.equal(fresh.fails, "");
      assert.deepEqual(cellsOf(await as("cholpon", "cat lesson.ipynb")), FIXED);
      const [, , edited] = EDITS;
      assert.deepEqual(
        cellsOf(await as("cholpon", `cat ~/${fresh.aside}/lesson.ipynb`)),
        edited?.after,
      );
      assert.equal(await as("cholpon", "stat -c %U . .git/HEAD | sort -u"), "jupyter-cholpon\n");
      assert.equal(statesOf(await command("status")).get("cholpon")?.state, "has");
    });

    it("a person is told who lacks it and what to type, until all have it", async () => {
      const lacking = await typed("status");
      assert.equal(lacking.status, 1, lacking.text);
      assert.match(
        lacking.text,
        /\nelnura +groundwater +lacks it in lesson\.ipynb \(cell 3: q = k \* i \* A\)\n/,
      );
      assert.match(
        lacking.text,
        /\ngulnara +groundwater +has not pulled since .* \(1 commit behind\)/,
      );
      assert.match(lacking.text, /\nhamid +groundwater +no clone yet\n/);
      assert.match(lacking.text, /course -- fresh daniyar --repo 'groundwater' --stack test\n/);

      const misspelt = await typed("fresh", "danyar");
      assert.equal(misspelt.status, 1);
      assert.match(misspelt.text, /no such participant[^]*course -- fresh daniyar --stack test\n/);
      for (const person of ["daniyar", "elnura", "jamila"]) {
        const fresh = await typed("fresh", person);
        assert.equal(fresh.status, 0, fresh.text);
        assert.match(
          fresh.text,
          /a fresh copy in groundwater; the old one is in groundwater-until-/,
        );
      }

      const locked = await typed("pull-all");
      assert.equal(locked.status, 1);
      assert.match(locked.text, /^pulled groundwater for aigul\n/m);
      assert.match(locked.text, /^gulnara: not pulled, groundwater \.git\/index\.lock of/m);
      await as("gulnara", "rm .git/index.lock");
      await as("indira", "mv week.ipynb mine.ipynb");
      const pulled = await typed("pull-all");
      assert.equal(pulled.status, 0, pulled.text);
      const all = await typed("status");
      assert.equal(all.status, 0, all.text);
      assert.doesNotMatch(all.text, /To pull|For a fresh copy/);
    });
  });
}
