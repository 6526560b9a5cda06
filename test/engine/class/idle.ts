/** Nobody is there, and something computes. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Lab } from "../workshop/lab";
import { atWork, root, serverSettings, until } from "./shared";

/** Seconds in the place of minutes and hours. */
const IDLE_SECONDS = 8;
const SILENT_SECONDS = 30;
const SNIPPET = "/opt/tljh/config/jupyterhub_config.d/zz-test-idle.py";

export function idle(workshop: () => Lab): void {
  describe("a computation that says nothing for longer than idle servers may run", () => {
    let putBack = () => Promise.resolve();
    before(async () => {
      putBack = await serverSettings(workshop(), { WorkshopKernelManager: { busy_seconds: 1 } });
      await root(
        workshop(),
        `echo 'c.Spawner.environment.update({"JUPYTERHUB_ACTIVITY_INTERVAL": "1"})' >${SNIPPET}
         tljh-config set services.cull.timeout ${IDLE_SECONDS}
         tljh-config set services.cull.every 2
         tljh-config reload hub`,
      );
    });
    after(async () => {
      await putBack();
      await root(
        workshop(),
        `rm ${SNIPPET}
         tljh-config unset services.cull.timeout
         tljh-config unset services.cull.every
         tljh-config reload hub`,
      );
    });

    it("goes on with the laptop closed, while a server without work is ended", async () => {
      const [maria, sofia] = await Promise.all([
        atWork(workshop(), "maria"),
        atWork(workshop(), "sofia"),
      ]);
      const [kernel, other] = [await maria.startKernel(), await sofia.startKernel()];
      const code = `import time; time.sleep(${SILENT_SECONDS}); print("done")`;
      const computed = kernel.run(code, { limitSeconds: 120 });
      await sleep(1000);
      kernel.disconnect();
      other.close();
      const runs = (unit: string) =>
        workshop()
          .onServer(`systemctl is-active --quiet ${unit}`)
          .then(({ exitCode }) => exitCode === 0);
      await until("sofia's server was ended", async () => !(await runs("jupyter-sofia")));
      assert.ok(await runs("jupyter-maria"), "maria's server was ended, too");
      // Longer than any idle server has.
      await sleep(IDLE_SECONDS * 1000);
      assert.ok(await runs("jupyter-maria"), "maria's server was ended, too");
      await kernel.connect();
      assert.equal((await computed).text, "done\n");
      kernel.close();
      await until("maria's server was ended", async () => !(await runs("jupyter-maria")));
      for (const one of [maria, sofia]) one.leave();
    });
  });
}
