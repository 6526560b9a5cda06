/** Steps that size has to do with, under a real bash with programs that only note what they are told. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const SCRIPTS = path.join(__dirname, "../../scripts/server");

interface Ran {
  status: number;
  stdout: string;
  stderr: string;
  /** Calls of the programs, a line each. */
  called: string[];
}

/** Runs a step in a folder of its own, in which `/var/lib/workshop` lies. */
function run(
  step: string,
  values: Record<string, string>,
  programs: Record<string, string>,
  folder: string,
): Ran {
  const bin = path.join(folder, "bin");
  const log = path.join(folder, "called");
  fs.mkdirSync(bin, { recursive: true });
  fs.writeFileSync(log, "");
  for (const [name, text] of Object.entries(programs)) {
    const note = `echo "${name} $*" >>${log}`;
    fs.writeFileSync(path.join(bin, name), `#!/bin/bash\n${note}\n${text}\n`, { mode: 0o755 });
  }
  const script = fs
    .readFileSync(path.join(SCRIPTS, `${step}.sh`), "utf8")
    .replaceAll("/var/lib/workshop", path.join(folder, "keep"))
    .replaceAll("/sys/class", path.join(folder, "sys"));
  // Settings are lines "key value" of a file; the hub is not there.
  const lines = `. ${SCRIPTS}/lib.sh
cd ${folder}
touch settings
setting() { sed -n "s/^$1 //p" settings; }
reload_hub() { echo "reload_hub" >>${log}; [ ! -e broken ] || fail "$1" no yes "pulumi up"; }
sleep() { :; }
STACK=test
${script}`;
  const done = spawnSync("bash", ["-c", lines], {
    env: { ...values, PATH: `${bin}:${process.env["PATH"]}` },
    encoding: "utf8",
  });
  const called = fs.readFileSync(log, "utf8").split("\n").filter(Boolean);
  return { status: done.status ?? -1, stdout: done.stdout, stderr: done.stderr, called };
}

const TLJH = {
  "tljh-config": `key=$2; grep -v "^$key " settings >new; [ $1 = unset ] || echo "$key $3" >>new; mv new settings`,
};

describe("the step that sets limits", () => {
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "limits-test-"));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));
  const settings = () => fs.readFileSync(path.join(folder, "settings"), "utf8").trim().split("\n");
  const limits = (MEMORY_MIB: string, CPUS = "", IDLE_MINUTES = "720") =>
    run("limits", { MEMORY_MIB, CPUS, IDLE_MINUTES }, TLJH, folder);

  it("sets what differs, and restarts the hub once", () => {
    const first = limits("1280");
    assert.equal(first.status, 0, first.stderr);
    assert.deepEqual(settings(), ["limits.memory 1280M", "services.cull.timeout 43200"]);
    assert.equal(first.called.filter((one) => one === "reload_hub").length, 1);
    assert.match(first.stdout, /at most 1280 MiB of memory and any number of vCPU, .* 720 minutes/);
    const again = limits("1280");
    assert.deepEqual(again.called, []);
    const other = limits("1280", "2", "0");
    assert.deepEqual(other.called, [
      "tljh-config set limits.cpu 2",
      "tljh-config set services.cull.enabled false",
      "reload_hub",
    ]);
    assert.match(other.stdout, /never stopped by itself/);
    const back = limits("1280");
    assert.deepEqual(back.called, [
      "tljh-config unset limits.cpu",
      "tljh-config unset services.cull.enabled",
      "reload_hub",
    ]);
  });

  it("leaves settings of others as they are", () => {
    fs.writeFileSync(
      path.join(folder, "settings"),
      "users.admin nicolas\nservices.cull.every 60\n",
    );
    limits("1024");
    assert.deepEqual(settings().slice(0, 2), ["users.admin nicolas", "services.cull.every 60"]);
  });

  it("restarts the hub at the next run when it was interrupted before that", () => {
    fs.writeFileSync(path.join(folder, "broken"), "");
    assert.notEqual(limits("1024").status, 0);
    fs.rmSync(path.join(folder, "broken"));
    assert.deepEqual(limits("1024").called, ["reload_hub"]);
    assert.deepEqual(limits("1024").called, []);
  });

  it("says so when TLJH does not take a setting", () => {
    const values = { MEMORY_MIB: "1024", CPUS: "", IDLE_MINUTES: "720" };
    const { status, stderr } = run("limits", values, { "tljh-config": "" }, folder);
    assert.equal(status, 1);
    assert.match(
      stderr,
      /does not take a setting\n {2}received: limits\.memory is not set\n.*1024M/,
    );
  });
});

describe("the step that grows the root file system", () => {
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "root-disk-test-"));
    fs.mkdirSync(path.join(folder, "sys/block/loop0"), { recursive: true });
    fs.writeFileSync(path.join(folder, "sys/block/loop0/partition"), "1\n");
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));
  const GIB = 1024 ** 3;

  /** A machine with a partition on a volume; /dev/loop0 is any block device of this computer. */
  function machine(volumeGiB: number, partitionGiB: number, block = "/dev/loop0", kind = "ext4") {
    return {
      findmnt: `case $3 in SOURCE) echo ${block};; FSTYPE) echo ${kind};; esac`,
      lsblk: "echo volume0",
      blockdev: `case $2 in */volume0) echo ${volumeGiB * GIB};; *) cat part 2>/dev/null || echo ${partitionGiB * GIB};; esac`,
      growpart: `echo ${volumeGiB * GIB} >part`,
      resize2fs: "touch grown",
      df: `[ "$1" = --output=avail ] && { echo; echo 9000M; exit; }; echo; [ -e grown ] && echo ${volumeGiB * GIB} || echo ${partitionGiB * GIB}`,
    };
  }
  const grow = (programs: Record<string, string>, gib = 30) =>
    run("root-disk", { DISK_GIB: String(gib) }, programs, folder);
  const device = ["/dev/loop0", "/dev/sda", "/dev/vda", "/dev/nvme0n1", "/dev/loop1"].find((it) =>
    fs.existsSync(it),
  );

  it("grows partition and file system of a volume that has become larger", function () {
    if (device === undefined) this.skip();
    fs.mkdirSync(path.join(folder, "sys/block", path.basename(device)), { recursive: true });
    fs.writeFileSync(path.join(folder, "sys/block", path.basename(device), "partition"), "1\n");
    const { status, stdout, stderr, called } = grow(machine(30, 20, device));
    assert.equal(status, 0, stderr);
    assert.ok(called.includes("growpart /dev/volume0 1"), called.join());
    assert.ok(called.includes(`resize2fs ${device}`), called.join());
    assert.match(stdout, /has grown from 20 to 30 GiB\nRoot volume: 30 GiB, 9000 MiB free/);
  });

  it("leaves the partition of a volume that has not", function () {
    if (device === undefined) this.skip();
    const { status, called } = grow(machine(30, 30, device));
    assert.equal(status, 0);
    assert.ok(!called.some((one) => one.startsWith("growpart")));
  });

  it("has nothing to do where the root is on no volume", () => {
    const { status, stdout, called } = grow(machine(30, 20, "overlay", "overlay"));
    assert.equal(status, 0);
    assert.match(stdout, /has no volume of its own: nothing to grow/);
    assert.ok(!called.some((one) => /^(growpart|resize2fs)/.test(one)));
  });
});
