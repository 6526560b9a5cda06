/** Reads what AWS says should be there, in all regions. */

import {
  DescribeAddressesCommand,
  DescribeImagesCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstanceTypesCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeSecurityGroupsCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  type EC2Client,
  type Instance,
  type IpPermission,
  type SecurityGroup,
} from "@aws-sdk/client-ec2";
import type { Desired, DesiredCopy, DesiredMachine, Rule } from "../machines/desired";

const PROTOCOLS: Readonly<Record<string, Rule["protocol"]>> = {
  "-1": "-1",
  tcp: "tcp",
  "6": "tcp",
  udp: "udp",
  "17": "udp",
  icmp: "icmp",
  "1": "icmp",
};
/** AWS starts and stops in steps; a machine is either on its way up or on its way down. */
const STATES: Readonly<Record<string, DesiredMachine["state"]>> = {
  pending: "running",
  running: "running",
  stopping: "stopped",
  stopped: "stopped",
};
/** MiB of instance types, which never change. */
const memories = new Map<string, number>();

/** IPv4 ranges of one direction; groups and prefix lists as sources are not understood. */
export function rulesOf(permissions: readonly IpPermission[] | undefined): Rule[] {
  return (permissions ?? []).flatMap(({ IpProtocol = "", FromPort, ToPort, IpRanges }) => {
    const protocol = PROTOCOLS[IpProtocol];
    if (protocol === undefined) return [];
    const ports =
      protocol === "tcp" || protocol === "udp"
        ? { fromPort: FromPort ?? 0, toPort: ToPort ?? 65_535 }
        : { fromPort: -1, toPort: -1 };
    return (IpRanges ?? []).map(({ CidrIp = "" }) => ({ protocol, ...ports, cidr: CidrIp }));
  });
}

async function memoryOf(type: string, ec2: EC2Client): Promise<number> {
  let memory = memories.get(type);
  if (memory === undefined) {
    const answer = await ec2.send(
      new DescribeInstanceTypesCommand({ InstanceTypes: [type as "t3.xlarge"] }),
    );
    memory = answer.InstanceTypes?.[0]?.MemoryInfo?.SizeInMiB;
    if (memory === undefined) throw new Error(`no memory known of instance type ${type}`);
    memories.set(type, memory);
  }
  return memory;
}

async function userDataOf(InstanceId: string, ec2: EC2Client): Promise<string> {
  const answer = await ec2.send(
    new DescribeInstanceAttributeCommand({ InstanceId, Attribute: "userData" }),
  );
  return Buffer.from(answer.UserData?.Value ?? "", "base64").toString("utf8");
}

/** What machines refer to by id or name. */
interface Known {
  groups: ReadonlyMap<string, SecurityGroup>;
  /** Elastic IP by instance. */
  addresses: ReadonlyMap<string, string>;
  /** Public key by key pair. */
  keys: ReadonlyMap<string, string>;
}

async function machineOf(
  instance: Instance,
  { groups, addresses, keys }: Known,
  ec2: EC2Client,
): Promise<DesiredMachine | undefined> {
  const { InstanceId = "", InstanceType = "", RootDeviceName } = instance;
  const state = STATES[instance.State?.Name ?? ""];
  if (state === undefined) return undefined;
  const mappings = instance.BlockDeviceMappings ?? [];
  const root = mappings.find(({ DeviceName }) => DeviceName === RootDeviceName);
  const own = (instance.SecurityGroups ?? []).flatMap(({ GroupId = "" }) => {
    const group = groups.get(GroupId);
    return group === undefined ? [] : [group];
  });
  const address = addresses.get(InstanceId);
  const publicKey = keys.get(instance.KeyName ?? "");
  const [memoryMiB, userData] = await Promise.all([
    memoryOf(InstanceType, ec2),
    userDataOf(InstanceId, ec2),
  ]);
  return {
    instanceId: InstanceId,
    state,
    memoryMiB,
    hostname: (instance.PrivateDnsName ?? "").split(".")[0] ?? "",
    userData,
    ...(instance.ImageId !== undefined && { imageId: instance.ImageId }),
    rootVolumeId: root?.Ebs?.VolumeId ?? "",
    attachedVolumeIds: mappings
      .filter((mapping) => mapping !== root)
      .map(({ Ebs }) => Ebs?.VolumeId ?? ""),
    ...(publicKey === undefined ? {} : { publicKey }),
    ...(address === undefined ? {} : { address }),
    ingress: own.flatMap((group) => rulesOf(group.IpPermissions)),
    egress: own.flatMap((group) => rulesOf(group.IpPermissionsEgress)),
  };
}

