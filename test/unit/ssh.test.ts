import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import nodePath from "node:path";
import { createServer, type AddressInfo } from "node:net";
import {
  fingerprint,
  logIn,
  problemOf,
  runOnServer,
  type Attempt,
  type Refusal,
} from "../../providers/ssh";
import { formatProblem } from "../../components/text";
import { makeKeys, openSshServer, type SshServer } from "./plugins/sshServer";

describe("SSH to the server", () => {
  const host = makeKeys();
  const user = makeKeys();
  const values = {
    address: "127.0.0.1",
    user: "ubuntu",
    privateKey: user.openssh,
    hostKey: host.line,
    instanceId: "i-0123456789abcdef0",
    instanceUrn: "urn:pulumi:dev::tljh-workshop::aws:ec2/instance:Instance::dev-machine",
    region: "ap-south-1",
    stack: "dev",
  };
  /** A try that ends in being refused. */
  async function refused(
    change: Partial<typeof values>,
    seconds: number,
    port: number,
  ): Promise<Refusal> {
    const result: Attempt = await logIn({ ...values, ...change, port }, seconds);
    assert.notEqual(result.kind, "in");
    return result as Refusal;
  }
  let server: SshServer;
  const here = () => ({ ...values, port: server.port });
  const path = process.env["PATH"];
  const folder = fs.mkdtempSync(nodePath.join(os.tmpdir(), "tljh-workshop-ssh-"));
  before(async () => {
    // Not every computer has sudo, and none asks a password in a test.
    fs.writeFileSync(nodePath.join(folder, "sudo"), '#!/bin/sh\nshift; exec "$@"\n', {
      mode: 0o755,
    });
    process.env["PATH"] = `${folder}:${path}`;
    server = await openSshServer(host, user);
  });
  after(async () => {
    process.env["PATH"] = path;
    fs.rmSync(folder, { recursive: true });
    await server.close();
  });

  it("gets in with the right key to the right machine, and runs nothing", async () => {
    const result = await logIn({ ...values, port: server.port }, 5);
    assert.equal(result.kind, "in");
    if (result.kind === "in") result.client.end();
    assert.deepEqual(server.commands, []);
  });

  it("refuses a foreign host key, says both fingerprints and how to go on", async () => {
    const other = makeKeys();
    const result = await refused({ hostKey: other.line }, 5, server.port);
    const shown = fingerprint(Buffer.from(host.line.split(" ")[1] ?? "", "base64"));
    assert.deepEqual(result, { kind: "other-host-key", fingerprint: shown });
    const text = formatProblem(problemOf(result, { ...values, hostKey: other.line }));
    assert.match(text, /not this stack's/);
    assert.ok(text.includes(shown));
    assert.ok(text.includes("--replace 'urn:pulumi:dev::"));
  });

  it("prints fingerprints as ssh-keygen does", () => {
    const printed = execFileSync("ssh-keygen", ["-lf", "-"], {
      input: host.line,
      encoding: "utf8",
    });
    const key = Buffer.from(host.line.split(" ")[1] ?? "", "base64");
    assert.equal(printed.split(" ")[1], fingerprint(key));
  });

  it("tells a key that is not accepted", async () => {
    const result = await refused({ privateKey: makeKeys().openssh }, 5, server.port);
    assert.equal(result.kind, "no-login");
    assert.match(problemOf(result, values).wrong, /does not accept this stack's key/);
  });

  it("tells a machine without an SSH server", async () => {
    const nobody = createServer();
    await new Promise<void>((resolve) => nobody.listen(0, "127.0.0.1", resolve));
    const { port } = nobody.address() as AddressInfo;
    await new Promise((resolve) => nobody.close(resolve));
    const result = await refused({}, 5, port);
    assert.equal(result.kind, "refused");
    assert.match(problemOf(result, values).mend, /reboot-instances.*i-0123456789abcdef0/);
  });

  it("tells one that never answers", async () => {
    const mute = createServer(() => undefined);
    await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
    const result = await refused({}, 0.3, (mute.address() as AddressInfo).port);
    assert.equal(result.kind, "silent");
    assert.match(problemOf(result, values).wrong, /Port 22 .*closed to this computer/);
    mute.close();
  });

  it("tells a network that keeps SSH in from a door that is closed", () => {
    const silent = { kind: "silent", said: "no answer within 5 s", web: 443 } as const;
    const blocked = problemOf(silent, { ...values, letsMeIn: true });
    assert.match(blocked.wrong, /network here lets no connection to port 22 out/);
    assert.match(
      blocked.mend,
      /^pulumi config --stack dev set sshPort 993 && pulumi up --stack dev; .*CloudShell/,
    );
    const onOther = problemOf(silent, { ...values, letsMeIn: true, port: 993 });
    assert.match(onOther.mend, /set sshPort 22 /);
    for (const unsure of [{}, { letsMeIn: false }]) {
      const { wrong, mend } = problemOf(silent, { ...values, ...unsure });
      assert.match(wrong, /Port 22 of the server is closed to this computer/);
      assert.match(mend, /^npm run doors -- open --stack \w+; if it stays silent.*sshPort 993/);
      assert.doesNotMatch(mend, /describe-instance-status/);
    }
    const gone = problemOf({ ...silent, web: undefined }, { ...values, letsMeIn: true });
    assert.match(gone.wrong, /closed to this computer/);
    assert.match(gone.mend, /describe-instance-status.*i-0123456789abcdef0/);
  });

  it("runs a script that is on no command line, and gives back exactly what it printed", async () => {
    const lines: string[] = [];
    const text = "secret=open-sesame\nprintf 'Салом\\n1\\n'; echo oops >&2; exit 7";
    const ran = await runOnServer(here(), text, 10, (line) => lines.push(line));
    assert.deepEqual(ran, { status: 7, stdout: "Салом\n1\n", stderr: "oops\n" });
    assert.deepEqual(lines, ["Салом", "1"]);
    assert.doesNotMatch(server.commands.join("\n"), /open-sesame/);
  });

  it("ends a script that takes too long", async () => {
    const ran = await runOnServer(here(), "sleep 60", 1);
    assert.equal(ran.status, 124);
  });

  it("says when the connection breaks in the middle", async () => {
    const cut = (line: string) => void (line === "started" && server.cut());
    const ran = await runOnServer(here(), "echo started; sleep 5", 10, cut);
    assert.equal(ran.status, -1);
  });

  it("never has the key in what it says", () => {
    for (const kind of ["silent", "refused", "unreachable", "no-login"] as const) {
      const text = formatProblem(problemOf({ kind, said: "" }, values));
      assert.doesNotMatch(text, /PRIVATE KEY/);
    }
  });
});
