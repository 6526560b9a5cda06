/** Images of a stack's machine in AWS, and what they are made with. */
import {
  CreateSnapshotCommand,
  CreateVolumeCommand,
  DeleteSnapshotCommand,
  DeleteVolumeCommand,
  DeregisterImageCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  DetachVolumeCommand,
  RegisterImageCommand,
  type EC2Client,
  type Image,
  type Instance,
  type ResourceType,
  type TagSpecification,
} from "@aws-sdk/client-ec2";
import { named, stackTags } from "../components/tags";
import { filters } from "./backupSnapshots";
import { IMAGE_TAG } from "./bakeTag";

/** What an image was made of, by its own tags. */
export interface BakedFrom {
  /** Version of TLJH. */
  tljh: string;
  /** Version of JupyterLab. */
  lab: string;
  /** How many packages the workshop has put in. */
  packages: number;
  /** What is in its root disk; a snapshot costs that at most. */
  usedGiB: number;
}

/** One image. */
export interface Baked extends BakedFrom {
  id: string;
  name: string;
  /** When it was made, in ISO 8601. */
  at: string;
  /** `available`, `pending` or `failed`. */
  state: string;
  /** Of its root volume: a stack's `diskGiB` is not less. */
  sizeGiB: number;
  snapshotIds: string[];
}

/** The machine that is copied, as AWS has it. */
export interface Source {
  availabilityZone: string;
  rootDevice: string;
  rootVolumeId: string;
  rootGiB: number;
  instance: Instance;
}

const ours = (name: string) => [...filters(name), { Name: `tag:${IMAGE_TAG}`, Values: ["image"] }];

/** Tags of what is made for an image; all of it is found by them again. */
export function imageTags(
  name: string,
  resource: ResourceType,
  what: string,
  more: Readonly<Record<string, string>> = {},
): TagSpecification {
  const tags = { ...named(stackTags(name), what), [IMAGE_TAG]: "image", ...more };
  return {
    ResourceType: resource,
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  };
}

/** Letters, digits and dashes: an image's name may hold little else, and is there once in a region. */
export function imageName(name: string, at: Date): string {
  const time = at.toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");
  return `${name}-image-${time}`.slice(-128);
}

function bakedOf(image: Image): Baked {
  const tag = (key: string) => image.Tags?.find(({ Key }) => Key === key)?.Value ?? "";
  const disks = (image.BlockDeviceMappings ?? []).flatMap(({ Ebs }) => Ebs ?? []);
  return {
    id: image.ImageId ?? "",
    name: image.Name ?? "",
    at: image.CreationDate ?? "",
    state: image.State ?? "",
    sizeGiB: disks[0]?.VolumeSize ?? 0,
    snapshotIds: disks.flatMap(({ SnapshotId }) => SnapshotId ?? []),
    tljh: tag("tljh"),
    lab: tag("jupyterlab"),
    packages: Number(tag("packages") || 0),
    usedGiB: Number(tag("usedGiB") || 0),
  };
}

/** All images of a stack, the newest first. */
export async function imagesOf(ec2: EC2Client, name: string): Promise<Baked[]> {
  const ask = new DescribeImagesCommand({ Owners: ["self"], Filters: filters(name) });
  const { Images = [] } = await ec2.send(ask);
  return Images.map(bakedOf).sort((a, b) => (a.at > b.at ? -1 : 1));
}

export async function sourceOf(ec2: EC2Client, instanceId: string): Promise<Source | undefined> {
  const answer = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [instanceId] }));
  const instance = answer.Reservations?.[0]?.Instances?.[0];
  const { RootDeviceName: rootDevice = "", BlockDeviceMappings = [], Placement } = instance ?? {};
  const root = BlockDeviceMappings.find(({ DeviceName }) => DeviceName === rootDevice);
  const rootVolumeId = root?.Ebs?.VolumeId;
  const availabilityZone = Placement?.AvailabilityZone;
  if (!instance || !rootVolumeId || !availabilityZone) return undefined;
  const { Volumes = [] } = await ec2.send(
    new DescribeVolumesCommand({ VolumeIds: [rootVolumeId] }),
  );
  const rootGiB = Volumes[0]?.Size ?? 0;
  return { availabilityZone, rootDevice, rootVolumeId, rootGiB, instance };
}

export async function makeVolume(
  ec2: EC2Client,
  name: string,
  { availabilityZone, rootGiB }: Source,
): Promise<string> {
  const { VolumeId = "" } = await ec2.send(
    new CreateVolumeCommand({
      AvailabilityZone: availabilityZone,
      Size: rootGiB,
      VolumeType: "gp3",
      // As the root volumes of the program's machines are.
      Encrypted: true,
      TagSpecifications: [imageTags(name, "volume", `${name}-image`)],
    }),
  );
  return VolumeId;
}

/** `available`, `in-use` and the like; `gone`: AWS does not know it. */
export async function volumeState(ec2: EC2Client, id: string): Promise<string> {
  try {
    const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({ VolumeIds: [id] }));
    return Volumes[0]?.State ?? "gone";
  } catch (error) {
    // Just made, it may not be known everywhere yet.
    if ((error as Error).name === "InvalidVolume.NotFound") return "gone";
    throw error;
  }
}

