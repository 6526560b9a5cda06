/** What goes wrong is said in one clear error, and the next `up` goes on. */
import assert from "node:assert/strict";
import { StartInstancesCommand, StopInstancesCommand } from "@aws-sdk/client-ec2";
import { logIn } from "./hub";
import { failed, succeeded, type Lab } from "./lab";

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
        /The instance is stopped\n[^]*mend: +npm run start -- --stack test, then pulumi up --stack test/,
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
  });
}
