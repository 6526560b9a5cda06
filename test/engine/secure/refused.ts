/** The issuer does not do as it is asked: what was in force stays so, and nothing is tried again. */
import assert from "node:assert/strict";
import type { Fault } from "../../../rehearsal/acme/faults";
import { failed, succeeded } from "../workshop/lab";
import { NAME, OTHER, type Secured } from "./secure.test";
import { shown } from "./site";

const SETTINGS = "/opt/tljh/config/config.yaml";

export function refused(workshop: () => Secured): void {
  describe("whose issuer refuses", () => {
    let serial = "";
    before(async () => {
      const { lab } = workshop();
      serial = (await shown(workshop(), NAME, await lab.acme.roots())).serial;
      // A second name, and with it a new order.
      lab.configure({ extraDomains: [OTHER] });
    });

    async function isAsBefore(): Promise<void> {
      const { lab } = workshop();
      const seen = await shown(workshop(), NAME, await lab.acme.roots());
      assert.deepEqual([seen.serial, seen.isTrusted], [serial, true]);
      const health = "curl -sk -o /dev/null -w '%{http_code}' https://127.0.0.1/hub/health";
      assert.equal((await lab.onServer(health)).stdout, "200");
    }

    const faults: [Fault, string, RegExp[]][] = [
      [
        "refuse",
        "says that the issuer's policy forbids the name",
        [/The issuer gives no certificate/, /rejectedIdentifier/, /forbidden by policy/],
      ],
      [
        "rateLimited",
        "says until when the issuer takes no more orders",
        [/rateLimited/, /retry after \d{4}-\d\d-\d\d/, /set acmeServer staging/],
      ],
    ];
    for (const [fault, title, texts] of faults) {
      it(`${title}, and keeps the old certificate`, async () => {
        const { lab } = workshop();
        await lab.acme.fail(fault);
        const before = await lab.acme.orders();
        failed(await lab.change("up"), ...texts, /allowed: /, /mend: /);
        await isAsBefore();
        const orders = await lab.acme.orders();
        assert.ok(orders.length > before.length);
        // Every change of the proxy's rules would order anew, were it still told to.
        await lab.onServer(
          "touch /opt/tljh/state/rules/workshop-test.toml; sleep 2; rm /opt/tljh/state/rules/workshop-test.toml; sleep 1",
        );
        assert.equal((await lab.acme.orders()).length, orders.length);
        await lab.acme.fail("none");
      });
    }

    it("changes nothing when the issuer is down", async () => {
      const { lab } = workshop();
      await lab.acme.fail("down");
      const up = await lab.change("up");
      failed(up, /The ACME server does not answer; nothing was changed/);
      assert.doesNotMatch(up.text, /page is away/);
      await isAsBefore();
      await lab.acme.fail("none");
    });

    it("changes nothing when tljh-config refuses the settings", async () => {
      const { lab } = workshop();
      await lab.onServer(
        `cp -p ${SETTINGS} /root/settings; printf 'limits:\\n  cpu: half\\n' >>${SETTINGS}`,
      );
      const up = await lab.change("up");
      failed(up, /tljh-config does not take the settings/, /limits\.cpu/);
      assert.doesNotMatch(up.text, /Putting back/);
      await isAsBefore();
      await lab.onServer(`cp -p /root/settings ${SETTINGS}`);
    });

    it("goes on by itself once the issuer does as it is asked", async () => {
      const { lab } = workshop();
      succeeded(await lab.change("up"));
      const seen = await shown(workshop(), NAME, await lab.acme.roots());
      assert.deepEqual([seen.isTrusted, seen.names], [true, [OTHER, NAME].sort()]);
    });
  });
}
