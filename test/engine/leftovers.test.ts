/** What a killed `pulumi up` leaves, and what else costs money: `up` and `npm run sweep` name it. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import {
  AllocateAddressCommand,
  CreateSnapshotCommand,
  CreateVolumeCommand,
  DescribeAddressesCommand,
  DescribeInstancesCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  EC2Client,
  type ResourceType,
} from "@aws-sdk/client-ec2";
import type { Swept } from "../../scripts/sweepText";
import { failed, Lab, succeeded, UP, type Ran } from "./workshop/lab";

const ELSEWHERE = "eu-central-1";

describe("what is left over", function () {
  this.timeout(120_000);
  this.bail(true);
  let lab: Lab;
  /** The machine that no state knows. */
  let orphan = "";
  /** Of another workshop, in another region. */
  const other = { volume: "", snapshot: "", address: "" };
  /** Of somebody who has nothing to do with workshops. */
  let foreign = "";

  before(async () => {
    // Nothing listens at the machine's address: each `up` ends there.
    lab = await Lab.open({ sshWaitMinutes: 0 }, "none");
  });
  after(() => lab?.close());

  const tell = async (method: string, body?: object): Promise<void> => {
    const init = { method, ...(body && { body: JSON.stringify(body) }) };
    await fetch(`${lab.rehearsal.endpoint}/rehearsal/faults`, init);
  };
  const fault = (action: string, code: string, times: number) =>
    tell("POST", { action, code, times });

  const elsewhere = () =>
    new EC2Client({
      region: ELSEWHERE,
      endpoint: lab.rehearsal.endpoint,
      credentials: { accessKeyId: "rehearsal", secretAccessKey: "rehearsal" },
    });

  async function machines(): Promise<string[]> {
    const Filters = [{ Name: "instance-state-name", Values: ["pending", "running"] }];
    const { Reservations = [] } = await lab.ec2().send(new DescribeInstancesCommand({ Filters }));
    return Reservations.flatMap(({ Instances = [] }) =>
      Instances.map(({ InstanceId = "" }) => InstanceId),
    );
  }

  /** With one line as a person's answer; undefined: nobody is there. */
  async function sweep(answer: string | undefined, ...args: string[]): Promise<Ran> {
    const running = lab.startCommand("sweep", ...args);
    running.input(answer === undefined ? "" : `${answer}\n`);
    return { exitCode: await running.ended, text: running.text };
  }

  async function seeOthers(): Promise<{ volumes: string[]; snapshots: string[]; all: string[] }> {
    const ec2 = elsewhere();
    const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({}));
    const own = new DescribeSnapshotsCommand({ SnapshotIds: [other.snapshot] });
    const { Snapshots = [] } = await ec2.send(own).catch(() => ({ Snapshots: [] }));
    const { Addresses = [] } = await ec2.send(new DescribeAddressesCommand({}));
    const volumes = Volumes.map(({ VolumeId = "" }) => VolumeId);
    const snapshots = Snapshots.map(({ SnapshotId = "" }) => SnapshotId);
    const addresses = Addresses.map(({ AllocationId = "" }) => AllocationId);
    return { volumes, snapshots, all: [...volumes, ...snapshots, ...addresses] };
  }

  it("is a machine, when `up` is killed between AWS's answer and its note of it", async () => {
    // The provider still asks how the machine came out, and the engine hears nothing of it.
    await fault("DescribeInstanceAttribute", "Silence", 1000);
    const running = lab.start(...UP);
    while (orphan === "") {
      await sleep(50);
      [orphan = ""] = await machines();
    }
    await running.kill();
    await tell("DELETE");
    assert.ok(!lab.plainState().includes(orphan), "the state knows it");
  });

  it("is named by the next `up`, with its price and what removes it", async () => {
    failed(await lab.change("up"), /locked by 1 lock[^]*pulumi cancel/);
    succeeded(await lab.pulumi("cancel", "--yes", "-s", "test"));
    const up = await lab.change("up");
    // It goes on, with a machine of its own.
    failed(up, /test-reachable \*\*creating failed\*\*/);
    assert.ok(up.steps.some(([name, what]) => name === "test-machine" && what === "create"));
    assert.match(
      up.text,
      new RegExp(`${orphan} \\(instance, [^)]+, running\\): \\d+\\.\\d\\d USD a month`),
    );
    assert.match(up.text, /vol-\w+ \(volume, \d+ GiB, in-use\): \d+\.\d\d USD a month/);
    assert.match(up.text, /mend: +npm run sweep -- --stack test --remove/);
    assert.equal((await machines()).length, 2);
  });

  it("is found in every region, though one answers only at the second try, and whose it is", async () => {
    const tags = (ResourceType: ResourceType) => {
      const Tags = [
        { Key: "project", Value: "tljh-workshop" },
        { Key: "stack", Value: "tashkent" },
      ];
      return { TagSpecifications: [{ ResourceType, Tags }] };
    };
    const ec2 = elsewhere();
    const disk = { AvailabilityZone: `${ELSEWHERE}a`, Size: 40, VolumeType: "gp3" } as const;
    const { VolumeId = "" } = await ec2.send(
      new CreateVolumeCommand({ ...disk, ...tags("volume") }),
    );
    const { SnapshotId = "" } = await ec2.send(
      new CreateSnapshotCommand({ VolumeId, ...tags("snapshot") }),
    );
    const { AllocationId = "" } = await ec2.send(
      new AllocateAddressCommand({ Domain: "vpc", ...tags("elastic-ip") }),
    );
    Object.assign(other, { volume: VolumeId, snapshot: SnapshotId, address: AllocationId });
    foreign = (await ec2.send(new CreateVolumeCommand(disk))).VolumeId ?? "";

    // Three tries of a client in each of the two regions that have something.
    await fault("DescribeInstances", "InternalError", 6);
    const running = lab.startCommand("sweep", "--all", "--json");
    assert.equal(await running.ended, 1, running.text);
    const { things, failed: silent, looked } = JSON.parse(running.stdout) as Swept;
    assert.deepEqual(silent, []);
    // Of one partition: its keys open nothing in China's.
    assert.ok(looked.length > 10 && !looked.includes("cn-north-1"));
    const left = things.filter(({ owner }) => owner === "");
    const [root] = left.filter(({ kin }) => kin.includes(orphan));
    const expected = [orphan, root?.id, ...Object.values(other)];
    assert.deepEqual(left.map(({ id }) => id).sort(), expected.sort());
    for (const one of left) assert.ok(one.isPaid && (one.monthly ?? 0) > 0, one.id);
    // The living stack's.
    const [live] = (await machines()).filter((id) => id !== orphan);
    const own = things.filter(({ owner }) => owner === "test");
    assert.ok(own.some(({ id }) => id === live) && own.length > 8);
    assert.ok(!things.some(({ id }) => id === foreign));
  });

  it("is not said to be all where a region does not answer", async () => {
    await fault("DescribeInstances", "InternalError", 1000);
    const { exitCode, text } = await sweep(undefined, "--all");
    await tell("DELETE");
    assert.equal(exitCode, 1);
    assert.match(text, /^eu-central-1 did not answer: InternalError/m);
    assert.match(text, /^ap-south-1 did not answer: InternalError/m);
  });

  it("stays until a person says which workshop's it is", async () => {
    failed(await sweep(undefined, "--remove"), /Nothing was removed[^]*allowed: +test/);
    failed(await sweep("yes", "--remove"), /Nothing was removed/);
    assert.equal((await machines()).length, 2);
  });

  it("is removed then, and nothing of the living stack, of others or without the tags", async () => {
    const swept = await sweep("test", "--remove");
    succeeded(swept);
    assert.match(swept.text, new RegExp(`${orphan} removed \\(instance, ap-south-1\\)`));
    const alive = await machines();
    assert.ok(alive.length === 1 && alive[0] !== orphan);
    const up = await lab.change("up");
    failed(up, /test-reachable \*\*creating failed\*\*/);
    assert.doesNotMatch(up.text, /than the stack knows/);
    assert.deepEqual(
      up.steps.map(([name]) => name).filter((name) => name !== "test-reachable"),
      [],
    );
    assert.equal((await seeOthers()).all.length, 4);
  });

  it("is waited for while AWS still uses it, and named when AWS refuses; backups stay", async () => {
    await fault("DeleteVolume", "VolumeInUse", 1);
    await fault("ReleaseAddress", "UnauthorizedOperation", 1);
    const swept = await sweep("tashkent", "--all", "--remove");
    failed(swept, new RegExp(`${other.volume} removed \\(volume`));
    assert.match(swept.text, new RegExp(`${other.address} stays: UnauthorizedOperation`));
    assert.deepEqual((await seeOthers()).volumes, [foreign]);
    assert.deepEqual((await seeOthers()).snapshots, [other.snapshot]);
  });

  it("is gone after another try, with backups when they are meant, and after the stack's end", async () => {
    succeeded(await sweep("tashkent", "--all", "--remove", "--backups"));
    assert.deepEqual((await seeOthers()).all, [foreign]);
    succeeded(await lab.change("destroy"));
    const last = await sweep(undefined, "--all", "--remove");
    succeeded(last);
    assert.match(last.text, /^Nothing is left over with the tag project=tljh-workshop in \d+ reg/m);
    assert.deepEqual((await seeOthers()).all, [foreign]);
  });
});
