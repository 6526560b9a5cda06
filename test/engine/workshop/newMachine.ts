/** The machine is replaced. */
import assert from "node:assert/strict";
import { logIn } from "./hub";
import { succeeded, type Lab } from "./lab";

const STEPS = [
  "doors",
  "data-volume",
  "root-disk",
  "system-update",
  "restart-if-needed",
  "install",
  "limits",
  "accounts",
  "git-credentials",
  "content-check",
  "links",
];

export function getsNewMachine(workshop: () => Lab): void {
  describe("gets a new machine", () => {
    it("runs every step again, and participants find their files and passwords", async () => {
      const before = await workshop().outputs();
      await workshop().onServer(`
        useradd -u 1205 -m jupyter-maria && echo 'my work' >/home/jupyter-maria/work.txt
        chown -R jupyter-maria: /home/jupyter-maria`);
      const urn = workshop().urn("aws:ec2/instance:Instance", "Instance");
      const up = await workshop().change("up", "--replace", urn);
      succeeded(up);
      const steps = up.steps.map(([name, operation]) => `${name} ${operation}`);
      for (const step of STEPS) assert.ok(steps.includes(`test-${step} update`), step);
      assert.ok(!up.steps.some(([name]) => name === "test-data"), "another data volume");

      const now = await workshop().outputs();
      assert.notEqual(now.instanceId, before.instanceId);
      assert.equal(now.publicIp, before.publicIp);
      assert.deepEqual([...(await workshop().machines()).keys()], [now.instanceId]);
      const { stdout } = await workshop().onServer(
        "id -un 1205; runuser -u jupyter-maria cat /home/jupyter-maria/work.txt",
      );
      assert.equal(stdout, "jupyter-maria\nmy work\n");
      const course = "https://github.test/river-lab/groundwater-course";
      const git = await workshop().onServer(
        `runuser -u jupyter-maria -- env HOME=/home/jupyter-maria git ls-remote -q ${course} HEAD`,
      );
      assert.match(git.stdout, /^[0-9a-f]{40}\tHEAD$/m, git.stderr);
      assert.deepEqual(now.passwords, before.passwords);
      for (const [name, password] of Object.entries(now.passwords)) {
        assert.equal((await logIn(now.url, name, password)).isIn, true, name);
      }
    });
  });
}
