import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import type { DesiredMachine } from "../../rehearsal/machines/desired";
import { Fleet } from "../../rehearsal/machines/fleet";
import { deviceName, namesOf } from "../../rehearsal/machines/names";
import { answers, dial, identity, lab, machine, ssh, tcp, until, wish } from "./machinesLab";

const VOLUME = "vol-0123456789abcdef0";
const DEVICE = `/dev/disk/by-id/${deviceName(VOLUME)}`;

/** What a command of this computer says, as root. */
function host(...command: string[]): string {
  const [program = "", ...args] = process.getuid?.() === 0 ? command : ["sudo", ...command];
  return execFileSync(program, args, { encoding: "utf8" });
}

function succeeds(...command: string[]): boolean {
  try {
    host(...command);
    return true;
  } catch {
    return false;
  }
}

describe("machines: a volume and two machines", () => {
  const { options, remove } = lab("volume");
  let fleet: Fleet;
  let first = machine(1, { attachedVolumeIds: [VOLUME] });
  let second = machine(2);

  const inLine = (): Promise<void> => fleet.bringInLine(wish([first, second], [VOLUME]));
  const inside = async (at: DesiredMachine, script: string): Promise<string> => {
    const { stdout, stderr } = await fleet.exec(at.instanceId, ["sh", "-c", script]);
    return (stdout + stderr).trim();
  };

  before(async () => {
    fleet = await Fleet.open(options);
    await inLine();
    await until(() => answers(first.address));
  });

  after(remove);

  it("appears under the name that it has on EC2, blank", async () => {
    assert.equal(await inside(first, `lsblk --noheadings --output FSTYPE,SIZE ${DEVICE}`), "1G");
    assert.equal(await fleet.isMounted(VOLUME), false);
  });

  it("is mounted at boot by fstab, and keeps its data, after a reboot", async () => {
    await inside(first, `mkfs.ext4 -q -L data ${DEVICE} && mkdir /data`);
    await inside(first, `echo '${DEVICE} /data ext4 defaults 0 2' >> /etc/fstab && mount /data`);
    await inside(first, "echo kept > /data/file");
    await fleet.reboot(first.instanceId);
    await until(async () => (await inside(first, "cat /data/file")) === "kept");
    assert.equal(await fleet.isMounted(VOLUME), true);
  });

  it("is in a copy as it was, and a new volume is made of that", async () => {
    const copies = [{ copyId: "snap-0123456789abcdef0", of: VOLUME }];
    const all = wish([first, second], [VOLUME]);
    await inside(first, "sync -f /data");
    await fleet.bringInLine({ ...all, copies });
    await inside(first, "echo later > /data/file; sync -f /data");
    const more = [...copies, { copyId: "snap-0123456789abcdef1", of: "snap-0123456789abcdef0" }];
    await fleet.bringInLine({ ...all, copies: more });
    const made = { volumeId: "vol-0123456789abcdef9", sizeGiB: 2, from: "snap-0123456789abcdef1" };
    await fleet.bringInLine({ ...all, volumes: [...all.volumes, made], copies: more });
    const file = path.join(options.folder, "volumes", `${made.volumeId}.img`);
    assert.equal(host("debugfs", "-R", "cat /file", file), "kept\n");
    assert.equal(fs.statSync(file).size, 2 * 2 ** 30);
    // A file system that is mounted elsewhere is not this one's.
    await inside(first, "echo kept > /data/file");
    await inLine();
    assert.deepEqual(fs.readdirSync(path.join(options.folder, "copies")), []);
  });

  it("is not detached while it is mounted", async () => {
    const without = { ...first, attachedVolumeIds: [] };
    const desired = wish([without, second], [VOLUME]);
    await assert.rejects(fleet.bringInLine(desired), /it is mounted there/);
    await inLine();
    assert.equal(await inside(first, "cat /data/file"), "kept");
  });

  it("grows while it is mounted, as far as the block device goes", async () => {
    const desired = wish([first, second], [VOLUME]);
    const larger = { volumeId: VOLUME, sizeGiB: 3 };
    const others = desired.volumes.filter(({ volumeId }) => volumeId !== VOLUME);
    await fleet.bringInLine({ ...desired, volumes: [...others, larger] });
    assert.equal(await inside(first, `lsblk --noheadings --output SIZE ${DEVICE}`), "3G");
  });

  it("of units in two machines, each systemd has its own", async () => {
    // They share a tree of cgroups on a computer with cgroups of version 1, if one isn't careful.
    for (const at of [first, second]) await inside(at, "systemd-run --unit=same sleep infinity");
    await inside(first, "systemctl stop same");
    assert.equal(await inside(second, "systemctl is-active same"), "active");
  });

  it("moves to another machine with its data", async () => {
    await inside(first, "umount /data");
    first = { ...first, attachedVolumeIds: [] };
    await inLine();
    assert.match(await inside(first, `ls ${DEVICE}`), /No such file/);
    second = { ...second, attachedVolumeIds: [VOLUME] };
    await inLine();
    assert.equal(await inside(second, `mount ${DEVICE} /mnt && cat /mnt/file`), "kept");
  });

  it("comes with the Elastic IP when both move, and old connections are cut", async () => {
    const address = first.address ?? "";
    const old = dial(address, 22);
    await old.line;
    first = { ...first, address: undefined };
    second = { ...second, address };
    await inLine();
    const cut = new Promise<Error>((resolve) => old.socket.once("error", resolve));
    old.socket.write("SSH-2.0-test\r\n");
    assert.match((await cut).message, /ECONNRESET/);
    assert.equal((await ssh(address, "hostname")).output, `${second.hostname}\n`);
  });

  it("all come back after a restart of this computer", async () => {
    // What a restart leaves: containers that have ended, no mounts, no loop devices, no table.
    const names = namesOf(options.name);
    for (const { instanceId } of [first, second]) {
      host("podman", "stop", "--time=0", names.container(instanceId));
      // The kernel lets go of an ended container's files a moment later.
      const root = path.join(options.folder, "machines", instanceId, "root");
      await until(() => Promise.resolve(succeeds("umount", root)));
    }
    const file = path.join(options.folder, "volumes", `${VOLUME}.img`);
    const device = host("losetup", "--noheadings", "--output=NAME", "--associated", file).trim();
    host("losetup", "--detach", device);
    host("nft", "delete", "table", "inet", names.table);
    host("ip", "link", "delete", names.cable[0]);
    fleet = await Fleet.open(options);
    await inLine();
    await until(() => answers(second.address));
    assert.equal(await inside(second, `mount ${DEVICE} /mnt && cat /mnt/file`), "kept");
  });

  it("a terminated machine leaves nothing but volumes that are still listed", async () => {
    await fleet.bringInLine(wish([first], [VOLUME]));
    const files = fs.readdirSync(options.folder, { recursive: true }).map(String);
    assert.deepEqual(
      files.filter(
        (file) => file.includes(second.instanceId) || file.includes(second.rootVolumeId),
      ),
      [],
    );
    assert.ok(files.includes(`volumes/${VOLUME}.img`));
    assert.doesNotMatch(host("podman", "ps", "--all"), new RegExp(second.instanceId));
    await fleet.bringInLine(wish([]));
    assert.deepEqual(fs.readdirSync(path.join(options.folder, "volumes")), []);
  });
});

