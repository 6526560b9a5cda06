import { strict as assert } from "node:assert";
import fs from "node:fs";
import * as ec2 from "@aws-sdk/client-ec2";
import { CloudLab, imageId, makeSite, refusalOf, runInstance, type Site } from "./cloudLab";

const ROOT_GIB = 20;

describe("the front door", function () {
  let lab: CloudLab;
  let client: ec2.EC2Client;
  let site: Site;
  let image: string;

  before(async () => {
    lab = await CloudLab.open();
    client = lab.ec2();
    site = await makeSite(client);
    image = await imageId(client);
  });
  after(() => lab.close());

  const run = (more: Partial<ec2.RunInstancesCommandInput> = {}, by = client) =>
    runInstance(by, site, {
      ImageId: image,
      BlockDeviceMappings: [
        { DeviceName: "/dev/sda1", Ebs: { VolumeSize: ROOT_GIB, DeleteOnTermination: true } },
      ],
      ...more,
    });
  const terminate = ({ InstanceId = "" }: ec2.Instance) =>
    client.send(new ec2.TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
  const live = async () => {
    const answer = await client.send(new ec2.DescribeInstancesCommand({}));
    return (answer.Reservations ?? [])
      .flatMap(({ Instances = [] }) => Instances)
      .filter(({ State }) => State?.Name !== "terminated");
  };

  /** A call of IAM, which needs no client of its own: moto looks at no signature. */
  const iam = async (parameters: Record<string, string>) => {
    const scope = "rehearsal/20261125/us-east-1/iam/aws4_request";
    const answer = await fetch(lab.endpoint, {
      method: "POST",
      headers: { authorization: `AWS4-HMAC-SHA256 Credential=${scope}, Signature=0` },
      body: new URLSearchParams({ Version: "2010-05-08", ...parameters }),
    });
    return answer.text();
  };

  it("tells machines all that a workshop is made of", async () => {
    const publicKey =
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDLSrq29cp6wCx2oNYg+hzmM5C5kIVjORh6riSpwRpqq";
    await client.send(
      new ec2.ImportKeyPairCommand({ KeyName: "key", PublicKeyMaterial: Buffer.from(publicKey) }),
    );
    const instance = await run({
      KeyName: "key",
      UserData: Buffer.from("#!/bin/sh\n").toString("base64"),
    });
    const InstanceId = instance.InstanceId ?? "";
    const { VolumeId = "" } = await client.send(
      new ec2.CreateVolumeCommand({ AvailabilityZone: site.zone, Size: 5 }),
    );
    await client.send(new ec2.AttachVolumeCommand({ VolumeId, InstanceId, Device: "/dev/sdf" }));
    const { AllocationId, PublicIp } = await client.send(
      new ec2.AllocateAddressCommand({ Domain: "vpc" }),
    );
    await client.send(new ec2.AssociateAddressCommand({ AllocationId, InstanceId }));
    await client.send(
      new ec2.AuthorizeSecurityGroupIngressCommand({
        GroupId: site.group,
        IpPermissions: [
          { IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: "127.0.0.1/32" }] },
        ],
      }),
    );
    await client.send(new ec2.ModifyVolumeCommand({ VolumeId, Size: 6 }));

    const { machines, volumes } = lab.machines.last;
    const root = instance.BlockDeviceMappings?.[0]?.Ebs?.VolumeId ?? "";
    assert.deepEqual(machines, [
      {
        instanceId: InstanceId,
        state: "running",
        memoryMiB: 16_384,
        hostname: `ip-${(instance.PrivateIpAddress ?? "").replaceAll(".", "-")}`,
        userData: "#!/bin/sh\n",
        rootVolumeId: root,
        imageId: instance.ImageId,
        attachedVolumeIds: [VolumeId],
        address: PublicIp,
        publicKey: machines[0]?.publicKey,
        ingress: [{ protocol: "tcp", fromPort: 22, toPort: 22, cidr: "127.0.0.1/32" }],
        egress: [{ protocol: "-1", fromPort: -1, toPort: -1, cidr: "0.0.0.0/0" }],
      },
    ]);
    assert.ok(machines[0]?.publicKey?.startsWith(publicKey));
    const bySize = (a: { sizeGiB: number }, b: { sizeGiB: number }) => a.sizeGiB - b.sizeGiB;
    assert.deepEqual([...volumes].sort(bySize), [
      { volumeId: VolumeId, sizeGiB: 6 },
      { volumeId: root, sizeGiB: ROOT_GIB },
    ]);
    assert.match(PublicIp ?? "", /^127\.201\./);

    await client.send(new ec2.RebootInstancesCommand({ InstanceIds: [InstanceId] }));
    assert.deepEqual(lab.machines.rebooted, [InstanceId]);
    await client.send(new ec2.StopInstancesCommand({ InstanceIds: [InstanceId] }));
    assert.equal(lab.machines.last.machines[0]?.state, "stopped");
    await terminate(instance);
    assert.deepEqual(lab.machines.last.machines, []);
    await client.send(new ec2.DeleteVolumeCommand({ VolumeId }));
    const { Addresses } = await client.send(
      new ec2.DescribeAddressesCommand({ AllocationIds: [AllocationId ?? ""] }),
    );
    assert.equal(Addresses?.[0]?.AssociationId, undefined);
    const { NetworkInterfaces } = await client.send(new ec2.DescribeNetworkInterfacesCommand({}));
    assert.deepEqual(NetworkInterfaces, []);
  });

  it("answers only when the machines are in line", async () => {
    let release: () => void = () => undefined;
    lab.machines.until = new Promise<void>((resolve) => (release = resolve));
    let answered = false;
    const before = lab.machines.told.length;
    const running = run().then((instance) => {
      answered = true;
      return instance;
    });
    while (lab.machines.told.length === before)
      await new Promise((resolve) => setImmediate(resolve));
    // Reading goes on meanwhile, and comes after whatever would have been answered by then.
    assert.equal((await live()).length, 1);
    assert.equal(answered, false);
    release();
    lab.machines.until = Promise.resolve();
    await terminate(await running);
    assert.equal(answered, true);
  });

  it("refuses what machines cannot follow, with the reason, and takes a new instance back", async () => {
    lab.machines.failures.push("no space left on device");
    const { code, message } = await refusalOf(run());
    assert.equal(code, "InternalError");
    assert.match(message, /cannot follow RunInstances: no space left on device/);
    assert.deepEqual(await live(), []);
    // There are snapshots: those of the images that AWS offers.
    const { machines, volumes } = lab.machines.last;
    assert.deepEqual([machines, volumes], [[], []]);
  });

  it("makes a call once that a client tries again after such a refusal", async () => {
    const instance = await run();
    const { VolumeId } = await client.send(
      new ec2.CreateVolumeCommand({ AvailabilityZone: site.zone, Size: 1 }),
    );
    lab.machines.failures.push("busy");
    const patient = lab.ec2(undefined, 2);
    const { InstanceId } = instance;
    // A second attachment would be refused with VolumeInUse.
    await patient.send(new ec2.AttachVolumeCommand({ VolumeId, InstanceId, Device: "/dev/sdf" }));
    assert.deepEqual(lab.machines.last.machines[0]?.attachedVolumeIds, [VolumeId]);
    await terminate(instance);
    await client.send(new ec2.DeleteVolumeCommand({ VolumeId }));
  });

  it("decodes changed user data once, as AWS does", async () => {
    const instance = await run();
    const InstanceId = instance.InstanceId ?? "";
    await client.send(new ec2.StopInstancesCommand({ InstanceIds: [InstanceId] }));
    const Value = Buffer.from("#cloud-config\n{}\n");
    await client.send(new ec2.ModifyInstanceAttributeCommand({ InstanceId, UserData: { Value } }));
    const { UserData } = await client.send(
      new ec2.DescribeInstanceAttributeCommand({ InstanceId, Attribute: "userData" }),
    );
    assert.equal(UserData?.Value, Value.toString("base64"));
    await terminate(instance);
  });

  it("fails calls on demand, as often as asked", async () => {
    const ask = (method: string, body?: object) =>
      fetch(`${lab.endpoint}/rehearsal/faults`, { method, body: JSON.stringify(body) });
    const describe = () => refusalOf(client.send(new ec2.DescribeVpcsCommand({})));
    await ask("POST", { action: "DescribeVpcs", code: "RequestLimitExceeded", times: 2 });
    const codes = [await describe(), await describe(), await describe()].map(({ code }) => code);
    assert.deepEqual(codes, ["RequestLimitExceeded", "RequestLimitExceeded", "accepted"]);
    await ask("POST", { action: "DescribeVpcs", code: "RequestLimitExceeded" });
    await ask("DELETE");
    assert.equal((await describe()).code, "accepted");
  });

  it("tells a caller its address", async () => {
    const answer = await fetch(`${lab.endpoint}/address`);
    assert.equal(await answer.text(), "127.0.0.1\n");
  });

  it("has Canonical's images in each region but me-south-1, beside images of others", async () => {
    const images = async (region: string, owners?: string[]) => {
      const answer = await lab.ec2(region).send(new ec2.DescribeImagesCommand({ Owners: owners }));
      return answer.Images ?? [];
    };
    const canonical = ["099720109477"];
    const [here, there] = [
      await images("ap-south-1", canonical),
      await images("eu-west-1", canonical),
    ];
    assert.equal(here.length, 8);
    assert.equal(there.length, here.length);
    const ids = new Set([...here, ...there].map(({ ImageId }) => ImageId));
    assert.equal(ids.size, here.length + there.length);
    assert.deepEqual(await images("me-south-1", canonical), []);
    assert.equal((await images("me-south-1")).length, 2);
    for (const { RootDeviceName, BlockDeviceMappings } of here) {
      assert.equal(RootDeviceName, "/dev/sda1");
      assert.equal(BlockDeviceMappings?.[0]?.Ebs?.VolumeSize, 8);
    }
  });

  it("starts moto again when it was killed, and has lost nothing", async () => {
    const instance = await run();
    process.kill(lab.moto.pid ?? 0, "SIGKILL");
    const patient = lab.ec2(undefined, 5);
    const { Reservations } = await patient.send(
      new ec2.DescribeInstancesCommand({ InstanceIds: [instance.InstanceId ?? ""] }),
    );
    assert.equal(Reservations?.length, 1);
    await terminate(instance);
  });

  it("keeps networks, machines and roles over a restart, and starts empty from a broken memory", async () => {
    const instance = await run();
    await iam({ Action: "CreateRole", RoleName: "operator", AssumeRolePolicyDocument: "{}" });
    await lab.stop();
    await lab.start();
    client = lab.ec2();
    assert.deepEqual(
      (await live()).map(({ InstanceId }) => InstanceId),
      [instance.InstanceId],
    );
    const role = await iam({ Action: "GetRole", RoleName: "operator" });
    assert.match(role, /<RoleName>operator<\/RoleName>/);
    await lab.door.refresh();
    assert.equal(lab.machines.last.machines[0]?.instanceId, instance.InstanceId);

    await lab.stop();
    fs.writeFileSync(lab.memory, "not a pickle");
    await lab.start();
    client = lab.ec2();
    assert.deepEqual(await live(), []);
    assert.ok(fs.existsSync(`${lab.folder}/moto.unusable`));
  });
});
