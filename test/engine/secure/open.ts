/** The name points here: the next `up` goes on by itself. */
import assert from "node:assert/strict";
import type { Row } from "../../../scripts/proof/rows";
import { TestBrowser } from "../../browser/browser";
import { succeeded } from "../workshop/lab";
import { NAME, type Secured } from "./secure.test";
import { plainHttp, shown } from "./site";

export function open(workshop: () => Secured): void {
  describe("whose name points here", () => {
    it("gets a certificate at the next `up`, by one order, and is proved", async () => {
      const { lab } = workshop();
      const up = await lab.change("up");
      succeeded(up);
      assert.deepEqual(up.steps, [
        ["test-https-gate", "update"],
        ["test-certificate", "update"],
      ]);
      assert.match(
        up.text,
        new RegExp(`https://${NAME}: certificate of .*Pebble.*good for \\d+ days`),
      );
      assert.doesNotMatch(up.text, /is not open yet/);
      assert.deepEqual(
        (await lab.acme.orders()).map(({ names }) => names),
        [[NAME]],
      );
      assert.equal((await lab.outputs()).url, `https://${NAME}`);
    });

    it("shows visitors a certificate that they trust, and speaks HTTP/2", async () => {
      const seen = await shown(workshop(), NAME, await workshop().lab.acme.roots());
      assert.equal(seen.isTrusted, true, seen.why);
      assert.deepEqual([seen.names, seen.protocol], [[NAME], "h2"]);
    });

    it("leads from http to https, and asks for no password before", async () => {
      const { address } = workshop();
      assert.equal(await plainHttp(address, NAME), `301 https://${NAME}/hub/login`);
    });

    it("changes nothing at the next preview and `up`", async () => {
      const { lab } = workshop();
      succeeded(await lab.preview("--expect-no-changes"));
      const up = await lab.change("up");
      assert.deepEqual(up.steps, []);
    });

    it("is proved from name and certificate on by `npm run check`, which trusts as browsers do", async () => {
      const running = workshop().lab.startCommand("check", "--json");
      await running.ended;
      assert.match(running.stdout, /^\{/, running.text);
      const { ready, rows } = JSON.parse(running.stdout) as { ready: boolean; rows: Row[] };
      assert.equal(ready, true, running.text);
      assert.deepEqual(
        rows.slice(1, 4).map(({ name, state }) => [name, state]),
        ["name", "certificate", "page"].map((name) => [name, "good"]),
      );
      assert.match(rows[2]?.found ?? "", /^from Pebble .* days left$/);
    });

    it("opens in a browser without a warning, and a password gets in", async () => {
      const { lab, address } = workshop();
      const browser = await TestBrowser.open({
        names: { [NAME]: address },
        authorities: await lab.acme.roots(),
      });
      try {
        await browser.watch(async () => {
          const { url, passwords } = await lab.outputs();
          const nicolas = await browser.visitor();
          await nicolas.logIn(url, { name: "nicolas", password: passwords["nicolas"] ?? "" });
          assert.match(nicolas.page.url(), new RegExp(`^https://${NAME}/user/nicolas/lab`));
        });
      } finally {
        await browser.close();
      }
    });
  });
}