describe("machines: two rehearsals side by side", () => {
  const left = lab("left");
  const right = lab("right");
  const address = (number: number): string => `127.67.${process.pid % 256}.${number}`;
  const [leftIdentity, rightIdentity] = [identity(), identity()];

  after(async () => {
    await left.remove();
    await right.remove();
  });

  it("each reaches its own machine, though the instances have the same id", async () => {
    const fleets = await Promise.all([Fleet.open(left.options), Fleet.open(right.options)]);
    const [one, other] = [
      machine(1, { userData: leftIdentity.userData, address: address(1) }),
      machine(1, { userData: rightIdentity.userData, address: address(2) }),
    ];
    await Promise.all([fleets[0].bringInLine(wish([one])), fleets[1].bringInLine(wish([other]))]);
    await until(async () => (await answers(one.address)) && (await answers(other.address)));
    assert.notEqual(fleets[0].gateway, fleets[1].gateway);
    await fleets[0].exec(one.instanceId, ["cloud-init", "status", "--wait"]);
    await fleets[1].exec(one.instanceId, ["cloud-init", "status", "--wait"]);
    assert.equal((await ssh(address(1), "true")).hostKey, leftIdentity.hostKey);
    assert.equal((await ssh(address(2), "true")).hostKey, rightIdentity.hostKey);
  });

  it("destroying one leaves nothing of it, and the other as it was", async () => {
    const names = namesOf(left.name);
    const [network] = JSON.parse(host("podman", "network", "inspect", names.network)) as [
      { network_interface: string },
    ];
    await Fleet.destroy(left.name, left.options.folder);
    assert.equal(fs.existsSync(left.options.folder), false);
    const traces = [
      host("podman", "ps", "--all", "--format", "{{.Names}}"),
      host("podman", "network", "ls"),
      host("nft", "list", "tables"),
      host("losetup", "--list"),
      host("ip", "-brief", "link"),
      host("mount"),
    ].join("\n");
    for (const trace of [left.name, names.table, ...names.cable, left.options.folder]) {
      assert.ok(!traces.includes(trace), trace);
    }
    assert.doesNotMatch(traces, new RegExp(`^${network.network_interface}\\b`, "m"));
    assert.equal((await ssh(address(2), "true")).hostKey, rightIdentity.hostKey);
  });

  it("destroying what isn't there is no failure", async () => {
    await Fleet.destroy(left.name, left.options.folder);
  });
});

describe("machines: a machine that can't be made", () => {
  const { options, remove } = lab("broken");

  after(remove);

  it("says what failed, its last words and where to look; the next attempt can succeed", async () => {
    const fleet = await Fleet.open(options);
    const broken = machine(1, { hostname: "not a host name!".repeat(9), ingress: [tcp(22)] });
    await assert.rejects(fleet.bringInLine(wish([broken])), (failure: Error) => {
      assert.match(failure.message, /^Machines: `podman --runtime runc run` failed\n/);
      assert.match(failure.message, /to mend: {2}see .*console\.log/);
      return true;
    });
    const mended = { ...broken, hostname: "ip-10-0-0-1" };
    await fleet.bringInLine(wish([mended]));
    await until(() => answers(mended.address));
  });
});
