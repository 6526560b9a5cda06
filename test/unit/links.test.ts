import assert from "node:assert/strict";
import * as fc from "fast-check";
import { parseContent, type ContentEntry } from "../../components/content";
import { link, linksList, linksRule, shortPaths, type Linked } from "../../components/links";

const BASE = "https://jupyter.example.org";

function entries(...raw: unknown[]): ContentEntry[] {
  const { content, problems } = parseContent(JSON.stringify(raw), "github.com");
  assert.deepEqual(problems, []);
  return content;
}

function one(raw: unknown): ContentEntry {
  const [entry] = entries(raw);
  assert.ok(entry);
  return entry;
}

/**
 * What becomes of a link: the hub decodes the query and encodes it anew (blanks become +), Tornado
 * decodes that and cuts blanks at both ends, nbgitpuller goes to urlpath, and the application takes
 * the path of that address apart, encoded once.
 */
function follow(address: string) {
  const { origin, pathname, search } = new URL(address);
  const again = new URLSearchParams(new URLSearchParams(search));
  const get = (key: string) => again.get(key)?.trim();
  const repo = get("repo") ?? "";
  const target = get("targetpath") ?? repo.split("/").at(-1);
  const place = new URL(`${origin}/user/aigul/${get("urlpath")}`);
  assert.equal(place.search + place.hash, "");
  const parts = /^\/user\/aigul\/(lab\/tree|notebooks|edit|tree)\/(.*)$/.exec(place.pathname);
  return {
    at: origin + pathname,
    repo,
    branch: get("branch"),
    target,
    view: parts?.[1],
    file: decodeURIComponent(parts?.[2] ?? ""),
  };
}

describe("links", () => {
  it("are addresses of nbgitpuller on the hub", () => {
    const entry = one({ repo: "hydro/gw", open: "notebooks/1_introduction.ipynb" });
    assert.equal(
      link(`${BASE}/`, entry),
      "https://jupyter.example.org/hub/user-redirect/git-pull?repo=https%3A%2F%2Fgithub.com%2Fhydro%2Fgw&branch=main&urlpath=lab%2Ftree%2Fgw%2Fnotebooks%2F1_introduction.ipynb",
    );
  });

  const views: [app: string, open: string, view: string][] = [
    ["lab", "", "lab/tree"],
    ["lab", "a.ipynb", "lab/tree"],
    ["notebook", "", "tree"],
    ["notebook", "notebooks", "tree"],
    ["notebook", "v1.0", "tree"],
    ["notebook", "notebooks/a b.ipynb", "notebooks"],
    ["notebook", "data/wells.csv", "edit"],
  ];
  for (const [app, open, view] of views) {
    it(`open ${open || "the top"} in ${app} at ${view}`, () => {
      const gone = follow(link(BASE, one({ repo: "hydro/gw", app, open })));
      assert.equal(gone.view, view);
      assert.equal(gone.file, open === "" ? "gw" : `gw/${open}`);
    });
  }

  it("name the folder only where it is not nbgitpuller's own choice", () => {
    const [first, second] = entries({ repo: "a/course" }, { repo: "b/course", open: "x.ipynb" });
    assert.ok(first && second);
    assert.equal(follow(link(BASE, first)).target, "a-course");
    assert.equal(follow(link(BASE, second)).file, "b-course/x.ipynb");
    assert.doesNotMatch(link(BASE, one({ repo: "a/course" })), /targetpath/);
  });

  it("bring repository, branch and path through, whatever is in their names", () => {
    const sign = fc.constantFrom(..."ab1 #&+%?=;:@$!'()*[]{}<>\"|^~`,._-éЖұ水");
    const word = fc
      .array(sign, { minLength: 1, maxLength: 12 })
      .map((signs) => signs.join("").trim())
      .filter((text) => text !== "" && text !== "." && text !== "..");
    const entry = fc.record<Linked>({
      url: word.map((name) => `https://github.com/hydro/${name}`),
      branch: word,
      open: fc.array(word, { maxLength: 3 }).map((parts) => parts.join("/")),
      app: fc.constantFrom("lab", "notebook"),
      folder: word,
    });
    fc.assert(
      fc.property(entry, (it) => {
        const address = link(BASE, it);
        // Nothing in it that an e-mail program or a shell could take for the end of the address.
        assert.match(address, /^[\w.~:/?&=%-]+$/);
        const gone = follow(address);
        assert.equal(gone.at, `${BASE}/hub/user-redirect/git-pull`);
        assert.equal(gone.repo, it.url);
        assert.equal(gone.branch, it.branch);
        assert.equal(gone.target, it.folder);
        assert.equal(gone.file, it.open === "" ? it.folder : `${it.folder}/${it.open}`);
      }),
      { numRuns: 500 },
    );
  });
});

describe("short addresses", () => {
  const content = entries({ repo: "hydro/gw" }, { repo: "hydro/data", name: "data" });

  it("are `start` for the first entry, and each entry's name", () => {
    assert.deepEqual(
      shortPaths(content).map(([word]) => word),
      ["start", "gw", "data"],
    );
    const [start, first] = shortPaths(content);
    assert.equal(start?.[1], first?.[1]);
  });

  it("and the list are nothing when there is no content", () => {
    assert.equal(linksRule([]), "");
    assert.equal(linksList([]), "");
  });

  it("lead where the link leads, in small letters or large, and nothing else does", () => {
    const rule = linksRule(content);
    const words = /PathRegexp\(`\(\?i\)(.*?)`\)/.exec(rule)?.[1] ?? "";
    const pattern = new RegExp(words, "i");
    for (const path of ["/start", "/START", "/gw/", "/data"]) assert.match(path, pattern);
    for (const path of ["/", "/hub/home", "/start/x", "/user/gw", "/gwx", "/hub/login"]) {
      assert.doesNotMatch(path, pattern);
    }
    const replacements = [...rule.matchAll(/^replacement = (".*")$/gm)].map(
      ([, text]) => JSON.parse(text ?? "") as string,
    );
    assert.deepEqual(
      replacements,
      shortPaths(content).map(([, path]) => path),
    );
  });

  it("cannot be led astray by what a name of a file has in it", () => {
    const open = `x"]\n[http]'</a>$1\${2}{{3}}.ipynb`.replace("\n", "");
    const evil = one({ repo: "hydro/gw", open });
    const rule = linksRule([evil]);
    assert.doesNotMatch(rule, /\$1|\{\{|^\[http\]/m);
    assert.doesNotMatch(linksList([evil]), /'<\/a>/);
    assert.match(linksList([evil]), /&#39;&lt;\/a&gt;/);
  });
});
