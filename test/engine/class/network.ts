/// <reference lib="dom" />
/** The Wi-Fi is gone for some time, while a cell runs. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Kernel } from "../../../scripts/participant/kernel";
import type { Participant } from "../../../scripts/participant/participant";
import { TestBrowser } from "../../browser/browser";
import type { Visitor } from "../../browser/visitor";
import { notebookText } from "../course/browser";
import type { Lab } from "../workshop/lab";
import { atWork, cutNetwork, root, serverSettings } from "./shared";

/** Seconds in the place of 20; shorter and longer losses are tried. */
const SILENT_SECONDS = 6;
/** At each fifth of a second a number, for so many seconds. */
const COUNT = (seconds: number) => `
import time
for number in range(${seconds * 5}):
    print(number, flush=True)
    time.sleep(0.2)
print("end")`;

/** That all numbers are there; those of the last seconds before a loss may be there twice. */
function assertComplete(text: string, seconds: number): void {
  const lines = text.trim().split("\n");
  assert.equal(lines.at(-1), "end");
  const numbers = new Set(lines.slice(0, -1).map(Number));
  const missing = Array.from({ length: seconds * 5 }, (_, at) => at).filter(
    (at) => !numbers.has(at),
  );
  assert.deepEqual(missing, []);
  assert.ok(lines.length < seconds * 5 * 2, `${lines.length} lines`);
}

export function network(workshop: () => Lab): void {
  describe("Wi-Fi that is gone while a cell runs", () => {
    let maria: Participant;
    let kernel: Kernel;
    let putBack = () => Promise.resolve();
    before(async () => {
      putBack = await serverSettings(workshop(), {
        WorkshopConnection: { ping_seconds: 1, silent_seconds: SILENT_SECONDS },
      });
      maria = await atWork(workshop(), "maria");
      kernel = await maria.startKernel();
    });
    after(async () => {
      await putBack();
      await maria.stopServer();
      maria.leave();
    });

    const cases: [title: string, gone: number, runs: number][] = [
      ["for less than it takes to be noticed", 3, 12],
      ["for longer than that", SILENT_SECONDS + 6, 24],
      ["until after the cell has ended", SILENT_SECONDS + 12, 8],
    ];
    for (const [title, gone, runs] of cases) {
      it(`${title}: all output is there`, async () => {
        const ran = kernel.run(COUNT(runs), { limitSeconds: 120 });
        await sleep(2500);
        const bringBack = await cutNetwork(workshop());
        try {
          // What the page sends and gets now leads nowhere; then its computer notices.
          await sleep(1500);
          kernel.disconnect();
          await sleep((gone - 1.5) * 1000);
        } finally {
          await bringBack();
        }
        await kernel.connect();
        assertComplete((await ran).text, runs);
      });
    }
  });

  describe("Wi-Fi that is gone, in a browser", () => {
    let browser: TestBrowser | undefined;
    let sofia: Visitor;
    let putBack = () => Promise.resolve();
    before(async () => {
      putBack = await serverSettings(workshop(), {
        WorkshopConnection: { ping_seconds: 1, silent_seconds: SILENT_SECONDS },
      });
      browser = await TestBrowser.open();
      const { url, passwords } = await workshop().outputs();
      sofia = await browser.visitor();
      await sofia.logIn(url, { name: "sofia", password: passwords["sofia"] ?? "" });
    });
    after(async () => {
      await browser?.close();
      await putBack();
      await root(workshop(), "systemctl stop jupyter-sofia");
    });

    const sees = (title: string, does: () => Promise<void>) =>
      it(title, () => browser?.watch(does));

    sees("output and edits are there, though JupyterLab has given up meanwhile", async () => {
      const runs = 40;
      const file = "/home/jupyter-sofia/lost.ipynb";
      await workshop().onServer(`cat >${file}`, notebookText(COUNT(runs).trim(), "# nothing yet"));
      await root(workshop(), `chown jupyter-sofia: ${file}`);
      await sofia.openLink(sofia.home.address("lab/tree/lost.ipynb"));
      await sofia.notebook.choose("Run", "runmenu:run");
      await sleep(3000);
      // JupyterLab waits at random, up to two minutes in all, before it gives up.
      await sofia.page.evaluate(() => (Math.random = () => 0));
      const bringBack = await cutNetwork(workshop());
      await sofia.page.context().setOffline(true);
      const lost = sofia.page.evaluate(() => navigator.onLine);
      assert.equal(await lost, false);
      await sleep((SILENT_SECONDS + 4) * 1000);
      await sofia.notebook.editCell(1, "# written without a network");
      await sofia.page.context().setOffline(false);
      await bringBack();
      await sofia.page.waitForFunction(() =>
        document
          .querySelector<HTMLElement>(".jp-OutputArea-output")
          ?.innerText.trimEnd()
          .endsWith("end"),
      );
      const [output = ""] = await sofia.notebook.cellOutputs();
      assertComplete(output, runs);
      // JupyterLab has asked meanwhile whether the server shall be started again.
      const dismiss = sofia.page.getByRole("button", { name: "Dismiss" });
      if (await dismiss.isVisible()) await dismiss.click();
      await sofia.notebook.save();
      const saved = (await sofia.home.read("lost.ipynb")) ?? "";
      assert.match(saved, /# written without a network/);
      assert.match(saved, /\bend\b/);
    });
  });
}