async function regionDesired(
  ec2: EC2Client,
  copied: ReadonlyMap<string, string>,
): Promise<Desired> {
  const [instances, volumes, addresses, groups, pairs, snapshots, images] = await Promise.all([
    ec2.send(new DescribeInstancesCommand({})),
    ec2.send(new DescribeVolumesCommand({})),
    ec2.send(new DescribeAddressesCommand({})),
    ec2.send(new DescribeSecurityGroupsCommand({})),
    ec2.send(new DescribeKeyPairsCommand({ IncludePublicKey: true })),
    ec2.send(new DescribeSnapshotsCommand({ OwnerIds: ["self"] })),
    ec2.send(new DescribeImagesCommand({ Owners: ["self"] })),
  ]);
  const keys = new Map(
    (pairs.KeyPairs ?? []).map(({ KeyName = "", PublicKey = "" }) => [KeyName, PublicKey]),
  );
  const byId = new Map((groups.SecurityGroups ?? []).map((group) => [group.GroupId ?? "", group]));
  const byInstance = new Map(
    (addresses.Addresses ?? []).map(({ InstanceId = "", PublicIp = "" }) => [InstanceId, PublicIp]),
  );
  const known: Known = { groups: byId, addresses: byInstance, keys };
  const machines = await Promise.all(
    (instances.Reservations ?? [])
      .flatMap(({ Instances }) => Instances ?? [])
      .map((instance) => machineOf(instance, known, ec2)),
  );
  const present = machines.filter((machine) => machine !== undefined);
  const roots = new Map(present.map((one) => [one.instanceId, one.rootVolumeId]));
  return {
    machines: present,
    volumes: (volumes.Volumes ?? []).map(({ VolumeId = "", Size = 0, SnapshotId }) => ({
      volumeId: VolumeId,
      sizeGiB: Size,
      ...(SnapshotId && { from: SnapshotId }),
    })),
    copies: [
      ...(snapshots.Snapshots ?? []).map(({ SnapshotId = "", VolumeId = "" }): DesiredCopy => ({
        copyId: SnapshotId,
        of: copied.get(SnapshotId) ?? VolumeId,
      })),
      // Of an image moto tells the instance that it was made of; one that was registered is of a snapshot.
      ...(images.Images ?? []).map(
        ({ ImageId = "", SourceInstanceId = "", BlockDeviceMappings = [] }): DesiredCopy => ({
          copyId: ImageId,
          of: roots.get(SourceInstanceId) ?? BlockDeviceMappings[0]?.Ebs?.SnapshotId ?? "",
        }),
      ),
    ],
  };
}

/**
 * Reads all regions at once. Nothing may change meanwhile.
 *
 * @param copied of a snapshot's copy, the snapshot: AWS tells only at the time of copying
 */
export async function readDesired(
  clients: readonly EC2Client[],
  copied: ReadonlyMap<string, string> = new Map(),
): Promise<Desired> {
  const all = await Promise.all(clients.map((ec2) => regionDesired(ec2, copied)));
  return {
    copies: all.flatMap(({ copies = [] }) => copies),
    machines: all.flatMap(({ machines }) => machines),
    volumes: all.flatMap(({ volumes }) => volumes),
  };
}
