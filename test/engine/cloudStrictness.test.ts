import { strict as assert } from "node:assert";
import * as ec2 from "@aws-sdk/client-ec2";
import { CloudLab, imageId, makeSite, REGION, refusalOf, runInstance, type Site } from "./cloudLab";

describe("the front door is as strict as AWS", function () {
  let lab: CloudLab;
  let client: ec2.EC2Client;
  let site: Site;
  let x86: string;
  /** One running and one stopped instance, which no test removes. */
  let running: ec2.Instance;
  let stopped: ec2.Instance;
  let runningId: string;
  let stoppedId: string;

  let send: ec2.EC2Client["send"];
  const refuses = async (code: string, text: RegExp, asked: Promise<unknown>) => {
    const refusal = await refusalOf(asked);
    assert.equal(refusal.code, code);
    assert.match(refusal.message, text);
  };
  const volume = async (size: number, zone = site.zone) =>
    (await client.send(new ec2.CreateVolumeCommand({ Size: size, AvailabilityZone: zone })))
      .VolumeId ?? "";
  const attach = (VolumeId: string, InstanceId: string, Device: string) =>
    client.send(new ec2.AttachVolumeCommand({ VolumeId, InstanceId, Device }));
  const address = async () =>
    (await client.send(new ec2.AllocateAddressCommand({ Domain: "vpc" }))).AllocationId ?? "";

  before(async () => {
    lab = await CloudLab.open();
    client = lab.ec2();
    send = client.send.bind(client);
    site = await makeSite(client);
    x86 = await imageId(client);
    running = await runInstance(client, site, { ImageId: x86 });
    stopped = await runInstance(client, site, { ImageId: x86 });
    [runningId, stoppedId] = [running.InstanceId ?? "", stopped.InstanceId ?? ""];
    await send(new ec2.StopInstancesCommand({ InstanceIds: [stoppedId] }));
  });
  after(() => lab.close());

  it("keeps a security group that an instance has", () =>
    refuses(
      "DependencyViolation",
      /has a dependent object/,
      send(new ec2.DeleteSecurityGroupCommand({ GroupId: site.group })),
    ));

  it("keeps a security group that another group's rule names", async () => {
    const make = async (GroupName: string) =>
      (
        await client.send(
          new ec2.CreateSecurityGroupCommand({ GroupName, Description: "d", VpcId: site.vpc }),
        )
      ).GroupId ?? "";
    const [named, naming] = [await make("named"), await make("naming")];
    const permission = { IpProtocol: "-1", UserIdGroupPairs: [{ GroupId: named }] };
    await send(
      new ec2.AuthorizeSecurityGroupIngressCommand({
        GroupId: naming,
        IpPermissions: [permission],
      }),
    );
    await refuses(
      "DependencyViolation",
      /has a dependent object/,
      send(new ec2.DeleteSecurityGroupCommand({ GroupId: named })),
    );
    await send(new ec2.DeleteSecurityGroupCommand({ GroupId: naming }));
    await send(new ec2.DeleteSecurityGroupCommand({ GroupId: named }));
  });

  it("keeps a subnet in which an instance is", () =>
    refuses(
      "DependencyViolation",
      /The subnet 'subnet-.*' has dependencies/,
      send(new ec2.DeleteSubnetCommand({ SubnetId: site.subnet })),
    ));

  it("keeps a VPC that has a security group, and then one that has an internet gateway", async () => {
    const own = await makeSite(client);
    await send(new ec2.DeleteSubnetCommand({ SubnetId: own.subnet }));
    const remove = () => send(new ec2.DeleteVpcCommand({ VpcId: own.vpc }));
    const ids = { InternetGatewayId: own.gateway, VpcId: own.vpc };
    await send(new ec2.DetachInternetGatewayCommand(ids));
    await refuses("DependencyViolation", /has dependencies/, remove());
    await send(new ec2.DeleteSecurityGroupCommand({ GroupId: own.group }));
    await send(new ec2.AttachInternetGatewayCommand(ids));
    await refuses("DependencyViolation", /has dependencies/, remove());
    await send(new ec2.DetachInternetGatewayCommand(ids));
    await remove();
  });

  it("keeps an internet gateway attached while an Elastic IP is in use behind it", async () => {
    const AllocationId = await address();
    await send(new ec2.AssociateAddressCommand({ AllocationId, InstanceId: runningId }));
    const ids = { InternetGatewayId: site.gateway, VpcId: site.vpc };
    await refuses(
      "DependencyViolation",
      /mapped public address/,
      send(new ec2.DetachInternetGatewayCommand(ids)),
    );
    await refuses(
      "InvalidIPAddress.InUse",
      /in use/,
      send(new ec2.ReleaseAddressCommand({ AllocationId })),
    );
  });

  it("associates no Elastic IP before the VPC has an internet gateway", async () => {
    const own = await makeSite(client);
    await send(
      new ec2.DetachInternetGatewayCommand({
        InternetGatewayId: own.gateway,
        VpcId: own.vpc,
      }),
    );
    const { InstanceId } = await runInstance(client, own, { ImageId: x86 });
    await refuses(
      "Gateway.NotAttached",
      /not attached to any internet gateway/,
      send(new ec2.AssociateAddressCommand({ AllocationId: await address(), InstanceId })),
    );
    await send(new ec2.TerminateInstancesCommand({ InstanceIds: [InstanceId ?? ""] }));
  });

  it("refuses user data over 16 KiB, and takes user data of just that", async () => {
    const userData = (bytes: number) => Buffer.alloc(bytes, "a").toString("base64");
    const run = (bytes: number) =>
      runInstance(client, site, { ImageId: x86, UserData: userData(bytes) });
    await refuses("InvalidParameterValue", /limited to 16384 bytes/, run(16_385));
    const { InstanceId } = await run(16_384);
    await send(new ec2.TerminateInstancesCommand({ InstanceIds: [InstanceId ?? ""] }));
  });

  it("refuses an Arm type for an x86 image and an x86 type for an Arm image", async () => {
    const arm = await imageId(client, "arm64");
    const both = [
      { ImageId: x86, InstanceType: "t4g.small" as const },
      { ImageId: arm, InstanceType: "t3.xlarge" as const },
    ];
    for (const wrong of both) {
      await refuses(
        "InvalidParameterValue",
        /does not match the architecture/,
        runInstance(client, site, wrong),
      );
    }
  });

  it("refuses a root volume smaller than the image's snapshot", async () => {
    const run = (VolumeSize: number) =>
      runInstance(client, site, {
        ImageId: x86,
        BlockDeviceMappings: [{ DeviceName: "/dev/sda1", Ebs: { VolumeSize } }],
      });
    await refuses("InvalidBlockDeviceMapping", /size 7GB is smaller than snapshot.*>= 8GB/, run(7));
    const { InstanceId } = await run(8);
    await send(new ec2.TerminateInstancesCommand({ InstanceIds: [InstanceId ?? ""] }));
  });

  it("refuses a security group of another VPC than the subnet's", async () => {
    const { group } = await makeSite(client);
    await refuses(
      "InvalidParameter",
      /belong to different networks/,
      runInstance(client, site, { ImageId: x86, SecurityGroupIds: [group] }),
    );
  });

  it("changes type and user data of a stopped instance only", async () => {
    const type = (InstanceId: string, Value: string) =>
      send(new ec2.ModifyInstanceAttributeCommand({ InstanceId, InstanceType: { Value } }));
    const data = (InstanceId: string) =>
      send(
        new ec2.ModifyInstanceAttributeCommand({
          InstanceId,
          UserData: { Value: Buffer.from("#!/bin/sh\n") },
        }),
      );
    await refuses("IncorrectInstanceState", /'stopped'/, type(runningId, "t3.large"));
    await refuses("IncorrectInstanceState", /'stopped'/, data(runningId));
    await refuses("InvalidInstanceAttributeValue", /t9\.huge/, type(stoppedId, "t9.huge"));
    await refuses("InvalidParameterValue", /architecture/, type(stoppedId, "t4g.large"));
    await type(stoppedId, "t3.large");
    await data(stoppedId);
  });

  it("neither starts nor stops, attaches to or gives an address to a terminated instance", async () => {
    const { InstanceId = "" } = await runInstance(client, site, { ImageId: x86 });
    const InstanceIds = [InstanceId];
    await send(new ec2.TerminateInstancesCommand({ InstanceIds }));
    const wrong = "IncorrectInstanceState";
    await refuses(wrong, /terminated/, send(new ec2.StartInstancesCommand({ InstanceIds })));
    await refuses(wrong, /terminated/, send(new ec2.StopInstancesCommand({ InstanceIds })));
    await refuses(wrong, /terminated/, send(new ec2.RebootInstancesCommand({ InstanceIds })));
    await refuses(
      "IncorrectState",
      /not 'running'/,
      attach(await volume(1), InstanceId, "/dev/sdf"),
    );
    await refuses(
      "InvalidInstanceID",
      /not in a valid state/,
      send(new ec2.AssociateAddressCommand({ AllocationId: await address(), InstanceId })),
    );
  });

  it("makes no volume in a zone that isn't there, and attaches none of another zone", async () => {
    await refuses("InvalidZone.NotFound", /ap-south-1x/, volume(1, `${REGION}x`));
    await refuses(
      "InvalidVolume.ZoneMismatch",
      /not in the same availability zone/,
      attach(await volume(1, `${REGION}b`), runningId, "/dev/sdg"),
    );
  });

  it("attaches a volume once, and one volume to a device", async () => {
    const id = await volume(2);
    await attach(id, runningId, "/dev/sdh");
    await refuses("VolumeInUse", /already attached/, attach(id, stoppedId, "/dev/sdh"));
    await refuses(
      "InvalidParameterValue",
      /\/dev\/sdh is already in use/,
      attach(await volume(1), runningId, "/dev/sdh"),
    );
  });

  it("detaches no mounted volume, and not the root volume, of a running instance", async () => {
    const VolumeId = await volume(3);
    await attach(VolumeId, runningId, "/dev/sdi");
    const detach = (id: string) =>
      send(new ec2.DetachVolumeCommand({ VolumeId: id, InstanceId: runningId }));
    lab.machines.mounted.add(VolumeId);
    await refuses("IncorrectState", /is mounted on instance/, detach(VolumeId));
    lab.machines.mounted.delete(VolumeId);
    await detach(VolumeId);
    const root = running.BlockDeviceMappings?.[0]?.Ebs?.VolumeId ?? "";
    await refuses("OperationNotPermitted", /root volume/, detach(root));
  });

  it("makes a volume larger, never smaller", async () => {
    const VolumeId = await volume(4);
    const modify = (Size: number) => send(new ec2.ModifyVolumeCommand({ VolumeId, Size }));
    await modify(6);
    await refuses("InvalidParameterValue", /smaller than existing size/, modify(5));
  });

  it("keeps to a quota of vCPUs at run and at start, and to one of addresses", async () => {
    const { Addresses = [] } = await client.send(new ec2.DescribeAddressesCommand({}));
    // One t3.xlarge with four of them runs.
    lab.door.control.quotas = { vcpus: 5, addresses: Addresses.length };
    try {
      await refuses("VcpuLimitExceeded", /limit of 5/, runInstance(client, site, { ImageId: x86 }));
      await refuses(
        "VcpuLimitExceeded",
        /limit of 5/,
        send(new ec2.StartInstancesCommand({ InstanceIds: [stoppedId] })),
      );
      await refuses("AddressLimitExceeded", /maximum number/, address());
    } finally {
      lab.door.control.quotas = {};
    }
    await address();
  });
});
