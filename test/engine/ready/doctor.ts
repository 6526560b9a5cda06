/** `npm run doctor` at a workshop that is well, and at one that is not. */
import assert from "node:assert/strict";
import { ROW_IDS, type Row, type RowId } from "../../../scripts/doctor/rows";
import type { Lab } from "../workshop/lab";

/** A busy computer answers late; how long it takes decides nothing here. */
const PATIENT = ["--seconds", "60"];

export function doctor(workshop: () => Lab): void {
  describe("the doctor", () => {
    async function rows(): Promise<{ exitCode: number; of: (id: RowId) => Row; all: Row[] }> {
      const ran = await workshop().command("doctor", "--json", ...PATIENT);
      const { rows: all } = JSON.parse(ran.text) as { rows: Row[] };
      const of = (id: RowId) => {
        const row = all.find((one) => one.id === id);
        assert.ok(row, ran.text);
        return row;
      };
      return { exitCode: ran.exitCode, of, all };
    }

    async function onServer(lines: string): Promise<void> {
      const { exitCode, stderr } = await workshop().onServer(`set -e\n${lines}`);
      assert.equal(exitCode, 0, stderr);
    }

    it("has looked at all there is, and finds a workshop that is up well", async () => {
      const { exitCode, all } = await rows();
      assert.deepEqual(
        all.map(({ id }) => id),
        [...ROW_IDS],
      );
      const bad = all.filter(({ says, colour }) => colour === "red" || /^not known/.test(says));
      assert.deepEqual(bad, []);
      assert.equal(exitCode, 0);
    });

    it("names what is wrong on the server with its command, and changes nothing", async () => {
      await onServer(`
        systemctl stop jupyterhub
        chmod 644 /etc/git-credentials
        touch /run/reboot-required
        systemd-run --quiet --unit=broken-thing false || true
        for _ in $(seq 50); do systemctl is-failed --quiet broken-thing && break; sleep 0.1; done
        chmod -x /opt/tljh/user/bin/pip`);
      try {
        const { exitCode, of } = await rows();
        assert.equal(exitCode, 1);
        assert.match(`${of("hub").colour} ${of("hub").do}`, /^red ssh .*restart jupyterhub/);
        assert.match(`${of("services").colour} ${of("services").says}`, /^red jupyterhub does not/);
        assert.match(
          `${of("git").colour} ${of("git").says}`,
          /^red .*mode and owner 644 root:root/,
        );
        assert.match(`${of("restart").colour} ${of("restart").do}`, /^yellow .*sudo reboot/);
        assert.match(`${of("pip").colour} ${of("pip").says}`, /^red participants get/);
        // What the hub alone knows is not known; nothing else is hidden by it.
        assert.match(`${of("people").colour} ${of("people").says}`, /^yellow not known/);
        assert.equal(of("paths").colour, "green");
        const { stdout } = await workshop().onServer("systemctl is-active jupyterhub");
        assert.equal(stdout.trim(), "inactive");
      } finally {
        await onServer(`
          chmod 600 /etc/git-credentials
          rm /run/reboot-required
          systemctl reset-failed broken-thing
          chmod +x /opt/tljh/user/bin/pip
          systemctl start jupyterhub`);
      }
      await workshop().serverShows("curl -fsSL http://127.0.0.1/hub/health");
    });

    it("tells what it can of a server that SSH does not reach", async () => {
      const rule = "INPUT -p tcp --dport 22 -j DROP";
      await onServer(`iptables -I ${rule}`);
      try {
        const { exitCode, text } = await workshop().command("doctor");
        assert.equal(exitCode, 1);
        assert.match(text, /^green +instance .* runs$/m);
        assert.match(text, /^red +ssh /m);
        assert.match(text, /do: .*sshPort 993/);
        assert.match(text, /This computer's address: 127\.0\.0\.1/);
        const told = text.match(/^(green|yellow|red) /gm)?.length ?? 0;
        assert.ok(told > 5);
        const others = ROW_IDS.length - told;
        assert.match(text, new RegExp(`${others} more cannot be told: .* asked from here$`, "m"));
      } finally {
        await onServer(`iptables -D ${rule}`);
      }
    });
  });
}
