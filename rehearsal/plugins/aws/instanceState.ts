/** aws.ec2.Instance as it stands in AWS. */

import {
  DescribeInstanceAttributeCommand,
  DescribeInstanceCreditSpecificationsCommand,
  DescribeVolumesCommand,
  type Instance,
  type Volume,
} from "@aws-sdk/client-ec2";
import type { Values } from "../base";
import { findInstance } from "./power";
import type { Scope } from "./resource";
import { fromList, mergeTags, retag, withoutDefaults, type Tags } from "./tags";
import { findVolume } from "./volume";

/** The id of an instance's root volume; undefined when it has none. */
export async function rootVolumeId(id: string, scope: Scope): Promise<string | undefined> {
  const live = await findInstance(scope.ec2, id);
  return live === undefined ? undefined : rootOf(live)?.Ebs?.VolumeId;
}

/** The root volume's own tags need a call of their own, after the instance is there. */
export async function tagRoot(id: string, inputs: Values, scope: Scope): Promise<void> {
  const root = (inputs["rootBlockDevice"] ?? {}) as Values;
  const own = (root["tags"] ?? inputs["volumeTags"]) as Tags | undefined;
  if (own === undefined) return;
  const volumeId = await rootVolumeId(id, scope);
  if (volumeId === undefined) return;
  const before = fromList((await findVolume(scope.ec2, volumeId))?.Tags);
  await retag(scope.ec2, volumeId, before, mergeTags(scope.defaultTags, own));
}

function rootOf(live: Instance) {
  return live.BlockDeviceMappings?.find((mapping) => mapping.DeviceName === live.RootDeviceName);
}

/** The user data an instance has, base64; "" when it has none. */
export async function liveUserData(id: string, scope: Scope): Promise<string> {
  const answer = await scope.ec2.send(
    new DescribeInstanceAttributeCommand({ InstanceId: id, Attribute: "userData" }),
  );
  return answer.UserData?.Value ?? "";
}

/** Switches that DescribeInstances doesn't tell. */
async function switches(id: string, scope: Scope): Promise<Values> {
  const ask = (
    Attribute: "disableApiStop" | "disableApiTermination" | "instanceInitiatedShutdownBehavior",
  ) => scope.ec2.send(new DescribeInstanceAttributeCommand({ InstanceId: id, Attribute }));
  const [stop, termination, shutdown] = await Promise.all([
    ask("disableApiStop"),
    ask("disableApiTermination"),
    ask("instanceInitiatedShutdownBehavior"),
  ]);
  return {
    disableApiStop: stop.DisableApiStop?.Value ?? false,
    disableApiTermination: termination.DisableApiTermination?.Value ?? false,
    instanceInitiatedShutdownBehavior: shutdown.InstanceInitiatedShutdownBehavior?.Value ?? "stop",
  };
}

/** An import knows no inputs yet, and every other instance has an image. */
function isImport(inputs: Values): boolean {
  return inputs["ami"] === undefined;
}

/** Only types that earn CPU credits (T) have this, and it is watched only where it was asked for. */
async function credits(id: string, inputs: Values, scope: Scope): Promise<Values> {
  if (inputs["creditSpecification"] === undefined && !isImport(inputs)) return {};
  const answer = await scope.ec2.send(
    new DescribeInstanceCreditSpecificationsCommand({ InstanceIds: [id] }),
  );
  const cpuCredits = answer.InstanceCreditSpecifications?.[0]?.CpuCredits;
  return cpuCredits === undefined ? {} : { creditSpecification: { cpuCredits } };
}

function blockDevice(live: Instance, volume: Volume, scope: Scope, own: Tags): Values {
  const mapping = live.BlockDeviceMappings?.find(
    (candidate) => candidate.Ebs?.VolumeId === volume.VolumeId,
  );
  const tagsAll = fromList(volume.Tags);
  return {
    deleteOnTermination: mapping?.Ebs?.DeleteOnTermination ?? false,
    deviceName: mapping?.DeviceName ?? "",
    encrypted: volume.Encrypted ?? false,
    iops: volume.Iops ?? 0,
    kmsKeyId: volume.KmsKeyId ?? "",
    tags: withoutDefaults(tagsAll, scope.defaultTags, own),
    tagsAll,
    throughput: volume.Throughput ?? 0,
    volumeId: volume.VolumeId,
    volumeSize: volume.Size,
    volumeType: volume.VolumeType,
  };
}

