import assert from "node:assert/strict";
import * as fc from "fast-check";
import { parseContent, type ContentEntry } from "../../components/content";
import { link, linkList, links, shortAddressRule } from "../../components/links";

const BASE = "https://hub.example.org";

function entry(change: Partial<ContentEntry> = {}): ContentEntry {
  const path = change.path ?? "org/course";
  return {
    name: "course",
    url: `https://github.com/${path}`,
    host: "github.com",
    path,
    branch: "main",
    open: "",
    app: "lab",
    folder: path.split("/").at(-1) ?? "",
    ...change,
  };
}

interface Arrived {
  repo: string | null;
  branch: string | null;
  /** Of the clone, in the home folder. */
  folder: string;
  page: string;
  /** What the application opens, from the home folder. */
  opens: string;
}

/** What becomes of a link on its way, as each party on it decodes it. */
function follow(address: string): Arrived {
  // The hub sends the query on, decoded and encoded once more; Tornado strips each value.
  const sent = new URLSearchParams(new URL(address).searchParams.toString());
  const value = (key: string) => sent.get(key)?.trim() ?? null;
  const repo = value("repo");
  // nbgitpuller's page carries the path percent-encoded, decodes it, and goes to base + path.
  const path = decodeURIComponent(encodeURIComponent(value("urlpath") ?? ""));
  const { pathname, search, hash } = new URL(`${BASE}/user/aisha/${path}`);
  assert.equal(search + hash, "", "a part of the path has become a query or an anchor");
  const [, page = "", rest = ""] =
    /^\/user\/aisha\/(lab\/tree|notebooks|edit|tree)\/(.*)$/.exec(pathname) ?? [];
  const folder = value("targetpath") ?? repo?.split("/").at(-1) ?? "";
  return { repo, branch: value("branch"), folder, page, opens: decodeURIComponent(rest) };
}

describe("links", () => {
  it("are addresses that a person can read and check", () => {
    assert.equal(
      link(BASE, entry({ open: "notebooks/1_introduction.ipynb" })),
      "https://hub.example.org/hub/user-redirect/git-pull?repo=https%3A%2F%2Fgithub.com%2Forg%2Fcourse" +
        "&branch=main&urlpath=lab%2Ftree%2Fcourse%2Fnotebooks%2F1_introduction.ipynb",
    );
    assert.equal(link(`${BASE}/`, entry()), link(BASE, entry()));
  });

  for (const open of [
    "day 1/a notebook.ipynb",
    "C# & C++/50% more?.ipynb",
    "Жер астындагы суулар/киришүү.ipynb",
    "地下水.ipynb",
    "100%25 sure.ipynb",
    "it's (new) [1] *!~.ipynb",
    "a;b=c,d@e:f$g.ipynb",
    'x"y<z>`|^{}.ipynb',
    "emoji 💧/e\u0301.ipynb",
  ]) {
    for (const app of ["lab", "notebook"] as const) {
      it(`bring ${JSON.stringify(open)} into ${app} as it is called`, () => {
        const arrived = follow(link(BASE, entry({ open, app, branch: "fix/#1+2 & é" })));
        assert.deepEqual(arrived, {
          repo: "https://github.com/org/course",
          branch: "fix/#1+2 & é",
          folder: "course",
          page: app === "lab" ? "lab/tree" : "notebooks",
          opens: `course/${open}`,
        });
      });
    }
  }

  it("open in the notebook application what each thing is opened with", () => {
    const page = (open: string) => follow(link(BASE, entry({ app: "notebook", open }))).page;
    assert.equal(page("notebooks/1.ipynb"), "notebooks");
    assert.equal(page("notebooks/1.IPYNB"), "notebooks");
    assert.equal(page("data/wells.csv"), "edit");
    assert.equal(page("data.v2/wells"), "tree");
    assert.equal(page(""), "tree");
    assert.equal(page(".binder"), "tree");
  });

  it("open the clone's top when nothing is named", () => {
    assert.equal(follow(link(BASE, entry())).opens, "course");
  });

  it("name the folder only where nbgitpuller would choose another", () => {
    assert.doesNotMatch(link(BASE, entry()), /targetpath/);
    const { content } = parseContent('[{"repo":"a/gw","open":"x"},{"repo":"b/gw"}]', "github.com");
    const [one = "", two = ""] = Object.values(links(BASE, content));
    assert.deepEqual([follow(one).folder, follow(two).folder], ["a-gw", "b-gw"]);
    assert.equal(follow(one).opens, "a-gw/x");
  });

  it("come through whatever is in repository, branch, path and folder", () => {
    const word = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 12 })
      // Control characters are refused by the configuration; a blank at an end, by git or the host.
      // eslint-disable-next-line no-control-regex -- that is what they are
      .filter((text) => !/[/\\\u0000-\u001f\u007f]|^\.{1,2}$|^\s|\s$/.test(text));
    const open = fc.array(word, { maxLength: 4 }).map((parts) => parts.join("/"));
    const app = fc.constantFrom("lab" as const, "notebook" as const);
    fc.assert(
      fc.property(word, word, word, word, open, app, (org, name, branch, folder, path, kind) => {
        const one = entry({ path: `${org}/${name}`, branch, folder, open: path, app: kind });
        const arrived = follow(link(BASE, one));
        assert.equal(arrived.repo, one.url);
        assert.equal(arrived.branch, branch);
        assert.equal(arrived.folder, folder);
        assert.equal(arrived.opens, path === "" ? folder : `${folder}/${path}`);
      }),
    );
  });
});

describe("short addresses", () => {
  it("are nothing, and listed nowhere, without content", () => {
    assert.equal(shortAddressRule(BASE, []), "");
    assert.equal(linkList([]), "");
  });

  it("are one for each entry and /start for the first, before the hub's own", () => {
    const content = [entry({ name: "day1" }), entry({ name: "day2" })];
    const rule = shortAddressRule(BASE, content);
    assert.deepEqual(
      [...rule.matchAll(/^rule = (.*)$/gm)].map(([, text = ""]) => JSON.parse(text) as string),
      ["Path(`/start`)", "Path(`/day1`)", "Path(`/day2`)"],
    );
    assert.equal(linkList(content), '["day1","day2"]\n');
  });

  it("are served by http alone until the hub has a name, and never on the loopback doors", () => {
    const entryPoints = (base: string) =>
      /^entryPoints = .*$/m.exec(shortAddressRule(base, [entry()]));
    assert.equal(entryPoints("http://192.0.2.7")?.[0], 'entryPoints = ["http"]');
    assert.equal(entryPoints(BASE)?.[0], 'entryPoints = ["http","https"]');
  });

  it("keep a dollar out of the expression's hands", () => {
    const rule = shortAddressRule("https://a$1.example", [entry()]);
    assert.match(rule, /replacement = "https:\/\/a\$\$1\.example\//);
  });
});
