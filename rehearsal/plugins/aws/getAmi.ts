/** aws.ec2.getAmi: one image, or a clear refusal to choose. */

import { DescribeImagesCommand, type Filter, type Image } from "@aws-sdk/client-ec2";
import type { Values } from "../base";
import { given } from "./arguments";
import { doing } from "./errors";
import { filtersOf, orNone, regionOf, tagFilters, type Lookup } from "./filters";
import { fromList } from "./tags";

/** Filters by which nobody else can slip in a newer image. */
const SAFE_FILTERS = ["image-id", "owner-id", "owner-alias"];

function refuseUnsafe(args: Values, filters: readonly Filter[]): void {
  const owned = ((args["owners"] ?? []) as string[]).length > 0;
  const safe = filters.some((filter) => SAFE_FILTERS.includes(filter.Name ?? ""));
  if (args["mostRecent"] !== true || args["allowUnsafeFilter"] === true || owned || safe) return;
  throw new Error(
    '"most_recent" is set to "true" and results are not filtered by owner or image ID. With this ' +
      "configuration, a third party may introduce a new image which will be returned by this data " +
      "source. Filter by owner or image ID to avoid this possibility.",
  );
}

/** The newest of several images, where that is what was asked for. */
export function choose(images: readonly Image[], mostRecent: boolean): Image {
  const [first, ...rest] = [...images].sort(
    (a, b) => Date.parse(b.CreationDate ?? "") - Date.parse(a.CreationDate ?? ""),
  );
  if (first === undefined) {
    throw new Error(
      "Your query returned no results. Please change your search criteria and try again.",
    );
  }
  if (rest.length > 0 && !mostRecent) {
    throw new Error(
      "Your query returned more than one result. Please try a more specific search criteria, " +
        "or set `most_recent` attribute to true.",
    );
  }
  return first;
}

function blockDeviceMappings(image: Image): Values[] {
  return (image.BlockDeviceMappings ?? []).map((mapping) => ({
    deviceName: mapping.DeviceName ?? "",
    noDevice: mapping.NoDevice ?? "",
    virtualName: mapping.VirtualName ?? "",
    ebs:
      mapping.Ebs === undefined
        ? {}
        : {
            delete_on_termination: String(mapping.Ebs.DeleteOnTermination ?? false),
            encrypted: String(mapping.Ebs.Encrypted ?? false),
            iops: String(mapping.Ebs.Iops ?? 0),
            snapshot_id: mapping.Ebs.SnapshotId ?? "",
            throughput: String(mapping.Ebs.Throughput ?? 0),
            volume_size: String(mapping.Ebs.VolumeSize ?? 0),
            volume_type: mapping.Ebs.VolumeType ?? "",
          },
  }));
}

function imageValues(image: Image, region: string): Values {
  const id = image.ImageId ?? "";
  const root = image.BlockDeviceMappings?.find(
    (mapping) => mapping.DeviceName === image.RootDeviceName,
  );
  return {
    id,
    imageId: id,
    architecture: image.Architecture ?? "",
    arn: `arn:aws:ec2:${region}::image/${id}`,
    blockDeviceMappings: blockDeviceMappings(image),
    bootMode: image.BootMode ?? "",
    creationDate: image.CreationDate ?? "",
    deprecationTime: image.DeprecationTime ?? "",
    description: image.Description ?? "",
    enaSupport: image.EnaSupport ?? false,
    hypervisor: image.Hypervisor ?? "",
    imageLocation: image.ImageLocation ?? "",
    imageOwnerAlias: image.ImageOwnerAlias ?? "",
    imageType: image.ImageType ?? "",
    imdsSupport: image.ImdsSupport ?? "",
    kernelId: image.KernelId ?? "",
    lastLaunchedTime: image.LastLaunchedTime ?? "",
    name: image.Name ?? "",
    ownerId: image.OwnerId ?? "",
    platform: image.Platform ?? "",
    platformDetails: image.PlatformDetails ?? "",
    productCodes: (image.ProductCodes ?? []).map((code) => ({
      productCodeId: code.ProductCodeId ?? "",
      productCodeType: code.ProductCodeType ?? "",
    })),
    public: image.Public ?? false,
    ramdiskId: image.RamdiskId ?? "",
    rootDeviceName: image.RootDeviceName ?? "",
    rootDeviceType: image.RootDeviceType ?? "",
    rootSnapshotId: root?.Ebs?.SnapshotId ?? "",
    sriovNetSupport: image.SriovNetSupport ?? "",
    state: image.State ?? "",
    stateReason: {
      code: image.StateReason?.Code ?? "UNSET",
      message: image.StateReason?.Message ?? "UNSET",
    },
    tags: fromList(image.Tags),
    tpmSupport: image.TpmSupport ?? "",
    usageOperation: image.UsageOperation ?? "",
    virtualizationType: image.VirtualizationType ?? "",
  };
}

export const getAmi: Lookup = async (args, session) => {
  const region = regionOf(args, session);
  const filters = filtersOf(args);
  refuseUnsafe(args, filters);
  const command = new DescribeImagesCommand({
    ExecutableUsers: given(args, "executableUsers"),
    Filters: orNone([...filters, ...tagFilters(args["tags"])]),
    IncludeDeprecated: given(args, "includeDeprecated"),
    Owners: given(args, "owners"),
  });
  const answer = await doing("reading EC2 AMIs", session.ec2(region).send(command));
  const nameRegex = given<string>(args, "nameRegex");
  const matching = (answer.Images ?? []).filter(
    (image) => nameRegex === undefined || new RegExp(nameRegex).test(image.Name ?? ""),
  );
  const image = choose(matching, args["mostRecent"] === true);
  return { ...args, ...imageValues(image, region), region };
};
