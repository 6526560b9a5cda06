import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { utils } from "ssh2";
import { provider, type ContentCheckOutputs } from "../../providers/contentCheck";

describe("the list of links on the hub's pages", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "hub-links-"));
  const list = path.join(folder, "list.json");
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  /** What a page shows, each time that it is shown: one value for each content of the file. */
  function shown(...contents: (string | undefined)[]): unknown[] {
    const lib = fs.readFileSync(path.join(__dirname, "../../scripts/server/lib.sh"), "utf8");
    const bash = spawnSync("bash", ["-s"], { input: `${lib}\nhub_links_text`, encoding: "utf8" });
    assert.equal(bash.status, 0, bash.stderr);
    const snippet = bash.stdout.replace("/opt/tljh/state/workshop-links.json", list);
    const program = `
import copy, json, os, sys, types
snippet, contents, file = json.load(sys.stdin)
c = types.SimpleNamespace(JupyterHub=types.SimpleNamespace(template_vars={}))
exec(snippet, {"c": c})
# The hub copies its configuration.
vars = copy.deepcopy(c.JupyterHub.template_vars)
login, home = vars["announcement_login"], vars["announcement_home"]
answers = []
for content in contents:
    if content is None:
        if os.path.exists(file): os.remove(file)
    else:
        with open(file, "w") as out: out.write(content)
    own = '<a href="/hub/user-redirect/my-work">Download all my files</a>'
    wanted = f"{login} · {own}" if login else own
    assert isinstance(login, str) and home and home.__html__() == wanted, home
    answers.append(login.__html__() if login else None)
print(json.dumps(answers))
`;
    const python = spawnSync("python3", ["-c", program], {
      input: JSON.stringify([snippet, contents, list]),
      encoding: "utf8",
    });
    assert.equal(python.status, 0, python.stderr);
    return JSON.parse(python.stdout) as unknown[];
  }

  it("follows its file while the hub runs, and is nothing without one", () => {
    assert.deepEqual(shown(undefined, '["day1","day2"]', '["day3"]', undefined), [
      null,
      'Course material: <a href="/day1">day1</a> · <a href="/day2">day2</a>',
      'Course material: <a href="/day3">day3</a>',
      null,
    ]);
  });

  it("keeps no page from being shown by a file that is broken, and lets no markup through", () => {
    assert.deepEqual(shown("[", "null", "[]", '["<b>"]'), [
      null,
      null,
      null,
      'Course material: <a href="/&lt;b&gt;">&lt;b&gt;</a>',
    ]);
  });
});

describe("the check of content, when the server is gone", () => {
  const state: ContentCheckOutputs = {
    // Of nobody, and of this computer: refused at once.
    address: "127.0.0.77",
    user: "ubuntu",
    privateKey: utils.generateKeyPairSync("ed25519").private,
    hostKey: "ssh-ed25519 AAAA",
    instanceId: "i-1",
    region: "ap-south-1",
    stack: "test",
    entries: [],
    gitHost: "github.com",
    hasToken: true,
    script: "exit 1",
    commits: {},
    warnings: [],
  };
  const { commits, warnings, ...inputs } = state;

  it("is no change and no failure at a preview", async () => {
    assert.deepEqual(await provider.diff?.("content", state, inputs), { changes: false });
  });

  it("is an update, never a replacement, when the content has changed", async () => {
    const news = { ...inputs, hasToken: false };
    assert.deepEqual(await provider.diff?.("content", state, news), {
      changes: true,
      replaces: [],
    });
    assert.deepEqual([commits, warnings], [{}, []]);
  });

  it("does not keep a stack from being destroyed", async () => {
    await provider.delete?.("content", state);
  });

  it("fails an update, which could not check anything", async () => {
    await assert.rejects(async () => provider.create(inputs), /SSH connections|host key/);
  });
});
