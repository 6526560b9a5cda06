import assert from "node:assert/strict";
import { coursesOf, parseCourseArguments, type CourseContent } from "../../scripts/courseArguments";
import { factOf, type Fact, type State } from "../../scripts/courseFacts";
import { courseValues } from "../../scripts/courseServer";
import {
  freshProblem,
  freshText,
  isWell,
  pulledText,
  stateText,
  statusText,
  table,
} from "../../scripts/courseTable";

describe("course: what a person types", () => {
  it("is status, pull-all, or fresh with a name", () => {
    assert.deepEqual(parseCourseArguments(["status"]), { do: "status", json: false });
    assert.deepEqual(parseCourseArguments(["pull-all", "-s", "dev", "--json"]), {
      do: "pull-all",
      stack: "dev",
      json: true,
    });
    assert.deepEqual(parseCourseArguments(["fresh", "ana", "--repo", "gw"]), {
      do: "fresh",
      name: "ana",
      repo: "gw",
      json: false,
    });
  });

  it("may be the account's name on the server, too", () => {
    assert.equal(parseCourseArguments(["fresh", "jupyter-ana"]).name, "ana");
    assert.equal(parseCourseArguments(["fresh", "jupyter-"]).name, "jupyter-");
  });

  const wrong: [string[], RegExp][] = [
    [[], /What to do is missing[^]*received: nothing[^]*npm run course -- status/],
    [["pul-all"], /does not know the word pul-all[^]*npm run course -- pull-all/],
    [["fresh"], /Whose copy is missing[^]*npm run course -- fresh NAME/],
    [["fresh", "ana", "bo"], /words too many[^]*received: bo[^]*course -- fresh ana/],
    [["status", "ana"], /words too many[^]*received: ana[^]*course -- status/],
    [["status", "--stak", "x"], /option --stak cannot[^]*course -- status --stack x$/],
    [["status", "--stack"], /option --stack cannot[^]*course -- status --stack NAME/],
    [["status", "--json=1"], /option --json cannot[^]*course -- status --json$/],
  ];
  for (const [args, text] of wrong) {
    it(`is told what is meant instead of "${args.join(" ")}"`, () => {
      assert.throws(() => parseCourseArguments(args), text);
    });
  }
});

