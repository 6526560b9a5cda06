/** Participants' work is kept: on this computer, complete or an error. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { DeleteSnapshotCommand, DescribeSnapshotsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { readBack } from "../../../scripts/exportArchive";
import { tryAsRoot } from "../../../rehearsal/machines/command";
import { Participant } from "../../../scripts/participant/participant";
import { succeeded, type Lab } from "../workshop/lab";

/** Another region than the workshop's. */
const ELSEWHERE = "eu-central-1";
/** Somebody who writes into a file without end. */
const WRITES = "/home/jupyter-maria/endless.log";
const PEOPLE = `
  set -e
  for name in maria sofia; do
    id "jupyter-$name" >/dev/null 2>&1 || useradd --create-home "jupyter-$name"
    echo "$name's" >"/home/jupyter-$name/work.ipynb"
  done
  printf 'odd' >"/home/jupyter-maria/$(printf 'Закон\\nДарси')"
  mkdir -p /home/jupyter-maria/.ssh; echo S3CRET >/home/jupyter-maria/.ssh/key
  # So large that it changes for sure while it is read.
  truncate --size=40M ${WRITES}
  systemd-run --quiet --unit=endless bash -c 'while sleep 0.05; do echo x; done >>${WRITES}'`;

const saved = async (lab: Lab): Promise<Record<string, string>> =>
  JSON.parse(
    (await lab.onServer("cat /opt/tljh/state/workshop-saved.json 2>/dev/null || echo '{}'")).stdout,
  ) as Record<string, string>;

