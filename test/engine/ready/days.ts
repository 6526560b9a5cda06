/** The days around a workshop: the machine stops and starts, and whoever asks meanwhile is told so. */
import assert from "node:assert/strict";
import { failed, succeeded, type Lab } from "../workshop/lab";

/** Starts a participant's server by the hub's API, as the participant's browser does. */
const START_SERVER = `
  token=$(cat /opt/tljh/state/workshop-accounts.token)
  curl -fsS -X POST -H "Authorization: token $token" http://127.0.0.1:15001/hub/api/users/maria/server`;
const NOTE = "/home/jupyter-maria/note.txt";

export function days(workshop: () => Lab): void {
  describe("between the days", () => {
    it("stops nobody's work without being told to, and says whose it is", async () => {
      assert.equal((await workshop().onServer(START_SERVER)).exitCode, 0);
      await workshop().serverShows("systemctl is-active --quiet jupyter-maria");
      await workshop().onServer(`echo kept >${NOTE}`);
      failed(
        await workshop().command("power", "stop"),
        /1 server runs now:\n {2}maria /,
        /The instance was not stopped: people may be at work\n {2}received: servers of maria/,
        /mend: +npm run stop -- --stack test --yes/,
      );
      assert.equal((await workshop().machines()).size, 1);
      const stopped = await workshop().command("power", "stop", "--yes");
      succeeded(stopped);
      assert.match(stopped.text, /The instance is stopped \(\d+ s\)[^]*go on costing/);
      assert.equal((await workshop().machines()).size, 0);
    });

    it("tells every command that it is stopped, and how it starts", async () => {
      const asked = [
        workshop().command("user", "list"),
        workshop().command("course", "status"),
        workshop().preview(),
      ];
      for (const ran of await Promise.all(asked)) {
        failed(ran, /The instance is stopped\n[^]*mend: +npm run start -- --stack test/);
      }
      failed(
        await workshop().command("doctor"),
        /^red +instance +i-\w+ is stopped: nobody can work, files are kept\n +do: npm run start -- --stack test$/m,
        /22 more cannot be told: the machine does not run$/m,
      );
      const again = await workshop().command("power", "stop");
      succeeded(again);
      assert.match(again.text, /stopped already/);
    });

    it("starts again with all files, and needs no up", async () => {
      const started = await workshop().command("power", "start");
      succeeded(started);
      assert.match(started.text, /The hub answers at http:\/\/127\.[\d.]+ \(\d+ s\)/);
      assert.equal((await workshop().onServer(`cat ${NOTE}`)).stdout, "kept\n");
      succeeded(await workshop().preview("--expect-no-changes"));
    });
  });
}
