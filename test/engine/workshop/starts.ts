/** A participant's server that ends while it starts: who started it is told, and can try again. */
import assert from "node:assert/strict";
import { Participant } from "../../../scripts/participant/participant";
import type { Lab } from "./lab";

/** What a participant may write, and Jupyter runs at each start. */
const SETTINGS = "/home/jupyter-bo/.jupyter/jupyter_server_config.py";

export function startsOrSaysWhyNot(workshop: () => Lab): void {
  let bo: Participant;
  const onServer = async (lines: string) => {
    const { exitCode, stderr } = await workshop().onServer(lines);
    assert.equal(exitCode, 0, stderr);
  };

  describe("a server that ends while it starts", () => {
    before(async () => {
      const { url, passwords } = await workshop().outputs();
      bo = new Participant(url, { name: "bo", password: passwords["bo"] ?? "" });
      await bo.logIn();
      await bo.startServer();
      await bo.stopServer();
    });

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
  describe("packages that somebody has installed in the home", () => {
    // The server runs on, as it did before.
    after(() => bo.leave());

    /** The doctor's row of them. */
    async function row(): Promise<{ colour: string; says: string; do?: string }> {
      const doctor = workshop().startCommand("doctor", "--json", "--seconds", "60");
      await doctor.ended;
      const { rows } = JSON.parse(doctor.stdout) as {
        rows: { id: string; colour: string; says: string; do?: string }[];
      };
      const found = rows.find(({ id }) => id === "own packages");
      assert.ok(found, doctor.text);
      return found;
    }

    it("are what the notebook has, and keep the server from nothing", async () => {
      await bo.stopServer();
      // As pip puts them there; Jupyter's own is one that breaks whoever imports it.
      await onServer(`runuser -u jupyter-bo -- bash -ec '
        cd && site=$(/opt/tljh/user/bin/python3 -m site --user-site)
        mkdir -p "$site"/jupyter_server "$site"/tornado-1.0.dist-info
        echo "raise SystemExit(1)" >"$site"/jupyter_server/__init__.py
        echo "where = \\"the home\\"" >"$site"/traitlets_of_mine.py'`);
      await bo.startServer();
      await bo.openLab();
      const kernel = await bo.startKernel();
      const ran = await kernel.run("import traitlets_of_mine; print(traitlets_of_mine.where)");
      assert.deepEqual(ran, { text: "the home\n" });
    });

    it("are named by the doctor, whose command puts them away", async () => {
      const found = await row();
      assert.equal(found.colour, "yellow");
      assert.match(found.says, /^bo has tornado 1\.0 instead of \d+\./);
      const [, command = ""] = /'(sudo mv [^']+)'/.exec(found.do ?? "") ?? [];
      await onServer(command);
      assert.equal((await row()).colour, "green");
    });
  });
}
