/** Packages for everybody: one more, wrong ones, and none that anybody notices otherwise. */
import assert from "node:assert/strict";
import { failed, succeeded, type Lab } from "../workshop/lab";

const PYTHON = "/opt/tljh/user/bin/python";

export function packages(workshop: () => Lab): void {
  const environment = async () => {
    const { stdout } = await workshop().onServer(
      `${PYTHON} -m pip freeze --all; ls /opt/tljh; find /opt/tljh/user -type f -not -name '*.pyc' | sort | sha256sum`,
    );
    return stdout;
  };
  /** As a participant's notebook would: not root, and nothing of root's environment. */
  const participantRuns = (code: string) =>
    workshop().onServer(`runuser -u nobody -- env -i HOME=/nonexistent ${PYTHON} -Ic '${code}'`);

  describe("packages", () => {
    it("adds one in front of a class, for every participant, and a preview agrees", async () => {
      const added = await workshop().command("package", "add", "cowsay==6.1");
      succeeded(added);
      assert.match(added.text, /^pip: new 1: cowsay 6\.1$/m);
      assert.match(added.text, /restart your kernel/);
      const ran = await participantRuns(
        'import cowsay, sys; print(sys.executable, cowsay.get_output_string("cow", "Darcy"))',
      );
      assert.match(ran.stdout, /^\/opt\/tljh\/user\/bin\/python[^]*Darcy/);
      succeeded(await workshop().preview("--expect-no-changes"));
      const lock = await workshop().command("package", "lock");
      assert.match(lock.text, /^cowsay==6\.1$/m);
      assert.match(lock.text, /^jupyterlab==/m);
    });

    it("refuses a package that does not exist, and packages that do not go together", async () => {
      const before = await environment();
      failed(
        await workshop().command("package", "add", "geopanda"),
        /no package geopanda at PyPI; geopandas is meant\?/,
      );
      failed(
        await workshop().command("package", "add", "jupyterlab<4"),
        /do not go together: jupyterlab<4[^]*held here: jupyterlab==/,
      );
      assert.equal(await environment(), before);
      const list = await workshop().command("package", "list");
      assert.match(list.text, /^cowsay +pip +6\.1 +cowsay==6\.1$/m);
      assert.doesNotMatch(list.text, /geopanda|jupyterlab/);
    });

    it("changes its own step and no other in an up, by conda too, and removes what nobody asks for", async () => {
      workshop().configure({ packages: { conda: ["humanize=4.10.0"] } });
      const { steps, ...ran } = await workshop().change("up");
      succeeded(ran);
      assert.deepEqual(steps, [["test-packages", "update"]]);
      assert.equal((await participantRuns("import cowsay")).exitCode, 1);
      const { stdout } = await participantRuns("import humanize; print(humanize.__version__)");
      assert.equal(stdout.trim(), "4.10.0");
      const lock = await workshop().command("package", "lock");
      assert.match(lock.text, /^#conda: humanize=4\.10\.0=/m);
    });
  });
}
