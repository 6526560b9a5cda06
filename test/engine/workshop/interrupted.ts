/** Connections drop and computers lose power in the middle of a step. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { stepText } from "../../../components/server";
import { UP, type Lab, type Running } from "./lab";

/** While it is not there, the changed step on the server waits. */
const GO_ON = "/run/test-goes-on";
const STEP_RUNS = "systemctl is-active --quiet 'workshop-links-*'";

/** Waits until `pulumi` prints what is looked for. */
async function shows(running: Running, text: RegExp): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    if (text.test(running.text)) return;
    await sleep(100);
  }
  assert.fail(`never printed: ${text.source}\n${running.text}`);
}

export function isInterrupted(workshop: () => Lab): void {
  describe("is interrupted", () => {
    before(() => {
      const lines = `until [ -e ${GO_ON} ]; do sleep 0.1; done; say 'the end of the step'`;
      workshop().touchScript("links", lines);
    });
    after(() => workshop().restoreScript("links"));

    it("previews the one step whose script has changed", async () => {
      const preview = await workshop().preview();
      assert.match(preview.text, /~ 1 to update\n +\d+ unchanged/);
    });

    it("fails with one error when SSH drops in the middle of a step; the step goes on", async () => {
      const running = workshop().start(...UP);
      await workshop().serverShows(STEP_RUNS);
      await workshop().onServer("pkill -f 'sshd: ubuntu@notty'");
      assert.notEqual(await running.ended, 0);
      assert.match(running.text, /the step goes on\. Run pulumi up/);
      assert.equal((await workshop().onServer(STEP_RUNS)).exitCode, 0);
    });

    it("watches the step that still runs at the next `up`", async () => {
      const running = workshop().start(...UP);
      await shows(running, /This step is running already: watching it/);
      await workshop().onServer(`touch ${GO_ON}`);
      assert.equal(await running.ended, 0, running.text);
      assert.match(running.text, /the end of the step/);
    });

    it("runs nothing of a step that arrived in part", async () => {
      const text = stepText({
        script: "links",
        stack: "test",
        instanceId: "i-0",
        values: {},
        limitMinutes: 1,
      });
      const { exitCode, stderr } = await workshop().onServer(
        "cat >/run/half; bash /run/half; r=$?; rm /run/half; exit $r",
        text.slice(0, -40),
      );
      assert.equal(exitCode, 1);
      assert.match(stderr, /broke while the step was sent; nothing of it was run/);
    });
  });
}
