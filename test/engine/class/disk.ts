/** Somebody fills the disk. */
import assert from "node:assert/strict";
import type { Kernel } from "../../../scripts/participant/kernel";
import type { Participant } from "../../../scripts/participant/participant";
import type { Lab } from "../workshop/lab";
import { atWork, python, root, until } from "./shared";

/** Files of 20 MB, one after the other, until it fails; prints why, and how much there is. */
const FILL = `
import errno, os
os.makedirs("run", exist_ok=True)
why, count = None, 0
while why is None and count < 60:
    try:
        with open(f"run/{count}", "wb") as file:
            file.write(os.urandom(20_000_000))
        count += 1
        import time; time.sleep(0.3)
    except OSError as error:
        why = errno.errorcode[error.errno]
print(why, count)`;
const NOTE = "/home/jupyter-maria/THIS-FOLDER-IS-TOO-LARGE.txt";

export function disk(workshop: () => Lab): void {
  describe("a participant who fills the disk", () => {
    let maria: Participant;
    let sofia: Participant;
    let hers: Kernel;
    let kernel: Kernel;

    before(async () => {
      [maria, sofia] = await Promise.all([
        atWork(workshop(), "maria"),
        atWork(workshop(), "sofia"),
      ]);
      [kernel, hers] = [await maria.startKernel(), await sofia.startKernel()];
      await python(hers, "x = 42");
    });
    after(async () => {
      for (const one of [maria, sofia]) {
        await one.stopServer();
        one.leave();
      }
      await root(workshop(), "rm -rf /home/jupyter-*/run /home/jupyter-*/large");
    });

    it("cannot make one file larger than a home may be", async () => {
      await until("the limit is in force", async () =>
        /^Max file size +209715200 /m.test(
          await root(
            workshop(),
            "cat /proc/$(pgrep -u jupyter-maria -f ipykernel | head -n 1)/limits",
          ),
        ),
      );
      const text = await python(
        kernel,
        "try:",
        "    open('large', 'wb').truncate(300_000_000)",
        "except OSError as error:",
        "    print(error.strerror)",
      );
      assert.equal(text, "File too large");
    });

    it("is stopped beyond the limit with a word of why, and goes on computing", async () => {
      const [why, count] = (await python(kernel, FILL)).split(" ");
      assert.equal(why, "EFBIG");
      // The limit is 10 of them, and so many are written until it is looked at again.
      assert.ok(Number(count) >= 9 && Number(count) < 60, count);
      assert.match(await root(workshop(), `cat ${NOTE}`), /may have 0\.20 GiB[^]*\/run\/\d+\n/);
      assert.equal(await python(kernel, "print(5 * 4)"), "20");
    });

    it("can still save notebooks, and start the kernel of another", async () => {
      const saved = await maria.ask(`${maria.server}/api/contents/small.ipynb`, {
        method: "PUT",
        json: { type: "file", format: "text", content: "{}" },
      });
      assert.ok([200, 201].includes(saved.status), saved.text);
      const another = await maria.startKernel();
      assert.equal(await python(another, "print(6 * 7)"), "42");
      another.close();
    });

    it("keeps nobody else from writing", async () => {
      await python(hers, "open('large', 'wb').write(bytes(30_000_000))", "print(x)");
    });

    it("is named by the doctor", async () => {
      const { text } = await workshop().command("doctor", "--seconds", "60");
      assert.match(text, /yellow +homes .*more than their limit of 200 MiB.*: maria$/m);
    });

    it("writes on once there is room again, and the word of why is gone", async () => {
      await python(kernel, "import shutil; shutil.rmtree('run')");
      await until(
        "the note is gone",
        async () =>
          (await root(workshop(), `test -e ${NOTE} && echo there || echo gone`)) === "gone",
      );
      await python(kernel, "open('large', 'wb').write(bytes(30_000_000))");
    });
  });

  describe("a data volume that is full to the last block", () => {
    let sofia: Participant;
    let hers: Kernel;
    before(async () => {
      sofia = await atWork(workshop(), "sofia");
      // Who has never worked before has no room for the folder that IPython wants to make.
      const clara = await atWork(workshop(), "clara");
      await python(await clara.startKernel(), "1");
      await clara.stopServer();
      clara.leave();
      hers = await sofia.startKernel();
      await python(hers, "x = 42");
      await root(
        workshop(),
        `install -d -o nobody /home/full
         free=$(df --output=avail -B1 /home | tail -n 1)
         runuser -u nobody -- fallocate -l "$free" /home/full/all || true
         runuser -u nobody -- dd if=/dev/zero of=/home/full/rest bs=4096 2>/dev/null || true
         test "$(df --output=avail -B1 /home | tail -n 1)" -lt 65536`,
      );
    });
    after(async () => {
      await root(workshop(), "rm -rf /home/full");
      await sofia.stopServer();
      sofia.leave();
    });

    it("ends no kernel, and the hub writes on: it has what is kept for root", async () => {
      // IPython says that it cannot write down what was typed.
      assert.match(await python(hers, "print(x)"), /^42/);
      await workshop().serverShows("curl -fsSL http://127.0.0.1/hub/health");
      await root(
        workshop(),
        "echo it writes >/opt/tljh/state/test-full && rm /opt/tljh/state/test-full",
      );
    });

    it("lets people log in, whose servers and kernels start", async () => {
      const clara = await atWork(workshop(), "clara");
      const kernel = await clara.startKernel();
      assert.match(await python(kernel, "print(6 * 7)"), /^42/);
      await clara.stopServer();
      clara.leave();
    });

    it("is red for the doctor", async () => {
      const { text, exitCode } = await workshop().command("doctor", "--seconds", "60");
      assert.equal(exitCode, 1);
      assert.match(text, /^red +data disk .*\n +do: .*config --stack test set dataGiB 21/m);
    });
  });
}
