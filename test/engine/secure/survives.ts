/** The certificate outlives the machine, and its own end. */
import assert from "node:assert/strict";
import { expiring } from "./expiring";
import { succeeded } from "../workshop/lab";
import { NAME, OTHER, type Secured } from "./secure.test";
import { plainHttp, shown } from "./site";

export function survives(workshop: () => Secured): void {
  describe("whose machine is replaced", () => {
    it("has the same certificate on the new one, without an order, though DNS is away", async () => {
      const { lab, address } = workshop();
      const roots = await lab.acme.roots();
      const before = await shown(workshop(), NAME, roots);
      const orders = await lab.acme.orders();
      await lab.acme.fail("down");
      await lab.dns.hide(NAME);
      const urn = lab.urn("aws:ec2/instance:Instance", "Instance");
      const up = await lab.change("up", "--replace", urn);
      succeeded(up);
      assert.match(up.text, /Putting the certificate for .* in force that is on the data volume/);
      await lab.acme.fail("none");
      await lab.dns.clear();
      const now = await shown(workshop(), NAME, roots);
      assert.deepEqual([now.serial, now.isTrusted], [before.serial, true]);
      assert.deepEqual(await lab.acme.orders(), orders);
      assert.equal(await plainHttp(address, NAME), `301 https://${NAME}/hub/login`);
    });

    it("is renewed by the proxy alone before it ends, and `up` only sees that DNS is back", async () => {
      const { lab } = workshop();
      const before = await lab.acme.orders();
      const replaced = await lab.onServer(expiring(NAME, 20, [NAME, OTHER]));
      assert.equal(replaced.exitCode, 0, replaced.stderr);
      // While it starts, the proxy shows one of its own, which lasts longer, too.
      await lab.serverShows(`
        shown=$(openssl s_client -connect 127.0.0.1:443 -servername ${NAME} </dev/null | openssl x509)
        openssl x509 -noout -ext subjectAltName <<<"$shown" | grep -qw ${NAME} &&
          openssl x509 -noout -checkend ${30 * 86_400} <<<"$shown"`);
      const now = await shown(workshop(), NAME, await lab.acme.roots());
      assert.deepEqual([now.isTrusted, now.names], [true, [OTHER, NAME].sort()]);
      const orders = (await lab.acme.orders()).slice(before.length);
      assert.deepEqual(
        orders.map(({ names }) => [...names].sort()),
        [[OTHER, NAME].sort()],
      );
      assert.deepEqual((await lab.change("up")).steps, [["test-https-gate", "update"]]);
    });
  });
}
