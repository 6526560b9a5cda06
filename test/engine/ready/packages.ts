/** Packages for everybody: one more, wrong ones, and none that anybody notices otherwise. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { Participant } from "../../../scripts/participant/participant";
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

    it("changes what people use while they work only when told so", async () => {
      const { url, passwords } = await workshop().outputs();
      const maria = new Participant(url, { name: "maria", password: passwords["maria"] ?? "" });
      await maria.logIn();
      await maria.startServer();
      try {
        failed(
          await workshop().command("package", "add", "cowsay==6.0"),
          /cowsay 6\.1 -> 6\.0; 1 servers run[^]*the same command with --change/,
        );
        const { text, ...ran } = await workshop().command(
          ...["package", "add", "cowsay==6.0", "--change"],
        );
        succeeded({ text, ...ran });
        assert.match(text, /their kernels keep the old until they are restarted/);
        const { stdout } = await participantRuns(
          'from importlib.metadata import version; print(version("cowsay"))',
        );
        assert.equal(stdout.trim(), "6.0");
      } finally {
        await maria.stopServer();
        maria.leave();
      }
    });

    it("changes its own step and no other in an up, from everywhere, and removes what nobody asks for", async () => {
      // On the server itself is a web address that it can reach.
      await workshop().serverShows(
        `mkdir -p /run/test-web && echo 'text-unidecode==1.3' >/run/test-web/requirements.txt
         systemctl is-active -q test-web ||
           systemd-run -q --unit=test-web /usr/bin/python3 -m http.server 8123 --bind 127.0.0.1 --directory /run/test-web
         curl -fsS --retry 9 --retry-connrefused -o /dev/null http://127.0.0.1:8123/requirements.txt`,
      );
      fs.writeFileSync(
        path.join(workshop().project, "model.sh"),
        "printf '#!/bin/sh\\necho head 4.2 m\\n' >/opt/tljh/user/bin/model\nchmod 755 /opt/tljh/user/bin/model\n",
      );
      workshop().configure({
        packages: { conda: ["humanize=4.10.0"], apt: ["tree"] },
        requirementsUrl: "http://127.0.0.1:8123/requirements.txt",
        packagesScript: "model.sh",
      });
      const { steps, ...ran } = await workshop().change("up");
      succeeded(ran);
      assert.deepEqual(steps, [["test-packages", "update"]]);
      assert.equal((await participantRuns("import cowsay")).exitCode, 1);
      const { stdout } = await participantRuns(
        'import humanize, subprocess, text_unidecode; print(humanize.__version__, subprocess.run(["model"], env={"PATH": "/opt/tljh/user/bin:/usr/bin:/bin"}, capture_output=True, text=True).stdout.strip())',
      );
      assert.equal(stdout.trim(), "4.10.0 head 4.2 m");
      assert.equal((await workshop().onServer("tree --version")).exitCode, 0);
      const lock = await workshop().command("package", "lock");
      assert.match(lock.text, /^#conda: humanize=4\.10\.0=/m);
      assert.match(lock.text, /^text-unidecode==1\.3$/m);
    });

    it("puts the environment back when the script fails, and goes on when it is mended", async () => {
      const before = await environment();
      const script = path.join(workshop().project, "model.sh");
      fs.appendFileSync(script, "rm /opt/tljh/user/bin/model; echo 'no such model' >&2; exit 3\n");
      const wrong = await workshop().change("up");
      failed(wrong, /packagesScript failed[^]*exit status 3; no such model[^]*mend the script/);
      assert.equal(await environment(), before);
      // Without what is served by the test.
      workshop().configure({ requirementsUrl: undefined, packagesScript: undefined });
      await workshop().serverShows("systemctl stop test-web; rm -rf /run/test-web");
      succeeded(await workshop().change("up"));
    });
  });
}