export async function beginSnapshot(
  ec2: EC2Client,
  name: string,
  volumeId: string,
  what: string,
): Promise<string> {
  const { SnapshotId = "" } = await ec2.send(
    new CreateSnapshotCommand({
      VolumeId: volumeId,
      Description: `${name}: system, hub and packages, without accounts and secrets`,
      TagSpecifications: [imageTags(name, "snapshot", what)],
    }),
  );
  return SnapshotId;
}

/** An image starts as the machine's own did: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RegisterImage.html */
export async function registerImage(
  ec2: EC2Client,
  name: string,
  snapshotId: string,
  { rootDevice, instance }: Source,
  from: BakedFrom,
  at: Date,
): Promise<string> {
  const { Architecture, BootMode, EnaSupport, VirtualizationType } = instance;
  const what = imageName(name, at);
  const { tljh, lab, packages, usedGiB } = from;
  const { ImageId = "" } = await ec2.send(
    new RegisterImageCommand({
      Name: what,
      Description: `TLJH ${tljh} for workshops, without accounts and secrets`,
      Architecture,
      ...(BootMode && { BootMode }),
      EnaSupport: EnaSupport ?? true,
      ImdsSupport: "v2.0",
      VirtualizationType: VirtualizationType ?? "hvm",
      RootDeviceName: rootDevice,
      BlockDeviceMappings: [
        {
          DeviceName: rootDevice,
          Ebs: { SnapshotId: snapshotId, VolumeType: "gp3", DeleteOnTermination: true },
        },
      ],
      TagSpecifications: [
        imageTags(name, "image", what, {
          tljh,
          jupyterlab: lab,
          packages: String(packages),
          usedGiB: String(usedGiB),
        }),
      ],
    }),
  );
  return ImageId;
}

/** Ids of instances that were started from an image, and are not terminated. */
export async function usersOf(ec2: EC2Client, imageId: string): Promise<string[]> {
  const { Reservations = [] } = await ec2.send(
    new DescribeInstancesCommand({ Filters: [{ Name: "image-id", Values: [imageId] }] }),
  );
  return Reservations.flatMap(({ Instances = [] }) => Instances)
    .filter(({ State }) => !["terminated", "shutting-down"].includes(State?.Name ?? ""))
    .map(({ InstanceId = "", Tags = [] }) => {
      const stack = Tags.find(({ Key }) => Key === "stack")?.Value;
      return stack ? `${InstanceId} of ${stack}` : InstanceId;
    });
}

export async function removeImage(ec2: EC2Client, { id, snapshotIds }: Baked): Promise<void> {
  await ec2.send(new DeregisterImageCommand({ ImageId: id }));
  for (const snapshotId of snapshotIds) await removeSnapshot(ec2, snapshotId);
}

export async function removeSnapshot(ec2: EC2Client, id: string): Promise<void> {
  await ec2.send(new DeleteSnapshotCommand({ SnapshotId: id })).catch(passOver(/NotFound/));
}

/** From whatever it is attached to. */
export async function detachVolume(ec2: EC2Client, id: string): Promise<void> {
  const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({ VolumeIds: [id] }));
  for (const { InstanceId } of Volumes[0]?.Attachments ?? []) {
    await ec2.send(new DetachVolumeCommand({ VolumeId: id, InstanceId }));
  }
}

export async function removeVolume(ec2: EC2Client, id: string): Promise<void> {
  await ec2.send(new DeleteVolumeCommand({ VolumeId: id })).catch(passOver(/NotFound/));
}

function passOver(names: RegExp) {
  return (error: Error) => {
    if (!names.test(error.name)) throw error;
  };
}

/**
 * What an image that was interrupted has left: volumes, and snapshots without an image. What a snapshot
 * is just being made of is somebody's who is at work.
 */
export async function leftovers(
  ec2: EC2Client,
  name: string,
): Promise<{ volumeIds: string[]; snapshotIds: string[] }> {
  const Filters = ours(name);
  const [{ Volumes = [] }, { Snapshots = [] }, images] = await Promise.all([
    ec2.send(new DescribeVolumesCommand({ Filters })),
    ec2.send(new DescribeSnapshotsCommand({ OwnerIds: ["self"], Filters })),
    imagesOf(ec2, name),
  ]);
  const used = new Set(images.flatMap(({ snapshotIds }) => snapshotIds));
  const pending = Snapshots.filter(({ State }) => State === "pending");
  const busy = new Set(pending.map(({ VolumeId }) => VolumeId));
  return {
    volumeIds: Volumes.filter(({ State }) => !/^delet/.test(State ?? ""))
      .flatMap(({ VolumeId }) => VolumeId ?? [])
      .filter((id) => !busy.has(id)),
    snapshotIds: Snapshots.filter((it) => !pending.includes(it))
      .flatMap(({ SnapshotId }) => SnapshotId ?? [])
      .filter((id) => !used.has(id)),
  };
}
