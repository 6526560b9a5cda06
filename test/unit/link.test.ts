import assert from "node:assert/strict";
import { parseLinkArguments, stackOf } from "../../scripts/linkArguments";

const parse = (...args: string[]) => parseLinkArguments(args, "github.com");

describe("npm run link", () => {
  it("makes of its options what content makes of its fields", () => {
    const words = "--repo hydro/gw --branch dev --open a/b.ipynb --app notebook --name day-2";
    assert.deepEqual(parse(...words.split(" ")), {
      name: "day-2",
      url: "https://github.com/hydro/gw",
      host: "github.com",
      path: "hydro/gw",
      branch: "dev",
      open: "a/b.ipynb",
      app: "notebook",
      folder: "gw",
    });
    assert.equal(stackOf(["--repo", "hydro/gw", "--stack", "spring"]), "spring");
    assert.equal(stackOf(["-r", "hydro/gw"]), undefined);
  });

  it("keeps a repository's folder, and gives nobody else's away", () => {
    const listed = [
      { url: "https://github.com/a/gw", branch: "main" },
      { url: "https://github.com/b/gw", branch: "main" },
      { url: "https://github.com/b/wells", branch: "main" },
    ];
    const folder = (repo: string, branch = "main") =>
      parseLinkArguments(["--repo", repo, "--branch", branch], "github.com", listed).folder;
    assert.equal(folder("a/gw"), "a-gw");
    assert.equal(folder("b/wells"), "wells");
    assert.equal(folder("a/wells"), "a-wells");
    assert.equal(folder("a/new"), "new");
    // A copy cannot change to another branch.
    assert.equal(folder("b/wells", "week/2"), "wells-week-2");
  });

  it("tells all that is wrong, in this command's words", () => {
    assert.throws(
      () => parse("--repo", "hydro", "--app", "labb", "--open", "/a.ipynb"),
      ({ message }: Error) => {
        assert.match(message, /^There is no link: 3 problems/);
        assert.match(message, /--repo is not a repository/);
        // Whichever is pasted, all three are right.
        const mends = message.match(/mend: {5}.*/g);
        assert.deepEqual(
          [...new Set(mends)],
          ["mend:     npm run -s link -- --repo org/repo --app lab --open a.ipynb"],
        );
        assert.equal(mends?.length, 3);
        assert.doesNotMatch(message, /content\[/);
        return true;
      },
    );
  });

  it("asks for the repository, and knows a misspelt option", () => {
    assert.throws(() => parse("--open", "a.ipynb"), /The repository is missing/);
    assert.throws(() => parse("--opne", "a.ipynb"), /--opne cannot be used so[^]* --open /);
    assert.throws(() => parse("hydro/gw"), /without an option in front/);
    assert.throws(() => parse("--repo"), /--repo cannot be used so/);
  });
});
