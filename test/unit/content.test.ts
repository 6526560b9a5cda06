import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import * as fc from "fast-check";
import { branchFault, parseContent } from "../../components/content";
import { formatProblem } from "../../components/text";

function problemsOf(...entries: unknown[]): string[] {
  return parseContent(JSON.stringify(entries), "github.com").problems.map(formatProblem);
}

function contentOf(...entries: unknown[]) {
  const { content, problems } = parseContent(JSON.stringify(entries), "github.com");
  assert.deepEqual(problems, []);
  return content;
}

describe("content", () => {
  it("may be nothing", () => {
    assert.deepEqual(parseContent("", "github.com"), { content: [], problems: [] });
    assert.deepEqual(parseContent("[]", "github.com"), { content: [], problems: [] });
  });

  it("needs no more than a repository", () => {
    assert.deepEqual(contentOf({ repo: "hydro/GW-workshop" }), [
      {
        name: "gw-workshop",
        url: "https://github.com/hydro/GW-workshop",
        host: "github.com",
        path: "hydro/GW-workshop",
        branch: "main",
        open: "",
        app: "lab",
        folder: "GW-workshop",
      },
    ]);
  });

  it("takes a repository as people write it", () => {
    for (const repo of [
      "hydro/gw",
      "hydro/gw/",
      "hydro/gw.git",
      "https://github.com/hydro/gw",
      "https://GitHub.com/hydro/gw.git/",
    ]) {
      assert.equal(contentOf({ repo })[0]?.url, "https://github.com/hydro/gw");
    }
  });

  it("takes one of another host, and group projects and non-Latin names where a host has them", () => {
    const [entry] = contentOf({ repo: "https://git.example.org:8443/гидро/курс/введение" });
    assert.equal(entry?.host, "git.example.org:8443");
    assert.equal(entry?.path, "гидро/курс/введение");
    const [same] = contentOf({ repo: `https://git.example.org/${encodeURIComponent("гидро")}/x` });
    assert.equal(same?.path, "гидро/x");
  });

  it("gives two repositories of one name different folders, and one repository twice the same", () => {
    const folders = contentOf({ repo: "a/course" }, { repo: "b/course" }, { repo: "a/other" });
    assert.deepEqual(
      folders.map(({ folder }) => folder),
      ["a-course", "b-course", "other"],
    );
    const twice = contentOf({ repo: "a/course", open: "1.ipynb" }, { repo: "a/course", open: "2" });
    assert.deepEqual(
      twice.map(({ folder, name }) => [folder, name]),
      [
        ["course", "course"],
        ["course", "course-2"],
      ],
    );
  });

  it("gives a second branch of a repository a copy of its own", () => {
    const folders = contentOf({ repo: "a/course" }, { repo: "a/course", branch: "осень/2026-#1" });
    assert.deepEqual(
      folders.map(({ folder }) => folder),
      ["course", "course-осень-2026-1"],
    );
  });

  it("says all that is wrong at once, each with the command that mends it", () => {
    const problems = problemsOf(
      { repo: "git@github.com:hydro/gw.git", app: "notebok" },
      { repo: "hydro/gw", open: "notebooks\\1 intro.ipynb", branche: "main", name: "hub" },
      "hydro/gw",
    );
    assert.equal(problems.length, 6, problems.join("\n"));
    const text = problems.join("\n");
    assert.match(text, /content\[0\]\.repo is not an address by https/);
    assert.match(text, /content\[0\]\.app' notebook/);
    assert.match(text, /set --path 'content\[1\]\.open' 'notebooks\/1 intro\.ipynb'/);
    assert.match(text, /branche\n(?:.|\n)*rm --path 'content\[1\]\.branche'/);
    assert.match(text, /content\[1\]\.name cannot be an address on the hub/);
    assert.match(text, /content\[2\] is not a table/);
  });

  for (const open of ["/notebooks/1.ipynb", "../secret", "a//b", "a/./b", "a/../b", "a\u0000"]) {
    it(`refuses to open ${JSON.stringify(open)}`, () => {
      assert.match(problemsOf({ repo: "a/b", open }).join(), /is not a path in the repository/);
    });
  }

  it("takes paths with spaces, signs and non-Latin names as they are", () => {
    const open = "notebooks/Урок 3 #1 & a+b?%20.ipynb";
    assert.equal(contentOf({ repo: "a/b", open })[0]?.open, open);
  });

  it("agrees with git about the names of branches", () => {
    const name = fc
      .array(fc.constantFrom(..."ab/.-~^:?*[\\@{ #&+осень"), { minLength: 1, maxLength: 6 })
      .map((signs) => signs.join(""));
    fc.assert(
      fc.property(name, (branch) => {
        const git = spawnSync("git", ["check-ref-format", "--branch", branch], { cwd: "/" });
        // Git reads @{-1} and the like there; as a reference it is the same question.
        const ref = spawnSync("git", ["check-ref-format", `refs/heads/${branch}`], { cwd: "/" });
        const allowed = ref.status === 0 && (git.status === 0 || branch === "@");
        assert.equal(branchFault(branch) === undefined, allowed && branch !== "@");
      }),
      { numRuns: 150 },
    );
    assert.match(execFileSync("git", ["--version"], { encoding: "utf8" }), /git/);
  });

  it("never throws, whatever is in it, and never gives a folder outside the home", () => {
    fc.assert(
      fc.property(fc.json(), fc.anything(), (text, value) => {
        for (const raw of [
          text,
          JSON.stringify([value]) ?? "",
          JSON.stringify([{ repo: value }]),
        ]) {
          const { content, problems } = parseContent(raw, "github.com");
          for (const problem of problems) assert.match(problem.mend, /^pulumi config /);
          if (problems.length > 0) continue;
          for (const { folder } of content) assert.ok(!/^\.|\//.test(folder));
        }
      }),
    );
  });
});
