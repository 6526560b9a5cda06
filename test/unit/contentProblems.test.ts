import assert from "node:assert/strict";
import {
  commitsOf,
  contentProblems,
  contentWarnings,
  nearestPath,
  submoduleUrl,
  type CheckedEntry,
  type Found,
} from "../../providers/contentProblems";
import { formatProblem } from "../../components/text";

const ENTRY: CheckedEntry = {
  name: "course",
  url: "https://github.com/org/course",
  host: "github.com",
  branch: "main",
  open: "notebooks/1_introduction.ipynb",
  app: "lab",
};
const FOUND: Found = {
  name: "course",
  branches: ["dev", "main"],
  default: "main",
  commit: "c0ffee",
  paths: [
    "README.md",
    "notebooks/1_introduction.ipynb",
    "notebooks/2_Wells.ipynb",
    "data/wells.csv",
  ],
  folders: ["notebooks", "data"],
  attributes: "",
  modules: [],
};

function problems(
  entry: Partial<CheckedEntry>,
  found: Partial<Found> = {},
  { gitHost = "github.com", hasToken = true } = {},
): string[] {
  const entries = [
    { ...ENTRY, name: "first" },
    { ...ENTRY, ...entry },
  ];
  const seen = [
    { ...FOUND, name: "first" },
    { ...FOUND, ...found },
  ];
  return contentProblems(entries, seen, { gitHost, hasToken }).map(formatProblem);
}
const refused = (said: string) => ({ name: "course", said, branches: undefined });

describe("the check of the course's content", () => {
  it("finds nothing wrong where repository, branch and path exist", () => {
    assert.deepEqual(problems({}), []);
    assert.deepEqual(problems({ open: "" }), []);
    assert.deepEqual(problems({ open: "notebooks" }), []);
  });

  for (const [open, meant] of [
    ["1_introduction.ipynb", "notebooks/1_introduction.ipynb"],
    ["Notebooks/1_Introduction.ipynb", "notebooks/1_introduction.ipynb"],
    ["notebooks/1_introducton.ipynb", "notebooks/1_introduction.ipynb"],
    ["notebooks/2_wells.ipynb", "notebooks/2_Wells.ipynb"],
    ["course/notebooks/2_Wells.ipynb", "notebooks/2_Wells.ipynb"],
    ["2_wels.ipynb", "notebooks/2_Wells.ipynb"],
    ["notebook", "notebooks"],
  ] as const) {
    it(`names ${meant} for ${open}`, () => {
      const [text = "", ...more] = problems({ open });
      assert.deepEqual(more, []);
      assert.match(text, /^content\[1\]\.open \(course\) does not exist on branch main of https/);
      assert.ok(text.includes(`received: ${open}\n`), text);
      assert.ok(text.includes(`mend:     pulumi config set --path 'content[1].open' ${meant},`));
    });
  }

  it("tells an accent that is written in another way apart from a missing file", () => {
    assert.equal(
      nearestPath("te\u0301ma.ipynb", ["a.ipynb", "t\u00e9ma.ipynb"]),
      "t\u00e9ma.ipynb",
    );
  });

  it("prefers of two files of one name the one that is written alike", () => {
    const existing = ["old/intro.ipynb", "notebooks/intro.ipynb"];
    assert.equal(nearestPath("notebook/intro.ipynb", existing), "notebooks/intro.ipynb");
  });

  it("lists notebooks when nothing is near, and does not guess", () => {
    const [text = ""] = problems({ open: "zzzzzzzz/qqqqqqqqqqqqqqqqqqqq.R" });
    assert.match(text, /allowed: {2}notebooks\/1_introduction\.ipynb, notebooks\/2_Wells\.ipynb\n/);
    assert.match(text, /mend: {5}push the file to the repository, or: pulumi config set/);
  });

  it("quotes what a shell would change", () => {
    const found = { paths: ["day 1/it's new.ipynb"], folders: ["day 1"] };
    const [text = ""] = problems({ open: "it's new.ipynb" }, found);
    assert.ok(text.includes(`'content[1].open' 'day 1/it'\\''s new.ipynb', then: pulumi up`), text);
  });

  it("names the branch that is meant: another case, misspelt, or the default one", () => {
    const branch = (wanted: string, branches: string[], head = "") =>
      /\.branch' (\S+),/.exec(
        problems(
          { branch: wanted },
          { branches, default: head, commit: undefined, paths: undefined, folders: undefined },
        )[0] ?? "",
      )?.[1];
    assert.equal(branch("Main", ["dev", "main"]), "main");
    assert.equal(branch("mian", ["dev", "main"]), "main");
    assert.equal(branch("main", ["dev", "master"], "master"), "master");
    const [text = ""] = problems({}, { branches: [], default: "", commit: undefined });
    assert.match(text, /has none yet[^]*push a first commit/);
  });

  it("says with a repository that cannot be read what git said, and what the token has to do with it", () => {
    const said = "remote: Repository not found.\nfatal: repository not found";
    const [text = ""] = problems({}, refused(said));
    assert.match(text, /remote: Repository not found\. · fatal: repository not found/);
    assert.match(text, /'content\[1\]\.repo' org\/repo, then: pulumi up; or let the token read it/);
    const [without = ""] = problems({}, refused(said), { hasToken: false });
    assert.match(without, /if it is private: pulumi config set --secret gitToken, then/);
    const [elsewhere = ""] = problems({}, refused(said), { gitHost: "git.example.org" });
    assert.doesNotMatch(elsewhere, /gitToken/);
  });

  it("does not take a host's silence for a wrong address", () => {
    const said = "fatal: unable to access 'https://…': Could not resolve host: github.com";
    const [text = ""] = problems({}, refused(said));
    assert.match(text, /could not be checked[^]*mend: {5}pulumi up, in some minutes/);
  });

  it("tells of all entries at once", () => {
    const entries = [
      { ...ENTRY, name: "a", open: "x.ipynb" },
      { ...ENTRY, name: "b", branch: "dve" },
      { ...ENTRY, name: "c" },
    ];
    const found = entries.map(({ name }) => ({ ...FOUND, name }));
    const texts = contentProblems(entries, found, { gitHost: "github.com", hasToken: true });
    assert.deepEqual(
      texts.map(({ wrong }) => wrong.split(" ")[0]),
      ["content[0].open", "content[1].branch"],
    );
  });
});

