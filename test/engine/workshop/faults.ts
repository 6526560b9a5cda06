/** What goes wrong is said in one clear error, and the next `up` goes on. */
import assert from "node:assert/strict";
import { StartInstancesCommand, StopInstancesCommand } from "@aws-sdk/client-ec2";
import { logIn } from "./hub";
import { failed, succeeded, type Lab } from "./lab";

/** Takes apt's locks as apt-get does, until a file is gone. */
const HOLD_APT = `
touch /run/test-holds-apt
systemd-run --quiet --collect --unit=test-holds-apt python3 -c '
import fcntl, os, time
locks = [open(name, "a") for name in ("/var/lib/dpkg/lock-frontend", "/var/lib/apt/lists/lock")]
for lock in locks:
    fcntl.lockf(lock, fcntl.LOCK_EX)
open("/run/test-held-apt", "w").close()
while os.path.exists("/run/test-holds-apt"):
    time.sleep(0.1)
'`;

export function faults(workshop: () => Lab): void {
  describe("is told what is wrong", () => {
    it("when the instance is stopped; started again, the hub and its data are back", async () => {
      const { instanceId, url, passwords } = await workshop().outputs();
      const InstanceIds = [instanceId];
      await workshop().ec2().send(new StopInstancesCommand({ InstanceIds }));
      const preview = await workshop().preview();
      await workshop().ec2().send(new StartInstancesCommand({ InstanceIds }));
      failed(
        preview,
        /The instance is stopped/,
        new RegExp(`aws ec2 start-instances --instance-ids ${instanceId} --region ap-south-1`),
      );
      await workshop().serverShows("curl -fsS http://127.0.0.1/hub/health");
      await workshop().serverShows("mountpoint /home && mountpoint /opt/tljh/state");
      assert.equal((await logIn(url, "nicolas", passwords["nicolas"] ?? "")).isIn, true);
      // Grown into at the latest now; before, it was made larger by one GiB.
      const { stdout } = await workshop().onServer("df --output=size -BM /home | tail -n 1");
      assert.ok(parseInt(stdout) > 5500, stdout);
      const up = await workshop().change("up");
      succeeded(up);
      assert.deepEqual(up.steps, []);
    });

    it("when the server shows a foreign host key; nothing is sent to it", async () => {
      await workshop().onServer(`
        cd /etc/ssh; mv ssh_host_ed25519_key ssh_host_ed25519_key.pub /root
        ssh-keygen -q -t ed25519 -N '' -f ssh_host_ed25519_key; systemctl restart ssh`);
      const up = await workshop().change("up");
      await workshop().onServer("mv /root/ssh_host_ed25519_key* /etc/ssh; systemctl restart ssh");
      failed(
        up,
        /host key that is not this stack's/,
        /mend: .*pulumi up --stack test --replace 'urn:pulumi:test::/,
      );
      assert.deepEqual(up.steps, []);
    });

    it("when the bootstrap has another checksum; nothing of it is run, the hub goes on", async () => {
      const [, right = ""] =
        /bootstrapSha256: ([0-9a-f]{64})/.exec(workshop().devConfiguration()) ?? [];
      workshop().configure({ bootstrapSha256: "0".repeat(64) });
      const up = await workshop().change("up");
      workshop().configure({ bootstrapSha256: right });
      failed(
        up,
        /bootstrap is not the file that it should be; nothing of it was run/,
        new RegExp(`received: SHA-256 ${right}`),
        new RegExp(
          `mend: .*pulumi config --stack test set bootstrapSha256 ${right}, then pulumi up`,
        ),
      );
      const { url, passwords } = await workshop().outputs();
      assert.equal((await logIn(url, "nicolas", passwords["nicolas"] ?? "")).isIn, true);
    });

    it("when another program installs packages for longer than aptWaitMinutes", async () => {
      await workshop().onServer(HOLD_APT);
      await workshop().serverShows("test -e /run/test-held-apt");
      workshop().configure({ aptWaitMinutes: 0 });
      const up = await workshop().change("up");
      await workshop().onServer("rm /run/test-holds-apt");
      failed(
        up,
        /Another program is installing packages on the server, and does not end/,
        /received: .*lock was locked by another process/,
        /allowed: +it ends within aptWaitMinutes \(0\)/,
      );
    });

    it("when the disk is full", async () => {
      await workshop().onServer(
        "fallocate -l $(($(df --output=avail -B1 / | tail -n 1) - 20000000)) /full",
      );
      const up = await workshop().change("up");
      await workshop().onServer("rm /full");
      failed(
        up,
        /There is too little room on the disk for updates of the system/,
        /received: \d+ MiB are free on \//,
        /mend: .*pulumi config --stack test set diskGiB 40, then pulumi up/,
      );
    });

    it("and goes on when all of that is mended", async () => {
      const up = await workshop().change("up");
      succeeded(up);
      assert.deepEqual(up.steps, [
        ["test-system-update", "update"],
        ["test-install", "update"],
      ]);
      assert.match(up.text, /TLJH 2\.0\.0 is installed/);
    });
  });
}
