/** Somebody takes all the memory there is. */
import assert from "node:assert/strict";
import type { Kernel } from "../../../scripts/participant/kernel";
import type { Participant } from "../../../scripts/participant/participant";
import type { Lab } from "../workshop/lab";
import { atWork, python, root, unitId, until } from "./shared";

/** More than a participant's server may have. */
const TAKE_ALL = `
taken = []
while True:
    taken.append(bytearray(20_000_000))`;

export function memory(workshop: () => Lab): void {
  describe("a participant who takes all memory", () => {
    let maria: Participant;
    let sofia: Participant;
    let hers: Kernel;
    let kernel: Kernel;
    let idsBefore: string[] = [];
    const units = ["jupyter-maria", "jupyter-sofia", "jupyterhub", "traefik"];
    const ids = () => Promise.all(units.map((unit) => unitId(workshop(), unit)));

    before(async () => {
      [maria, sofia] = await Promise.all([
        atWork(workshop(), "maria"),
        atWork(workshop(), "sofia"),
      ]);
      [kernel, hers] = [await maria.startKernel(), await sofia.startKernel()];
      await python(hers, "x = 42");
      idsBefore = await ids();
    });
    after(async () => {
      for (const one of [maria, sofia]) {
        await one.stopServer();
        one.leave();
      }
    });

    it("has a limit, and kernels that end before the server that they belong to", async () => {
      const limit = await root(
        workshop(),
        "systemctl show --property=MemoryMax --value jupyter-maria",
      );
      assert.ok(Number(limit) < 1024 ** 3, limit);
      const score = "int(open('/proc/self/oom_score_adj').read())";
      assert.equal(await python(kernel, `print(${score})`), "800");
      const server = await root(
        workshop(),
        "cat /proc/$(systemctl show --property=MainPID --value jupyter-maria)/oom_score_adj",
      );
      assert.equal(server, "200");
    });

    it("loses the kernel, and the same server starts another", async () => {
      const state = async () => {
        const { text } = await maria.ask(`${maria.server}/api/kernels/${kernel.id}`);
        return JSON.parse(text) as { execution_state: string };
      };
      await python(kernel, "mine = 1", "import os", "first = os.getpid()");
      const since = Math.floor(Date.now() / 1000);
      const ended = kernel.run(TAKE_ALL, { limitSeconds: 20 }).catch(() => undefined);
      await until("the kernel was ended", async () =>
        (await root(workshop(), `journalctl --since=@${since} -o cat --no-pager`)).includes(
          "KernelRestarter: restarting kernel",
        ),
      );
      await until("it runs again", async () => (await state()).execution_state !== "dead");
      await ended;
      await kernel.ready();
      assert.equal(await python(kernel, "print('mine' in globals())"), "False");
      assert.deepEqual(await ids(), idsBefore);
    });

    it("is noticed by nobody else", async () => {
      assert.equal(await python(hers, "print(x)"), "42");
    });

    it("is named by the doctor", async () => {
      const { text } = await workshop().command("doctor", "--seconds", "60");
      assert.match(
        text,
        /memory .* kernels? of maria ended by themselves, mostly for want of memory/,
      );
    });
  });
}
