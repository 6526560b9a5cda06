/**
 * A new stack of a backup: files, accounts and passwords are there, keys and address are new. Of a suite
 * of its own, since it brings two workshops up: npm run test:restore
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { Participant } from "../../../scripts/participant/participant";
import { failed, Lab, succeeded, type Outputs } from "../workshop/lab";

const NEW = "restored";

describe("a new stack of a backup", function () {
  this.bail(true);
  let lab: Lab;
  let old: Outputs;
  let made: Outputs;
  let sofias = "";
  const outputsOf = async (stack: string): Promise<Outputs> => {
    const running = lab.start("stack", "output", "--json", "--show-secrets", "-s", stack);
    await running.ended;
    return JSON.parse(running.stdout) as Outputs;
  };

  before(async () => {
    lab = await Lab.open({ participants: 2, participantNames: ["maria", "sofia"] });
    succeeded(await lab.change("up"));
    const { exitCode, stderr } = await lab.onServer(`
      set -e
      useradd --create-home jupyter-maria
      echo "maria's" >/home/jupyter-maria/work.txt
      chown jupyter-maria: /home/jupyter-maria/work.txt`);
    assert.equal(exitCode, 0, stderr);
    const reset = await lab.command("user", "reset", "sofia");
    succeeded(reset);
    sofias = /password {2}(\S+)/.exec(reset.text)?.[1] ?? "";
    old = await lab.outputs();
  });
  after(() => lab?.close());

  it("comes up", async () => {
    const backup = await lab.command("backup");
    succeeded(backup);
    const snapshot = /snap-\w+/.exec(backup.text)?.[0] ?? "";
    succeeded(await lab.pulumi("stack", "init", NEW, "--no-select"));
    const config = (stack: string) => path.join(lab.project, `Pulumi.${stack}.yaml`);
    fs.copyFileSync(config("test"), config(NEW));
    succeeded(await lab.pulumi("config", "set", "dataSnapshot", snapshot, "-s", NEW));
    const wanted = await lab.pulumi("config", "get", "dataGiB", "-s", NEW);
    // Before anything is made.
    succeeded(await lab.pulumi("config", "set", "dataGiB", "1", "-s", NEW));
    failed(
      await lab.pulumi("up", "--yes", "--skip-preview", "-s", NEW),
      /dataGiB is smaller than the backup[^]*1 GiB; snap-\w+ is of a disk of \d+ GiB/,
      new RegExp(`set dataGiB ${wanted.text.trim()}`),
    );
    assert.doesNotMatch(lab.plainState(NEW), /aws:ec2/);
    succeeded(await lab.pulumi("config", "set", "dataGiB", wanted.text.trim(), "-s", NEW));
    const up = await lab.pulumi("up", "--yes", "--skip-preview", "-s", NEW);
    succeeded(up);
    assert.match(up.text, /Accounts of snap-\w+ keep the passwords that they had/);
    made = await outputsOf(NEW);
  });

  it("has another address, host key, log-in key and seed of passwords", () => {
    const keyOf = ({ sshKnownHosts }: Outputs) => sshKnownHosts.split(" ")[2];
    assert.notEqual(made.publicIp, old.publicIp);
    assert.notEqual(keyOf(made), keyOf(old));
    assert.notEqual(made.sshPrivateKey, old.sshPrivateKey);
    assert.notEqual(made.passwordSeed, old.passwordSeed);
  });

  it("has everybody with the password and the files of before", async () => {
    for (const [name, password] of [
      ["maria", old.passwords["maria"] ?? ""],
      ["sofia", sofias],
    ] as const) {
      const person = new Participant(made.url, { name, password });
      await person.logIn();
      if (name !== "maria") continue;
      await person.startServer();
      await person.openLab();
      assert.ok(await person.has("work.txt"));
    }
    const wrong = new Participant(made.url, {
      name: "maria",
      password: made.passwords["maria"] ?? "",
    });
    await assert.rejects(wrong.logIn());
  });

  it("shows no change, also when the backup is gone, which stays out of a later configuration", async () => {
    succeeded(await lab.command("backup", "remove", "--older-than", "0h", "--even-last"));
    succeeded(await lab.pulumi("preview", "-s", NEW, "--expect-no-changes"));
    succeeded(await lab.pulumi("config", "rm", "dataSnapshot", "-s", NEW));
    succeeded(await lab.pulumi("preview", "-s", NEW, "--expect-no-changes"));
  });
});