export function keepsTheirWork(workshop: () => Lab): void {
  describe("keeps participants' work", () => {
    // Where the command is called from depends on how the tests were.
    const folder = () => path.join(workshop().project, "exports");
    const brought = (...more: string[]) => workshop().command("export", "--to", folder(), ...more);

    it("is an error as long as a file changes without end, which it names; others' files are here", async () => {
      const { exitCode, stderr } = await workshop().onServer(PEOPLE);
      assert.equal(exitCode, 0, stderr);
      const ran = await brought();
      await workshop().onServer("systemctl stop endless");
      assert.equal(ran.exitCode, 1, ran.text);
      assert.match(ran.text, /no complete archive of maria's files\n {2}received: "endless\.log"/);
      assert.match(ran.text, /mend: .*stop this person's server.*npm run export -- maria/);
      assert.equal((await saved(workshop()))["export"], undefined);
      assert.deepEqual(fs.readdirSync(folder()).sort(), ["export.json", "sofia.tar.gz"]);
    });

    it("and then is complete, read back, for its owner alone, and noted on the server", async () => {
      const ran = await brought("--json");
      succeeded(ran);
      const said = JSON.parse(ran.text.slice(ran.text.indexOf("{"))) as {
        begun: string;
        complete: boolean;
        archives: { name: string; result: string }[];
      };
      const results = said.archives.map(({ name, result }) => `${name} ${result}`);
      assert.deepEqual([said.complete, ...results], [true, "maria saved", "sofia kept"]);
      assert.equal((await saved(workshop()))["export"], said.begun);
      const file = path.join(folder(), "maria.tar.gz");
      assert.equal(fs.statSync(file).mode & 0o777, 0o600);
      assert.equal(fs.statSync(folder()).mode & 0o777, 0o700);
      assert.ok((await readBack(file, "maria")).files >= 3);
    });

    it("can be downloaded by its owner, by a link on the hub's own page", async () => {
      const { url, passwords } = await workshop().outputs();
      const maria = new Participant(url, { name: "maria", password: passwords["maria"] ?? "" });
      await maria.logIn();
      await maria.startServer();
      const page = await maria.site.visit(`${url}/hub/home`);
      const link = /href="([^"]*\/my-work)"/.exec(page.text)?.[1] ?? "";
      const { status, headers, body } = await maria.site.visit(link);
      assert.equal(status, 200);
      assert.equal(headers["content-disposition"], 'attachment; filename="maria.zip"');
      assert.ok(body.includes("work.ipynb") && body.includes("Закон"));
      assert.ok(!body.includes(".ssh"));
      const lab = await maria.site.visit(`${maria.server}/lab`);
      assert.match(lab.text, /jupyter-archive/);
    });

    it("and who was here is a table", async () => {
      await workshop().onServer("systemctl start workshop-attendance");
      const file = path.join(folder(), "attendance.csv");
      const zone = ["--time-zone", "Asia/Bishkek"];
      succeeded(await workshop().command("attendance", "--to", file, ...zone));
      const table = fs.readFileSync(file, "utf8");
      assert.match(table, /^\uFEFFdate,account,/);
      assert.match(
        table,
        /\d{4}-\d\d-\d\d,maria,,participant,\d\d:\d\d,\d\d:\d\d,[\d.]+,[\d.]+,\d+\n/,
      );
    });

    it("is in a backup, of one moment though somebody writes", async () => {
      const busy = "/home/jupyter-maria/busy.log";
      const loop = `while sleep 0.02; do date >>${busy}; done`;
      await workshop().onServer(`systemd-run --quiet --unit=busy bash -c '${loop}'`);
      const ran = await workshop().command("backup", "--copy-to", ELSEWHERE);
      const after = await workshop().onServer(`
        set -e
        systemctl stop busy
        timeout 5 touch /home/jupyter-maria/not-held`);
      succeeded(ran);
      assert.equal(after.exitCode, 0, "the volume was let go");
      const [, copy = ""] = /(snap-\w+) {2}the same in/.exec(ran.text) ?? [];
      const there = new EC2Client({
        region: ELSEWHERE,
        endpoint: workshop().rehearsal.endpoint,
        credentials: { accessKeyId: "rehearsal", secretAccessKey: "rehearsal" },
      });
      const found = await there.send(new DescribeSnapshotsCommand({ SnapshotIds: [copy] }));
      assert.ok(found.Snapshots?.[0]?.Tags?.some((tag) => tag.Value === "tljh-workshop"));
      await there.send(new DeleteSnapshotCommand({ SnapshotId: copy }));
      const [, at] = /all of vol-\w+ as of (\S+)\n/.exec(ran.text) ?? [];
      assert.equal((await saved(workshop()))["backup"], at);
      const id = /snap-\w+/.exec(ran.text)?.[0] ?? "";
      const disk = path.join(workshop().rehearsal.folder, "fleet/copies", `${id}.img`);
      const check = await tryAsRoot(["e2fsck", "-fn", disk]);
      assert.equal(check.exitCode, 0, check.stdout);
      const work = await tryAsRoot(["debugfs", "-R", "cat /home/jupyter-maria/work.ipynb", disk]);
      assert.equal(work.stdout, "maria's\n");
    });

    it("and nobody has to wait for a backup that is broken off while it holds the volume", async () => {
      const faults = `${workshop().rehearsal.endpoint}/rehearsal/faults`;
      const body = JSON.stringify({ action: "CreateSnapshot", code: "Silence", times: 9 });
      await fetch(faults, { method: "POST", body });
      const running = workshop().startCommand("backup");
      try {
        // Who writes there while it is held waits, and cannot even be ended.
        await workshop().serverShows(
          "touch /srv/workshop/held &>/dev/null & sleep 0.3; kill -0 $!",
        );
      } finally {
        await running.kill();
        await fetch(faults, { method: "DELETE" });
      }
      const after = await workshop().onServer("timeout 5 touch /srv/workshop/held");
      assert.equal(after.exitCode, 0, "the volume was let go");
    });

    it("and backups are listed with what they cost, and removed by age, the last one only when told", async () => {
      const backup = (...words: string[]) => workshop().command("backup", ...words);
      const listed = await backup("list");
      succeeded(listed);
      assert.match(listed.text, /snap-\w+ .* completed +\d+ GiB +\d\.\d\d USD\n/);
      const young = await backup("remove", "--older-than", "1d");
      assert.match(young.text, /No backup is that old/);
      const stays = await backup("remove", "--older-than", "0h");
      succeeded(stays);
      assert.match(stays.text, /stays: it is the last/);
      succeeded(await backup("remove", "--older-than", "0h", "--even-last"));
      assert.match((await backup("list")).text, /There is no backup of test/);
      const unknown = await backup("remove", "snap-0123456789abcdef0");
      assert.equal(unknown.exitCode, 1);
      assert.match(unknown.text, /test has no such backup[^]*backup -- list --stack test/);
    });

    it("is whole only as long as nobody damages it", async () => {
      const file = path.join(folder(), "sofia.tar.gz");
      fs.appendFileSync(file, "x");
      const ran = await brought("sofia");
      succeeded(ran);
      assert.match(ran.text, /sofia .* saved, read back/);
      const wrong = await brought("sofa");
      assert.equal(wrong.exitCode, 1);
      assert.match(wrong.text, /nobody of that name[^]*npm run export -- sofia/);
    });
  });
}