describe("warnings about the course's content", () => {
  const warnings = (found: Partial<Found>, entry: Partial<CheckedEntry> = {}) =>
    contentWarnings([{ ...ENTRY, ...entry }], [{ ...FOUND, ...found }]);

  it("are none where all reaches participants", () => {
    assert.deepEqual(warnings({ attributes: "*.ipynb diff=jupyternotebook\n" }), []);
  });

  it("tell of Git LFS", () => {
    const [text = ""] = warnings({ attributes: "*.nc filter=lfs diff=lfs merge=lfs -text\n" });
    assert.match(text, /org\/course keeps files in Git LFS/);
  });

  it("tell of submodules on the same host that have no entry", () => {
    const [text = "", ...more] = warnings({
      modules: ["../data.git", "https://elsewhere.org/x/y", "https://github.com/org/course"],
    });
    assert.deepEqual(more, []);
    assert.match(text, /has the submodule https:\/\/github\.com\/org\/data,/);
  });

  it("read a submodule's address as git does", () => {
    const repository = "https://github.com/org/course";
    for (const [url, whole] of [
      ["../data.git", "https://github.com/org/data"],
      ["../../other/data", "https://github.com/other/data"],
      ["./part", "https://github.com/org/course/part"],
      ["https://github.com/a/b.git", "https://github.com/a/b"],
      ["git@github.com:a/b.git", "https://github.com/a/b"],
      ["ssh://git@github.com/a/b", "https://github.com/a/b"],
    ] as const) {
      assert.equal(submoduleUrl(url, repository), whole);
    }
  });

  it("tell of folders called tree, into which JupyterLab cannot open a link", () => {
    const open = "notebooks/tree/1.ipynb";
    assert.match(warnings({}, { open })[0] ?? "", /called tree/);
    assert.deepEqual(warnings({}, { open, app: "notebook" }), []);
    assert.deepEqual(warnings({}, { open: "tree" }), []);
  });
});

describe("commits of the course", () => {
  it("are told by name, for what could be read", () => {
    assert.deepEqual(commitsOf([FOUND, { name: "other", said: "no" }]), { course: "c0ffee" });
  });
});