describe("course: which repositories", () => {
  const entry = (folder: string, name = folder): CourseContent => ({
    name,
    repo: `https://github.com/river-lab/${folder}.git`,
    branch: "main",
    folder,
  });
  const content = [entry("groundwater"), entry("groundwater", "day-2"), entry("field-data")];

  it("are all of the stack's, each once however many links it has", () => {
    const found = coursesOf(content, { do: "status" }, "dev");
    assert.deepEqual(
      found.map(({ folder }) => folder),
      ["groundwater", "field-data"],
    );
  });

  it("are one that is named by its link, its folder, its repository or its address", () => {
    for (const repo of ["day-2", "groundwater", "river-lab/groundwater", content[0]?.repo ?? ""]) {
      const [only, ...more] = coursesOf(content, { do: "fresh", name: "ana", repo }, "dev");
      assert.equal(only?.folder, "groundwater", repo);
      assert.deepEqual(more, []);
    }
  });

  it("are told when none is meant, several could be, or there are none", () => {
    const ask = (repo?: string) => () =>
      coursesOf(content, { do: "fresh", name: "ana", ...(repo && { repo }) }, "dev");
    assert.throws(
      ask("groundwatr"),
      /no such course[^]*groundwater, field-data[^]*fresh ana --stack dev --repo groundwater$/,
    );
    assert.throws(ask("lab/groundwater"), /no such course/);
    assert.throws(ask(), /not clear which[^]*fresh ana --stack dev --repo groundwater$/);
    for (const none of [undefined, []]) {
      assert.throws(
        () => coursesOf(none, { do: "status" }, "dev"),
        /The stack dev has no course repositories[^]*content\[0\]\.repo[^]*up --stack dev$/,
      );
    }
  });

  it("go to the server with the program that runs there", () => {
    const { REQUEST, PROGRAMS } = courseValues({ do: "pull-all" }, [entry("groundwater")]);
    assert.match(REQUEST as string, /"do":"pull".*"url":"https:\/\/github.com\/river-lab\/groundw/);
    assert.deepEqual(Object.keys(PROGRAMS ?? {}).sort(), [
      "course.py",
      "fixes.py",
      "participant.py",
      "upstream.py",
    ]);
  });
});

describe("course: what a person reads", () => {
  const at = {
    kind: "state",
    course: "gw",
    commit: "a",
    pulled: 0,
    notes: [] as string[],
  } as const;
  const cells = [1, 2, 3, 4, 5].map((number) => ({ number, says: `x = ${number}` }));
  const states: State[] = [
    { ...at, participant: "ana", state: "has", behind: 0, lacks: [] },
    {
      ...at,
      participant: "bo",
      state: "lacks",
      behind: 0,
      lacks: [{ file: "a b.ipynb", why: "", cells }],
    },
    {
      ...at,
      participant: "clara",
      state: "behind",
      behind: 2,
      pulled: 86400 * 3,
      lacks: [
        { file: "a.ipynb", why: "", cells: cells.slice(0, 1) },
        { file: "b.csv", why: "is not there", cells: [] },
        { file: "c.py", why: "", cells: [] },
      ],
      notes: ["a merge is not finished"],
    },
    { kind: "state", course: "gw", participant: "dina", state: "none" },
    { kind: "state", course: "gw", participant: "emil", state: "fails", said: "fatal: no" },
    { kind: "state", course: "gw", participant: "Анна", state: "other", said: "is no clone" },
  ];
  const newest: Fact = {
    kind: "upstream",
    course: "gw",
    commit: "0123456789",
    when: 0,
    subject: "Fix",
  };

  it("says of each copy what it lacks, and where", () => {
    const texts = states.map(stateText);
    assert.equal(texts[0], "has the fix");
    assert.equal(texts[1], "lacks it in a b.ipynb (cells 1: x = 1, 2: x = 2, 3: x = 3 and 2 more)");
    assert.match(
      texts[2] ?? "",
      /^has not pulled since 1970-01-0[34] \d\d:\d\d \(2 commits behind\): a\.ipynb \(cell 1: x = 1\), b\.csv \(it is not there\), c\.py; a merge is not finished$/,
    );
    assert.deepEqual(texts.slice(3), [
      "no clone yet",
      "pull fails: fatal: no",
      "another folder is in its place: is no clone",
    ]);
  });

  it("is a table, how many of which kind, and the next command for this stack", () => {
    const text = statusText([newest, ...states], "dev");
    assert.match(
      text,
      /^gw: newest is 0123456 of \d{4}-\d\d-\d\d \d\d:\d\d, Fix\n\nparticipant {2}/,
    );
    assert.match(text, /\nАнна {9}gw {10}another/);
    assert.match(
      text,
      /\n1 with the fix, 1 without it though pulled, 1 not pulled, 1 where a pull fails, 1 with something else in its place, 1 with no clone yet\n/,
    );
    assert.match(text, /npm run course -- pull-all --stack dev\n/);
    assert.match(text, /npm run course -- fresh bo --repo 'gw' --stack dev$/);
    assert.match(statusText([newest], "dev"), /Nobody has logged in yet/);
    assert.match(
      statusText([{ kind: "upstream", course: "gw", error: "fatal: no" }], "dev"),
      /^gw: cannot be read: fatal: no\n/,
    );
  });

  it("has columns as wide as what is in them", () => {
    assert.equal(
      table([
        ["a", "b"],
        ["ёжик", "c"],
      ]),
      "a     b\nёжик  c",
    );
  });

  it("is a success only when all have the fix, or all were pulled", () => {
    const [has, lacks, behind, none, fails, other] = states as [
      State,
      State,
      State,
      State,
      State,
      State,
    ];
    assert.equal(isWell([newest, has, none], "status"), true);
    for (const one of [lacks, behind, fails, other])
      assert.equal(isWell([has, one], "status"), false);
    const unread: Fact = { kind: "upstream", course: "gw", error: "no" };
    assert.equal(isWell([unread, has], "status"), false);
    const pulled = (ok: boolean): Fact => ({
      kind: "pulled",
      participant: "ana",
      course: "gw",
      ok,
      said: ok ? "" : "fatal: no",
    });
    assert.equal(isWell([pulled(true), lacks], "pull-all"), true);
    assert.equal(isWell([pulled(true), pulled(false), has], "pull-all"), false);
    assert.deepEqual(
      [pulled(true), pulled(false)].map((it) => (it.kind === "pulled" ? pulledText(it) : "")),
      ["pulled gw for ana", "ana: not pulled, gw fatal: no"],
    );
  });

  it("tells where the old copy is, or why there is no fresh one and who could be meant", () => {
    const fresh = {
      kind: "fresh",
      participant: "ana",
      course: "gw",
      folder: "gw",
      fails: "",
    } as const;
    assert.match(freshText({ ...fresh, aside: "gw-until-x" }), /old one is in gw-until-x\./);
    assert.match(freshText({ ...fresh, aside: "" }), /there was none before/);
    assert.match(
      freshProblem({ ...fresh, aside: "", fails: "fatal: no" }, "dev"),
      /could not be made; the old one is where it was\n {2}received: fatal: no/,
    );
    const people = ["ana", "boris"];
    const unknown = (participant: string, known: string[]) =>
      freshProblem({ kind: "unknown", participant, people: known }, "dev");
    assert.match(unknown("borsi", people), /allowed: {2}ana, boris\n.*fresh boris --stack dev$/);
    assert.match(unknown("zzzzzzzz", people), /course -- status --stack dev$/);
    assert.match(unknown("ana", []), /nobody yet/);
  });

  it("leaves out whatever else the server prints", () => {
    assert.equal(factOf("Warning: {"), undefined);
    assert.equal(factOf("{half"), undefined);
    assert.deepEqual(factOf(JSON.stringify(newest)), newest);
  });
});
