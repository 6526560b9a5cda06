/** What a killed `pulumi up` leaves, and what else costs money: `up` and `npm run sweep` name it. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import {
  AllocateAddressCommand,
  CreateSnapshotCommand,
  CreateVolumeCommand,
  DescribeAddressesCommand,
  DescribeInstancesCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupRulesCommand,
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
  /** Of the same kill: what AWS makes only once. */
  let once: string[] = [];
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

  /** Rules, the route and its table's association, as AWS has them. */
  async function madeOnce(): Promise<string[]> {
    const ec2 = lab.ec2();
    const Filters = [{ Name: "tag:stack", Values: ["test"] }];
    const { SecurityGroupRules = [] } = await ec2.send(
      new DescribeSecurityGroupRulesCommand({ Filters }),
    );
    const { RouteTables: [table] = [] } = await ec2.send(
      new DescribeRouteTablesCommand({ Filters }),
    );
    const { RouteTableId, Routes = [], Associations = [] } = table ?? {};
    return [
      ...SecurityGroupRules.map(({ SecurityGroupRuleId = "" }) => SecurityGroupRuleId),
      ...Routes.filter(({ GatewayId }) => GatewayId?.startsWith("igw-")).map(
        ({ DestinationCidrBlock }) => `${RouteTableId}_${DestinationCidrBlock}`,
      ),
      ...Associations.map(({ RouteTableAssociationId = "" }) => RouteTableAssociationId),
    ];
  }

  it("is what `up` has asked for when it is killed before it hears that AWS has made it", async () => {
    for (const action of [
      "RunInstances",
      "AuthorizeSecurityGroupIngress",
      "AuthorizeSecurityGroupEgress",
      "CreateRoute",
      "AssociateRouteTable",
    ]) {
      await fault(action, "LostAnswer", 1000);
    }
    const running = lab.start(...UP);
    while (orphan === "" || once.length < 4) {
      await sleep(50);
      [orphan = ""] = await machines();
      once = await madeOnce();
    }
    await running.kill();
    await tell("DELETE");
    const state = lab.plainState();
    for (const id of [orphan, ...once]) assert.ok(!state.includes(id), `the state knows ${id}`);
  });

  it("is named by the next `up`, with its price and what removes it", async () => {
    failed(await lab.change("up"), /locked by 1 lock[^]*pulumi cancel/);
    succeeded(await lab.pulumi("cancel", "--yes", "-s", "test"));
    // AWS's answer, where moto gives the same association again.
    await fault("AssociateRouteTable", "Resource.AlreadyAssociated", 1000);
    const up = await lab.change("up");
    await tell("DELETE");
    // AWS does not let it go on.
    failed(up, /InvalidPermission\.Duplicate|RouteAlreadyExists|Resource\.AlreadyAssociated/);
    const named = up.text.replace(/\s+/g, " ");
    assert.match(
      named,
      new RegExp(`${orphan} \\(instance, [^)]+, running\\): \\d+\\.\\d\\d USD a month`),
    );
    assert.match(named, /vol-\w+ \(volume, \d+ GiB, in-use\): \d+\.\d\d USD a month/);
    for (const id of once) assert.match(named, new RegExp(`${id} \\(.+?\\): costs nothing`));
    assert.match(named, /mend: npm run sweep -- --stack test --remove/);
    assert.ok((await machines()).includes(orphan));
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
    const expected = [orphan, root?.id, ...once, ...Object.values(other)];
    assert.deepEqual(left.map(({ id }) => id).sort(), expected.sort());
    for (const one of left) {
      assert.equal(one.isPaid && (one.monthly ?? 0) > 0, !once.includes(one.id), one.id);
    }
    const own = things.filter(({ owner }) => owner === "test");
    assert.ok(own.some(({ kind }) => kind === "vpc") && own.length > 5);
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

  it("is not known where AWS refuses to tell its regions, and that is said with the way out", async () => {
    await fault("DescribeRegions", "AuthFailure", 1000);
    const ran = await sweep(undefined, "--all");
    await tell("DELETE");
    failed(ran, /AWS did not answer as expected\n {2}received: DescribeRegions: AuthFailure/);
    assert.match(
      ran.text,
      /mend: +aws sts get-caller-identity .*npm run sweep -- --stack test --all/,
    );
  });

  it("stays until a person says which workshop's it is", async () => {
    failed(await sweep(undefined, "--remove"), /Nothing was removed[^]*allowed: +test/);
    failed(await sweep("yes", "--remove"), /Nothing was removed/);
    assert.ok((await machines()).includes(orphan));
  });

  it("is removed then, and `up` goes on; nothing of the living stack, of others or without the tags", async () => {
    const swept = await sweep("test", "--remove");
    succeeded(swept);
    for (const id of [orphan, ...once]) assert.ok(swept.text.includes(`${id} removed (`), id);
    succeeded(await lab.change("refresh", "--clear-pending-creates"));
    const up = await lab.change("up");
    failed(up, /test-reachable \*\*creating failed\*\*/);
    assert.doesNotMatch(up.text, /pending operations/);
    assert.doesNotMatch(up.text, /than the stack knows/);
    const remade = ["test-egress", "test-internet", "test-ssh-me", "test-subnet-routes"];
    assert.deepEqual(
      up.steps
        .filter(([name]) => remade.includes(name))
        .map(([name]) => name)
        .sort(),
      remade,
    );
    const alive = await machines();
    assert.ok(alive.length === 1 && alive[0] !== orphan);
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