async function blockDevices(live: Instance, inputs: Values, scope: Scope): Promise<Values> {
  const root = rootOf(live)?.Ebs?.VolumeId;
  const ids = (live.BlockDeviceMappings ?? []).flatMap((mapping) => mapping.Ebs?.VolumeId ?? []);
  if (ids.length === 0) return { ebsBlockDevices: [] };
  const answer = await scope.ec2.send(new DescribeVolumesCommand({ VolumeIds: ids }));
  const volumes = answer.Volumes ?? [];
  const rootVolume = volumes.find((volume) => volume.VolumeId === root);
  const rootInput = (inputs["rootBlockDevice"] ?? {}) as Values;
  const own = (rootInput["tags"] ?? inputs["volumeTags"] ?? {}) as Tags;
  return {
    ...(rootVolume === undefined
      ? {}
      : { rootBlockDevice: rootDevice(blockDevice(live, rootVolume, scope, own), inputs) }),
    ...(inputs["volumeTags"] === undefined || rootVolume === undefined
      ? {}
      : { volumeTags: withoutDefaults(fromList(rootVolume.Tags), scope.defaultTags, own) }),
    ebsBlockDevices: volumes
      .filter((volume) => volume !== rootVolume)
      .map((volume) => blockDevice(live, volume, scope, {}))
      .sort((a, b) => (String(a["deviceName"]) < String(b["deviceName"]) ? -1 : 1)),
  };
}

/** Tags of the root volume are its own business only where they are asked for on the volume. */
function rootDevice(device: Values, inputs: Values): Values {
  const given = (inputs["rootBlockDevice"] ?? {}) as Values;
  if (given["tags"] !== undefined || isImport(inputs)) return device;
  return { ...device, tags: undefined };
}

function metadataOptions(live: Instance): Values {
  const metadata = live.MetadataOptions ?? {};
  return {
    httpEndpoint: metadata.HttpEndpoint ?? "enabled",
    httpProtocolIpv6: metadata.HttpProtocolIpv6 ?? "disabled",
    httpPutResponseHopLimit: metadata.HttpPutResponseHopLimit ?? 1,
    httpTokens: metadata.HttpTokens ?? "optional",
    instanceMetadataTags: metadata.InstanceMetadataTags ?? "disabled",
  };
}

function networkValues(live: Instance): Values {
  const card = live.NetworkInterfaces?.find((one) => one.Attachment?.DeviceIndex === 0);
  return {
    // As the real provider reads it: any public address counts, an Elastic IP too.
    associatePublicIpAddress: (card?.Association?.PublicIp ?? "") !== "",
    primaryNetworkInterfaceId: card?.NetworkInterfaceId ?? "",
    privateDns: live.PrivateDnsName ?? "",
    privateIp: live.PrivateIpAddress ?? "",
    publicDns: live.PublicDnsName ?? "",
    publicIp: live.PublicIpAddress ?? "",
    secondaryPrivateIps: (card?.PrivateIpAddresses ?? []).flatMap((address) =>
      address.Primary === true ? [] : (address.PrivateIpAddress ?? []),
    ),
    securityGroups: [],
    sourceDestCheck: live.SourceDestCheck ?? true,
    subnetId: live.SubnetId ?? "",
    vpcSecurityGroupIds: (live.SecurityGroups ?? []).flatMap((group) => group.GroupId ?? []).sort(),
  };
}

/** User data stands in state as it was given: as text, or as base64 where that was given. */
function userDataValues(base64: string, inputs: Values): Values {
  if (inputs["userDataBase64"] !== undefined) return { userDataBase64: base64 || null };
  const userData = Buffer.from(base64, "base64").toString("utf8");
  return { userData: userData || null };
}

/** Live state of an instance; undefined when it is terminated or unknown. */
export async function lookAtInstance(
  id: string,
  inputs: Values,
  scope: Scope,
): Promise<Values | undefined> {
  const live = await findInstance(scope.ec2, id);
  if (live === undefined || live.State?.Name === "terminated") return undefined;
  const [userData, switched, credited, devices] = await Promise.all([
    liveUserData(id, scope),
    switches(id, scope),
    credits(id, inputs, scope),
    blockDevices(live, inputs, scope),
  ]);
  const owner = live.NetworkInterfaces?.[0]?.OwnerId ?? "";
  return {
    ami: live.ImageId,
    arn: `arn:aws:ec2:${scope.region}:${owner}:instance/${id}`,
    availabilityZone: live.Placement?.AvailabilityZone,
    ebsOptimized: live.EbsOptimized ?? false,
    iamInstanceProfile: live.IamInstanceProfile?.Arn?.split("/").at(-1) ?? "",
    instanceState: live.State?.Name,
    instanceType: live.InstanceType,
    keyName: live.KeyName ?? "",
    metadataOptions: metadataOptions(live),
    monitoring: live.Monitoring?.State === "enabled" || live.Monitoring?.State === "pending",
    tenancy: live.Placement?.Tenancy ?? "default",
    tagsAll: fromList(live.Tags),
    ...networkValues(live),
    ...userDataValues(userData, inputs),
    ...switched,
    ...credited,
    ...devices,
  };
}
