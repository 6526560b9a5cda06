import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { knownHostsLine, sshCommand } from "../../components/sshFiles";
import { saveSshFiles } from "../../scripts/sshKeyFiles";

describe("ssh-key", () => {
  let home: string;
  beforeEach(() => {
    home = fs.mkdtempSync(path.join(os.tmpdir(), "ssh-key-"));
  });
  afterEach(() => fs.rmSync(home, { recursive: true }));

  const outputs = {
    sshCommand: sshCommand("workshop", "203.0.113.8", 22),
    sshPrivateKey: "PRIVATE",
    sshKnownHosts: "203.0.113.8 ssh-ed25519 AAAA",
  };

  it("names the port in the command and in known_hosts, where it is another than 22", () => {
    assert.match(sshCommand("workshop", "203.0.113.8", 993), / -p 993 ubuntu@203\.0\.113\.8$/);
    assert.equal(
      knownHostsLine("203.0.113.8", 993, "ssh-ed25519 A"),
      "[203.0.113.8]:993 ssh-ed25519 A",
    );
    assert.equal(knownHostsLine("203.0.113.8", 22, "ssh-ed25519 A"), "203.0.113.8 ssh-ed25519 A");
  });

  it("saves the key for its owner alone, where the printed command looks for it", () => {
    for (let time = 0; time < 2; time += 1) {
      const { files, command } = saveSshFiles(outputs, home);
      const key = path.join(home, ".ssh/workshop.pem");
      assert.deepEqual(files, [key, path.join(home, ".ssh/workshop.known_hosts")]);
      assert.equal(fs.readFileSync(key, "utf8"), "PRIVATE\n");
      for (const file of files) assert.equal(fs.statSync(file).mode & 0o777, 0o600);
      assert.equal(fs.statSync(path.join(home, ".ssh")).mode & 0o777, 0o700);
      assert.match(command, /^ssh -i ~\/\.ssh\/workshop\.pem .*ubuntu@203\.0\.113\.8$/);
    }
    assert.equal(fs.readdirSync(path.join(home, ".ssh")).length, 2);
  });

  it("says so when the stack is not up", () => {
    assert.throws(() => saveSshFiles({}, home), /no SSH key[^]*outputs: none[^]*pulumi up/);
  });
});
