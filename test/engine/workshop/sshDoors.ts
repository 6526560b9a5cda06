/** Who may reach SSH, and from where: another address, another network, nobody, another port. */
import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { DescribeSecurityGroupRulesCommand } from "@aws-sdk/client-ec2";
import { failed, succeeded, type Lab, type Running } from "./lab";

/** Of nobody (RFC 5737). */
const OFFICE = "203.0.113.0/24";
const PLACE = "198.51.100.7";
const CLOSED = /network here lets no connection to port 22 out/;

/** Whose packets reach the port now, as AWS knows it. */
async function letIn(lab: Lab, port: number): Promise<string[]> {
  const { SecurityGroupRules = [] } = await lab
    .ec2()
    .send(new DescribeSecurityGroupRulesCommand({}));
  return SecurityGroupRules.filter(({ IsEgress, FromPort }) => !IsEgress && FromPort === port)
    .map(({ CidrIpv4 = "" }) => CidrIpv4)
    .sort();
}

async function shows(running: Running, text: RegExp): Promise<void> {
  for (let tries = 0; tries < 600 && !text.test(running.text); tries += 1) await sleep(100);
  assert.match(running.text, text);
}

export function opensItsDoors(workshop: () => Lab): void {
  describe("opens its doors to whom it should", () => {
    /** Says that this computer has the address `place`. */
    let service: Server;
    let place = PLACE;
    const unchanged = async () => succeeded(await workshop().preview("--expect-no-changes"));

    before(async () => {
      service = createServer((_request, answer) => answer.end(place));
      await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
    });
    after(() => {
      service.close();
      const { addressService } = workshop().rehearsal;
      workshop().configure({ addressService, sshWaitMinutes: undefined });
    });

    it("with a word at `up` when that is everybody", async () => {
      workshop().configure({ sshCidrs: ["0.0.0.0/0"] });
      const { text } = await workshop().preview();
      workshop().configure({ sshCidrs: ["me"] });
      assert.match(text, /warning: .*everybody in the internet may try to log in over SSH/);
    });

    it("to a range for a time, and shuts them when the person has enough", async () => {
      const running = workshop().startCommand("doors", "open", OFFICE, "--for", "1h");
      try {
        await shows(running, /Open until/);
        assert.deepEqual(await letIn(workshop(), 22), ["127.0.0.1/32", OFFICE]);
        await unchanged();
      } finally {
        running.interrupt();
      }
      assert.equal(await running.ended, 0, running.text);
      assert.match(running.text, /Closed to 203\.0\.113\.0\/24 again/);
      assert.deepEqual(await letIn(workshop(), 22), ["127.0.0.1/32"]);
      await unchanged();
    });

    it("for good, and not for a time: what is refused closes nothing", async () => {
      failed(await workshop().command("doors", "open", "me", "--for", "1h"), /me is open for good/);
      assert.deepEqual(await letIn(workshop(), 22), ["127.0.0.1/32"]);
      await unchanged();
    });

    it("to nobody: the course goes on, and `up` says at once how to open", async () => {
      const closed = await workshop().command("doors", "close");
      succeeded(closed);
      assert.match(closed.text, /SSH \(port 22\) is closed to everybody/);
      assert.deepEqual(await letIn(workshop(), 22), []);
      const { url } = await workshop().outputs();
      assert.equal((await fetch(`${url}/hub/health`)).status, 200);
      const up = await workshop().change("up");
      failed(up, /Port 22 of the server is closed to this computer/, /npm run doors -- open/);
      assert.deepEqual(up.steps, []);
      const open = await workshop().command("doors", "open");
      succeeded(open);
      assert.match(
        open.text,
        /This computer \(127\.0\.0\.1\) is let in\nA log-in over SSH succeeds/,
      );
      await unchanged();
    });

    it("to this computer in another place, whose network keeps SSH in: that is said", async () => {
      const { port } = service.address() as AddressInfo;
      workshop().configure({ addressService: `http://127.0.0.1:${port}/`, sshWaitMinutes: 0 });
      const moved = await workshop().command("doors", "open", "me");
      failed(moved, CLOSED, /port 80 of the same server answers/, /set sshPort 993/);
      assert.deepEqual(await letIn(workshop(), 22), [`${PLACE}/32`]);
      const up = await workshop().change("up");
      failed(up, CLOSED, /mend: +pulumi config --stack test set sshPort 993/);
    });

    it("to this computer when it has moved between two `up`s, before anything needs SSH", async () => {
      place = "127.0.0.1";
      const up = await workshop().change("up");
      succeeded(up);
      assert.deepEqual(up.steps[0], ["test-ssh-me", "update"]);
      assert.deepEqual(await letIn(workshop(), 22), ["127.0.0.1/32"]);
    });

    it("on the other port, which the server has had all along; participants notice nothing", async () => {
      // Participants' servers are units of their own, which end by themselves when nobody uses them.
      const services = "jupyterhub traefik";
      const processes = () => workshop().onServer(`systemctl show -p MainPID --value ${services}`);
      const before = await processes();
      workshop().configure({ sshPort: 993 });
      succeeded(await workshop().change("up"));
      assert.equal((await processes()).stdout, before.stdout);
      assert.match(before.stdout, /^[1-9]/);
      assert.deepEqual(await letIn(workshop(), 22), []);
      assert.deepEqual(await letIn(workshop(), 993), ["127.0.0.1/32"]);
      const list = await workshop().command("doors", "list");
      succeeded(list);
      assert.match(list.text, /SSH \(port 993\) is open to:[^]*A log-in over SSH succeeds/);
      await unchanged();
    });
  });
}
