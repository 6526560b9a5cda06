import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  accountsText,
  provider,
  type AccountsInputs,
  type AccountsOutputs,
} from "../../providers/accounts";
import { makeKeys } from "./plugins/sshServer";

/** What the engine hands over for a value that a preview does not know yet. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

describe("accounts as a resource", () => {
  // Nobody there has this host key, if there is anybody.
  const inputs: AccountsInputs = {
    address: "127.0.0.1",
    user: "ubuntu",
    privateKey: makeKeys().openssh,
    hostKey: makeKeys().line,
    instanceId: "i-0123456789abcdef0",
    region: "ap-south-1",
    stack: "workshop",
    accounts: [
      { name: "nicolas", role: "admin" },
      { name: "ana", role: "participant" },
    ],
    passwords: { nicolas: "p'a$s", ana: "word" },
    script: "",
    programs: { "accounts.py": "" },
  };
  const outputs: AccountsOutputs = {
    ...inputs,
    changedAt: "2026-11-25T00:00:00.000Z",
    leftFiles: [],
  };

  it("is updated, never replaced, when its machine is not known yet at a preview", async () => {
    const news = { ...inputs, instanceId: UNKNOWN, address: UNKNOWN };
    assert.deepEqual(await provider.diff?.("id", outputs, news), { changes: true, replaces: [] });
  });

  it("is updated for another list, and for another program", async () => {
    const news: Partial<AccountsInputs>[] = [
      { accounts: inputs.accounts.slice(0, 1) },
      { accounts: [{ name: "nicolas", role: "helper" }, ...inputs.accounts.slice(1)] },
      { programs: { "accounts.py": "pass" } },
    ];
    for (const change of news) {
      const diff = await provider.diff?.("id", outputs, { ...inputs, ...change });
      assert.deepEqual(diff, { changes: true, replaces: [] });
    }
  });

  it("is no change while the server does not answer", async () => {
    assert.deepEqual(await provider.diff?.("id", outputs, inputs), { changes: false });
  });

  it("fails to be made there, with what to do, and without a password in what it says", async () => {
    await assert.rejects(provider.create(inputs), (error: Error) => {
      assert.match(error.message, /mend: /);
      assert.ok(!error.message.includes("p'a$s"));
      return true;
    });
  });

  /** What the server's shell makes of the text. */
  function received(text: string): { request: Record<string, unknown>; admins: string } {
    const shown = `${text}printf '%s\\0' "$REQUEST" "\${ADMINS[*]-unset}" | base64 -w0`;
    const printed = execFileSync("bash", ["-s"], { input: shown, encoding: "utf8" });
    const [request = "", admins = ""] = Buffer.from(printed, "base64").toString().split("\0");
    return { request: JSON.parse(request) as Record<string, unknown>, admins };
  }

  it("tells the server everybody with the password, who is gone, and who is an admin", () => {
    assert.deepEqual(received(accountsText("set", inputs, ["bo"])), {
      request: {
        do: "set",
        stack: "workshop",
        accounts: [
          { name: "nicolas", role: "admin", password: "p'a$s" },
          { name: "ana", role: "participant", password: "word" },
        ],
        removed: ["bo"],
      },
      admins: "nicolas",
    });
  });

  it("sends no password to look", () => {
    const text = accountsText("look", inputs);
    assert.ok(!text.includes("word") && !text.includes("a$s"));
    assert.equal(received(text).admins, "unset");
  });
});
