import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  parseTrial,
  provider,
  textFor,
  type GitCredentialsInputs,
  type GitCredentialsOutputs,
} from "../../providers/gitCredentials";
import { credentialsFile, tokenFingerprint } from "../../providers/gitCredentialsFile";
import { makeKeys } from "./plugins/sshServer";

/** What the engine hands over for a value that a preview does not know yet. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

describe("git credentials as a resource", () => {
  // Nobody there has this host key, if there is anybody.
  const inputs: GitCredentialsInputs = {
    address: "127.0.0.1",
    user: "ubuntu",
    privateKey: makeKeys().openssh,
    hostKey: makeKeys().line,
    instanceId: "i-0123456789abcdef0",
    region: "ap-south-1",
    stack: "workshop",
    host: "github.com",
    api: "https://api.github.com",
    username: "x-access-token",
    token: 'ghp_it\'s "odd" $HOME `id`',
    fingerprint: tokenFingerprint('ghp_it\'s "odd" $HOME `id`'),
    access: "sealed",
    repositories: ["river-lab/course"],
    expires: "",
    lastDay: "",
    script: "",
  };
  const outputs: GitCredentialsOutputs = {
    ...inputs,
    path: "/etc/git-credentials",
    formerFingerprint: "",
    verifiedAt: "2026-11-25T00:00:00.000Z",
    validUntil: "",
    warnings: [],
    drift: [],
  };

  it("is updated, never replaced, when its machine is not known yet at a preview", async () => {
    const news = { ...inputs, instanceId: UNKNOWN, address: UNKNOWN };
    assert.deepEqual(await provider.diff?.("id", outputs, news), { changes: true, replaces: [] });
  });

  it("is updated for another token, another list, or what was found changed by hand", async () => {
    const cases: [GitCredentialsOutputs, GitCredentialsInputs][] = [
      [outputs, { ...inputs, token: "ghp_other" }],
      [outputs, { ...inputs, repositories: ["river-lab/course", "river-lab/data"] }],
      [{ ...outputs, drift: ["/etc/git-credentials is gone"] }, inputs],
    ];
    for (const [olds, news] of cases) {
      assert.equal((await provider.diff?.("id", olds, news))?.changes, true);
    }
  });

  it("is no change, and keeps what is known, while the server does not answer", async () => {
    assert.equal((await provider.diff?.("id", outputs, inputs))?.changes, false);
    assert.deepEqual((await provider.read?.("id", outputs))?.props, outputs);
  });

  it("is deleted without an error when the server is gone", async () => {
    await provider.delete?.("id", outputs);
  });

  it("fails to be made there, with what to do, and without the token in what it says", async () => {
    await assert.rejects(provider.create(inputs), (error: Error) => {
      assert.match(error.message, /mend: /);
      assert.ok(!error.message.includes("ghp_"));
      return true;
    });
  });

  it("gives the server's shell the very texts, whatever is in the token", () => {
    const text = `${textFor("try", inputs)}printf '%s' "$CREDENTIALS" | base64 -w0; echo; echo "$LOGIN"`;
    const printed = execFileSync("bash", ["-s"], { input: text, encoding: "utf8" });
    const { host, username, token } = inputs;
    const [file = "", login = ""] = printed
      .split("\n")
      .map((line) => Buffer.from(line, "base64").toString("utf8"));
    assert.equal(file, credentialsFile([{ host, username, token }]));
    assert.equal(login, `${username}:${token}`);
  });

  it("reads what the server tells of a trial", () => {
    const { trials, told } = parseTrial(
      "trial\ta/b\t200\t001e# service\ntrial\ta/c\t404\tRepository not found.\n" +
        "told\t2026-12-24 17:03:00 UTC\trepo, gist\n",
    );
    assert.deepEqual(trials, [
      { repository: "a/b", status: 200, said: "001e# service" },
      { repository: "a/c", status: 404, said: "Repository not found." },
    ]);
    assert.deepEqual(told, { expiration: "2026-12-24 17:03:00 UTC", scopes: "repo, gist" });
    assert.deepEqual(parseTrial("").told, { expiration: "", scopes: "" });
  });
});
