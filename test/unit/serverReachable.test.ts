import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";
import { attempt, fingerprint, problemOf } from "../../providers/serverReachable";
import { formatProblem } from "../../components/text";
import { makeKeys, openSshServer, type SshServer } from "./plugins/sshServer";

describe("server reachable", () => {
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
    waitMinutes: 1,
  };
  let server: SshServer;
  before(async () => {
    server = await openSshServer(host, user);
  });
  after(() => server.close());

  it("gets in with the right key to the right machine, and runs nothing", async () => {
    assert.deepEqual(await attempt(values, 5, server.port), { kind: "in" });
    assert.deepEqual(server.commands, []);
  });

  it("refuses a foreign host key, says both fingerprints and how to go on", async () => {
    const other = makeKeys();
    const result = await attempt({ ...values, hostKey: other.line }, 5, server.port);
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
    const result = await attempt({ ...values, privateKey: makeKeys().openssh }, 5, server.port);
    assert.equal(result.kind, "no-login");
    assert.match(problemOf(result, values).wrong, /does not accept this stack's key/);
  });

  it("tells a machine without an SSH server", async () => {
    const nobody = createServer();
    await new Promise<void>((resolve) => nobody.listen(0, "127.0.0.1", resolve));
    const { port } = nobody.address() as AddressInfo;
    await new Promise((resolve) => nobody.close(resolve));
    const result = await attempt(values, 5, port);
    assert.equal(result.kind, "refused");
    assert.match(problemOf(result, values).mend, /reboot-instances.*i-0123456789abcdef0/);
  });

  it("tells one that never answers", async () => {
    const mute = createServer(() => undefined);
    await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
    const result = await attempt(values, 0.3, (mute.address() as AddressInfo).port);
    assert.equal(result.kind, "silent");
    assert.match(problemOf(result, values).wrong, /Port 22 .*closed to this computer/);
    mute.close();
  });

  it("never has the key in what it says", () => {
    for (const kind of ["silent", "refused", "unreachable", "no-login"] as const) {
      const text = formatProblem(problemOf({ kind, said: "" }, values));
      assert.doesNotMatch(text, /PRIVATE KEY/);
    }
  });
});
