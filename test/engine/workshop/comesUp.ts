/** A stack comes up, and what a person finds then. */
import assert from "node:assert/strict";
import { logIn } from "./hub";
import { failed, succeeded, UP, type Lab } from "./lab";
import { worksForParticipants } from "./participant";

export function comesUp(workshop: () => Lab): void {
  describe("comes up", () => {
    it("is killed in the middle of the installation, and the machine with it", async () => {
      const running = workshop().start(...UP);
      await workshop().serverShows("test -e /opt/tljh/hub/bin/python3");
      await running.kill();
      // Python is there and pip is not: half an installation, which the bootstrap takes for a whole.
      const { stdout } = await workshop().onServer(`
        systemctl kill --signal=KILL 'workshop-install-tljh-*'
        rm -rf /opt/tljh/hub/lib/python3*/site-packages/pip*
        ls /opt/tljh`);
      assert.match(stdout, /hub/);
      const locked = await workshop().change("up");
      failed(locked, /locked by 1 lock/, /pulumi cancel/);
      succeeded(await workshop().pulumi("cancel", "--yes", "-s", "test"));
    });

    it("goes on from there to a hub that an administrator can log in to, and nobody else", async () => {
      const up = await workshop().change("up");
      succeeded(up);
      assert.match(up.text, /Removing half of a hub environment/);
      const names = up.steps.map(([name]) => name);
      const accounts = names.indexOf("test-accounts");
      assert.ok(!names.includes("test-machine") && !names.includes("test-system-update"));
      assert.ok(accounts > names.indexOf("test-install"));
      assert.ok(names.indexOf("test-http") > accounts && names.indexOf("test-https") > accounts);
      const { url, passwords } = await workshop().outputs();
      assert.match(url, /^http:\/\/127\./);
      const password = passwords["nicolas"] ?? "";
      assert.deepEqual(await logIn(url, "nicolas", password), { page: 200, isIn: true });
      assert.equal((await logIn(url, "nicolas", "guess")).isIn, false);
      assert.equal((await logIn(url, "stranger", "guess")).isIn, false);
    });

    it("has home folders and the hub's state on the data volume, and kernels over ipc", async () => {
      const { stdout } = await workshop().onServer(`
        findmnt -no SOURCE -T /home; findmnt -no SOURCE -T /opt/tljh/state
        stat -c '%a %U' /opt/tljh/state /opt/tljh/state/passwords.dbm*
        cat /opt/tljh/user/etc/jupyter/jupyter_server_config.json`);
      assert.match(
        stdout,
        /^\/dev\/\S+\[\/home\]\n\/dev\/\S+\[\/tljh-state\]\n700 root\n600 root\n/,
      );
      assert.match(stdout, /"transport": "ipc"/);
    });

    worksForParticipants(workshop);

    it("keeps the metadata service for root", async () => {
      const { stdout } = await workshop().onServer(
        "systemctl is-enabled workshop-block-metadata; iptables -S OUTPUT",
      );
      assert.match(stdout, /^enabled\n/);
      assert.match(stdout, /-d 169\.254\.169\.254\/32 -m owner ! --uid-owner 0 -j REJECT/);
    });

    it("leaves the passwords nowhere on the server, but their hashes", async () => {
      const { passwords } = await workshop().outputs();
      const places =
        "/etc /home /opt/tljh/config /opt/tljh/installer.log /opt/tljh/state /root /run /srv /tmp /var/lib /var/log";
      const { stdout, exitCode } = await workshop().onServer(
        `grep -rlIaF -f - ${places} /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null`,
        Object.values(passwords).join("\n"),
      );
      assert.equal(stdout, "");
      assert.notEqual(exitCode, 0);
      // The search finds what is there.
      const control = await workshop().onServer("grep -rlIaF -f - /etc/hostname", "ip-10-0-");
      assert.equal(control.stdout, "/etc/hostname\n");
    });
  });
}
