/** A participant's server that ends while it starts: who started it is told, and can try again. */
import assert from "node:assert/strict";
import { Participant } from "../../../scripts/participant/participant";
import type { Lab } from "./lab";

/** What a participant may write, and Jupyter runs at each start. */
const SETTINGS = "/home/jupyter-bo/.jupyter/jupyter_server_config.py";

export function startsOrSaysWhyNot(workshop: () => Lab): void {
  describe("a server that ends while it starts", () => {
    let bo: Participant;
    const onServer = async (lines: string) => {
      const { exitCode, stderr } = await workshop().onServer(lines);
      assert.equal(exitCode, 0, stderr);
    };

    before(async () => {
      const { url, passwords } = await workshop().outputs();
      bo = new Participant(url, { name: "bo", password: passwords["bo"] ?? "" });
      await bo.logIn();
      await bo.startServer();
      await bo.stopServer();
    });
    // The server runs on, as it did before.
    after(() => bo.leave());

    it("tells its last words at once, and who can help", async () => {
      await onServer(
        `echo 'raise SystemExit("a setting of my own & more")' >${SETTINGS}
         chown jupyter-bo: ${SETTINGS}`,
      );
      await assert.rejects(
        bo.startServer(),
        /ended while it started\. It said: a setting of my own & more\..*ask your teacher/s,
      );
    });

    it("can be started again without waiting for the other", async () => {
      await onServer(`rm ${SETTINGS}`);
      const before = Date.now();
      await bo.startServer();
      await bo.openLab();
      // As long as JupyterHub would have waited for the one that had ended.
      assert.ok(Date.now() - before < 200_000);
    });
  });
}
