import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { stepText } from "../../components/server";
import { cloudConfig } from "../../components/userData";

const SCRIPTS = path.join(__dirname, "../../scripts/server");
const STEPS = fs
  .readdirSync(SCRIPTS)
  .filter((file) => file.endsWith(".sh") && !["lib.sh", "runner.sh"].includes(file));

describe("a step on the server", () => {
  for (const file of STEPS) {
    it(`${file} is bash that can be sent`, () => {
      const script = path.basename(file, ".sh");
      const values = { ADMINS: ["it's"], PASSWORDS: { "it's": "$(false)" } };
      const text = stepText({ script, stack: "dev", instanceId: "i-0", values, limitMinutes: 5 });
      execFileSync("bash", ["-n"], { input: text });
      const [runner = "", body = ""] = text.split("# ---- step ----\n");
      assert.match(runner, new RegExp(`^STEP='${script}'\nLIMIT_MINUTES='5'\n`));
      assert.match(body, /^STACK='dev'\nINSTANCE_ID='i-0'\nADMINS=\('it'\\''s'\)\n/);
    });
  }

  it("changes with each value", () => {
    const values = { A: "1" };
    const one = {
      script: "system-update",
      stack: "dev",
      instanceId: "i-0",
      values,
      limitMinutes: 5,
    };
    assert.notEqual(stepText(one), stepText({ ...one, instanceId: "i-1" }));
    assert.notEqual(stepText(one), stepText({ ...one, values: { A: "2" } }));
    assert.equal(stepText(one), stepText({ ...one }));
  });
});

describe("what all steps share", () => {
  /** Runs lib.sh and some lines under bash, with own programs in front of PATH. */
  function run(lines: string, programs: Record<string, string> = {}) {
    const folder = fs.mkdtempSync("/tmp/lib-test-");
    for (const [name, text] of Object.entries(programs)) {
      fs.writeFileSync(path.join(folder, name), `#!/bin/bash\n${text}\n`, { mode: 0o755 });
    }
    try {
      const PATH = `${folder}:${process.env["PATH"]}`;
      const text = `. ${SCRIPTS}/lib.sh\ncd ${folder}\nsleep() { :; }\n${lines}`;
      const stdout = execFileSync("bash", ["-c", text], {
        env: { PATH },
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      });
      return { stdout, stderr: "", status: 0 };
    } catch (error) {
      return error as { stdout: string; stderr: string; status: number };
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  }
  const LOCKED =
    "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 4711 (unattended-upgr)";

  it("fails in the one shape", () => {
    const { stderr, status } = run('fail "It is broken" "this" "that" "pulumi up"');
    assert.equal(status, 1);
    assert.equal(
      stderr,
      "It is broken\n  received: this\n  allowed:  that\n  mend:     pulumi up\n",
    );
  });

  it("names the stack in the command that mends", () => {
    const { stderr } = run("STACK=dev\nfail a b c 'pulumi config set diskGiB 40, then pulumi up'");
    assert.match(stderr, /pulumi config --stack dev set diskGiB 40, then pulumi up --stack dev\n/);
  });

  it("shows the end of what failed, and nothing of what succeeded", () => {
    const { stdout, stderr } = run(
      'quietly "no" "mend" seq 5; quietly "It failed" "pulumi up" bash -c "seq 30; exit 7"',
      { df: "echo Avail; echo 9999M" },
    );
    assert.equal(stdout, "");
    assert.match(stderr, /^11\n12\n[^]*30\nIt failed\n +received: exit status 7 from bash\n/);
  });

  it("says that the disk is full rather than what failed because of it", () => {
    const { stderr } = run('quietly "It failed" "pulumi up" false', {
      df: 'echo Avail; case "$*" in *size*) echo 20G;; *) echo 3M;; esac',
    });
    assert.match(stderr, /root volume is full\n +received: 3 MiB[^]*config set diskGiB 40/);
  });

  it("waits for another package installation, and says so", () => {
    const { stdout, status } = run("apt update", {
      "apt-get": `[ -e tried ] && exit 0; touch tried; echo '${LOCKED}'; exit 100`,
    });
    assert.equal(status, 0);
    assert.match(stdout, /Waiting for another package installation .*process 4711/);
  });

  it("gives up waiting after aptWaitMinutes, and says who holds the lock", () => {
    const { stderr, status } = run("APT_WAIT_MINUTES=0\napt update", {
      "apt-get": `echo '${LOCKED}'; exit 100`,
    });
    assert.equal(status, 1);
    assert.match(stderr, /received: .*Could not get lock .*4711[^]*aptWaitMinutes \(0\)/);
  });

  it("fails at once for any other reason, with apt's last lines", () => {
    const { stderr } = run("apt update", {
      "apt-get": "echo 'E: Unable to locate package nonsense'; exit 100",
      df: "echo Avail; echo 9999M",
    });
    assert.match(stderr, /^E: Unable to locate package nonsense\nPackages could not be installed/);
  });

  it("writes a file whole, with its mode", () => {
    const { stdout } = run(
      'id() { :; }; echo secret | put sub/file 600 "$(stat -c %U:%G .)"; stat -c %a sub/file; cat sub/file; ls sub',
    );
    assert.equal(stdout, "600\nsecret\nfile\n");
  });
});

describe("user data", () => {
  it("delivers the host key, closes SSH and keeps the metadata service for root", () => {
    const config = cloudConfig("PRIVATE", "ssh-ed25519 AAAA") as Record<string, unknown>;
    assert.deepEqual(config["ssh_keys"], {
      ed25519_private: "PRIVATE",
      ed25519_public: "ssh-ed25519 AAAA",
    });
    const files = config["write_files"] as { path: string; permissions: string; content: string }[];
    const [metadata, ssh] = files;
    assert.match(metadata?.content ?? "", /-m owner ! --uid-owner 0 -j REJECT/);
    for (const address of ["169.254.169.254", "fd00:ec2::254"]) {
      assert.ok(metadata?.content.includes(`-d ${address} `), address);
    }
    // The first file to say something is the one that counts; cloud-init's own begins with 50.
    assert.match(ssh?.path ?? "", /^\/etc\/ssh\/sshd_config\.d\/[0-4]/);
    assert.match(ssh?.content ?? "", /^PermitRootLogin no$/m);
  });
});
