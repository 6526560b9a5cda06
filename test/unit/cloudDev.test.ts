import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import fs from "node:fs";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { parse } from "yaml";
import { parseSettings } from "../../components/config";
import { openServices } from "../../rehearsal/cloud/services";
import { freeBlock, isRunning, markOf } from "../../rehearsal/folder";
import { completeEnv } from "../../rehearsal/pulumiEnv";
import { writeJson } from "../../rehearsal/setup/cache.mjs";
import { DEV, removeDeadLocks } from "../../scripts/devStack";
import { exportLines, summary } from "../../scripts/devText";

const ROOT = path.join(__dirname, "../..");
const PROJECT = "tljh-workshop";

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "tljh-workshop-dev-"));
});
afterEach(() => {
  fs.rmSync(folder, { recursive: true });
});

/** A process id that is nobody's: above the kernel's largest. */
const NOBODY = 2 ** 22 + 1;

describe("Pulumi.dev.yaml", () => {
  const text = fs.readFileSync(path.join(ROOT, "Pulumi.dev.yaml"), "utf8");
  const { config } = parse(text) as { config: Record<string, unknown> };

  it("names the SHA-256 of the bootstrap that the rehearsal serves", () => {
    const bootstrap = fs.readFileSync(path.join(ROOT, "rehearsal/bootstrap/bootstrap.py"));
    const sha256 = createHash("sha256").update(bootstrap).digest("hex");
    assert.equal(
      config[`${PROJECT}:bootstrapSha256`],
      sha256,
      "to mend: put the output of `sha256sum rehearsal/bootstrap/bootstrap.py` into Pulumi.dev.yaml",
    );
  });

  it("sends all of AWS, and the question for the own address, to the rehearsal's port", () => {
    const endpoint = `http://127.0.0.1:${DEV.port}`;
    const [endpoints = {}] = config["aws:endpoints"] as Record<string, string>[];
    const services = ["ec2", "iam", "pricing", "route53", "scheduler", "servicequotas", "sts"];
    assert.deepEqual(Object.keys(endpoints).sort(), services);
    assert.deepEqual([...new Set(Object.values(endpoints))], [endpoint]);
    assert.equal(config[`${PROJECT}:addressService`], `${endpoint}/address`);
  });

  it("is a configuration that the program takes", () => {
    const declared = parse(fs.readFileSync(path.join(ROOT, "Pulumi.yaml"), "utf8")) as {
      config: Record<string, { default?: unknown }>;
    };
    const asText = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
    const defaults = Object.entries(declared.config).map(([key, { default: value }]) => [
      `${PROJECT}:${key}`,
      asText(value),
    ]);
    const own = Object.entries(config).map(([key, value]) => [key, asText(value)]);
    const raw = Object.fromEntries([...defaults, ...own]) as Record<string, string>;
    assert.deepEqual(parseSettings(raw, PROJECT, "dev", [`${PROJECT}:gitToken`]).problems, []);
  });
});

describe("npm run -s dev:env", () => {
  it("prints lines that a shell reads back as they were, and puts the tools before PATH", () => {
    const odd = 'it\'s $HOME `x` "y" \\';
    const lines = exportLines({ A_NAME: odd, PATH: "not this" }, ["/a b", "/c"], ["GONE"]);
    const script = `${lines.join("\n")}\nprintf '%s\\n' "$A_NAME" "$PATH" "\${GONE-unset}"`;
    const printed = execFileSync("/bin/sh", ["-c", script], {
      encoding: "utf8",
      env: { PATH: "/usr/bin:/bin", GONE: "here" },
    });
    assert.deepEqual(printed.split("\n"), [odd, "/a b:/c:/usr/bin:/bin", "unset", ""]);
  });

  it("leaves out what would win over the rehearsal's own", () => {
    const env = completeEnv(
      { PULUMI_BACKEND_URL: "file:///x" },
      { PULUMI_CONFIG_PASSPHRASE: "other", PULUMI_BACKEND_URL: "s3://y", HOME: "/h" },
    );
    assert.deepEqual(env, { PULUMI_BACKEND_URL: "file:///x", HOME: "/h" });
  });
});

describe("npm run dev", () => {
  it("ends with address, each login, SSH and what to do next", () => {
    const outputs = {
      url: "https://hub.workshop.test",
      publicIp: "127.1.2.3",
      admins: ["ada", "bob"],
      passwords: { ada: "one", bob: "two" },
      sshCommand: "ssh there",
      links: { wells: "https://hub.workshop.test/hub/user-redirect/git-pull" },
    };
    const text = summary(outputs, "/roots.pem").join("\n");
    for (const part of [
      "https://hub.workshop.test",
      "'127.1.2.3 hub.workshop.test' | sudo tee -a /etc/hosts",
      "import /roots.pem",
      "ada, password one",
      "bob, password two",
      "ssh there",
      "https://hub.workshop.test/start (wells)",
      "npm run -s dev:env",
      "npm run dev:stop",
      "pulumi -s dev preview",
    ]) {
      assert.ok(text.includes(part), part);
    }
  });

  it("removes the lock of a killed pulumi, and no other", () => {
    const locks = path.join(folder, "pulumi/.pulumi/locks/organization/tljh-workshop");
    writeJson(path.join(locks, "dev/dead.json"), { pid: NOBODY });
    writeJson(path.join(locks, "dev/alive.json"), { pid: process.pid });
    writeJson(path.join(locks, "other/dead.json"), { pid: NOBODY });
    const stack = { name: "dev", project: ROOT, rehearsal: { folder, env: {} } };
    assert.equal(removeDeadLocks(stack), 1);
    assert.deepEqual(fs.readdirSync(path.join(locks, "dev")), ["alive.json"]);
    assert.deepEqual(fs.readdirSync(path.join(locks, "other")), ["dead.json"]);
  });
});

describe("a rehearsal's folder", () => {
  it("knows a process from another one of the same number", () => {
    const own = markOf(process.pid);
    assert.ok(isRunning(own));
    assert.ok(!isRunning({ pid: process.pid, started: "0 another-boot" }));
    assert.equal(markOf(NOBODY), undefined);
    assert.ok(!isRunning(undefined));
  });

  it("gives each rehearsal Elastic IPs of its own", () => {
    const before = process.env["TLJH_WORKSHOP_CACHE"];
    process.env["TLJH_WORKSHOP_CACHE"] = folder;
    try {
      const settings = (name: string) => path.join(folder, "rehearsals", name, "settings.json");
      assert.equal(freeBlock("dev"), 1);
      writeJson(settings("dev"), { block: 1 });
      writeJson(settings("test-1"), { block: 3 });
      assert.equal(freeBlock("test-2"), 2);
      assert.equal(freeBlock("dev"), 1);
    } finally {
      if (before === undefined) delete process.env["TLJH_WORKSHOP_CACHE"];
      else process.env["TLJH_WORKSHOP_CACHE"] = before;
    }
  });
});

describe("what machines may fetch from this computer", () => {
  it("is the bootstrap, to be read only, and no other file", async () => {
    const server = await openServices("127.0.0.1", 0);
    try {
      const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const answer = await fetch(`${base}/bootstrap.py`);
      const file = fs.readFileSync(path.join(ROOT, "rehearsal/bootstrap/bootstrap.py"), "utf8");
      assert.equal(await answer.text(), file);
      const status = async (url: string, method = "GET") => (await fetch(url, { method })).status;
      assert.equal(await status(`${base}/..%2fdaemon.ts`), 404);
      assert.equal(await status(`${base}/`), 404);
      assert.equal(await status(`${base}/bootstrap.py`, "PUT"), 405);
    } finally {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    }
  });
});
