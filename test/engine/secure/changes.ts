/** Names come and go, and the issuer is another one. */
import assert from "node:assert/strict";
import { succeeded } from "../workshop/lab";
import { NAME, OTHER, type Secured } from "./secure.test";
import { plainHttp, shown } from "./site";

export function changes(workshop: () => Secured): void {
  describe("whose names and issuer change", () => {
    it("keeps its certificate while a second name does not point here yet", async () => {
      const { lab } = workshop();
      const before = await lab.acme.orders();
      lab.configure({ extraDomains: [OTHER] });
      const up = await lab.change("up");
      succeeded(up);
      assert.match(up.text, new RegExp(`https://${OTHER} does not exist yet`));
      assert.doesNotMatch(up.text, /is not open yet/);
      assert.deepEqual(await lab.acme.orders(), before);
    });

    it("has Route 53 make the second name's record, and one certificate for both", async () => {
      const { lab, address } = workshop();
      const before = await lab.acme.orders();
      await lab.dns.clear();
      lab.configure({ dnsZone: "workshop.test", dnsTtl: 60 });
      const up = await lab.change("up");
      succeeded(up);
      const made = up.steps.filter(([, operation]) => operation === "create").map(([name]) => name);
      assert.deepEqual(made.sort(), [`test-record-${OTHER}`, `test-record-${NAME}`].sort());
      const orders = (await lab.acme.orders()).slice(before.length);
      assert.deepEqual(
        orders.map(({ names }) => [...names].sort()),
        [[OTHER, NAME].sort()],
      );
      for (const name of [NAME, OTHER]) {
        const seen = await shown(workshop(), name, await lab.acme.roots());
        assert.deepEqual([seen.isTrusted, seen.names], [true, [OTHER, NAME].sort()]);
        assert.equal(await plainHttp(address, name), `301 https://${name}/hub/login`);
      }
    });

    it("has another issuer's certificate, without a name that was taken away", async () => {
      const { lab } = workshop();
      const acmeCa = (await lab.acme.privateAuthority()) + (await lab.acme.roots());
      lab.configure({ acmeServer: "https://acme.test/directory", acmeCa, extraDomains: [] });
      const up = await lab.change("up");
      succeeded(up);
      assert.match(up.text, /Asking acme\.test for a certificate/);
      const seen = await shown(workshop(), NAME, await lab.acme.roots());
      assert.deepEqual([seen.isTrusted, seen.names], [true, [NAME]]);
    });

    it("tries out staging, whose certificates nobody trusts, and says so", async () => {
      const { lab } = workshop();
      lab.configure({ acmeServer: "staging", acmeCa: undefined });
      const up = await lab.change("up");
      succeeded(up);
      assert.match(up.text, /Browsers do not trust it: pulumi config .*set acmeServer production/);
      assert.equal((await shown(workshop(), NAME, await lab.acme.roots())).isTrusted, false);
      const seen = await shown(workshop(), NAME, await lab.acme.roots("staging"));
      assert.equal(seen.isTrusted, true, seen.why);
      assert.equal((await lab.acme.orders("staging")).length, 1);
    });

    it("goes from staging to production with a new certificate", async () => {
      const { lab } = workshop();
      lab.configure({ acmeServer: "production" });
      succeeded(await lab.change("up"));
      const seen = await shown(workshop(), NAME, await lab.acme.roots());
      assert.deepEqual([seen.isTrusted, seen.names], [true, [NAME]]);
    });
  });
}
