/** aws.ebs.Volume. */

import {
  CreateSnapshotCommand,
  CreateVolumeCommand,
  DeleteVolumeCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  DescribeVolumesModificationsCommand,
  ModifyVolumeCommand,
  type EC2Client,
  type Volume,
  type VolumeType,
} from "@aws-sdk/client-ec2";
import type { Values } from "../base";
import { given, oneOf, textOf, wholeNumber } from "./arguments";
import { doing, found } from "./errors";
import type { Definition, Scope } from "./resource";
import { fromList, tagSpecifications, type Tags } from "./tags";
import { retryWhile, waitFor } from "./wait";

/** Types of EBS volumes. */
export const volumeType = oneOf("standard", "gp2", "gp3", "io1", "io2", "sc1", "st1");

/** A volume, or undefined when it doesn't exist. */
export async function findVolume(ec2: EC2Client, id: string): Promise<Volume | undefined> {
  const answer = await found(ec2.send(new DescribeVolumesCommand({ VolumeIds: [id] })));
  return answer?.Volumes?.[0];
}

/** What can be changed of a volume in use. Sizes are GiB, throughput is MiB/s. */
export interface VolumeChange {
  size?: number | undefined;
  type?: string | undefined;
  iops?: number | undefined;
  throughput?: number | undefined;
}

/**
 * Changes a volume in place and waits until it has its new size. AWS goes on optimizing for hours
 * afterwards, which nobody needs to wait for.
 */
export async function modifyVolume(id: string, change: VolumeChange, scope: Scope): Promise<void> {
  await doing(
    `modifying EBS Volume (${id})`,
    scope.ec2.send(
      new ModifyVolumeCommand({
        VolumeId: id,
        Size: change.size,
        VolumeType: change.type as VolumeType | undefined,
        Iops: change.iops,
        Throughput: change.throughput,
      }),
    ),
  );
  await waitFor({
    what: `EBS Volume (${id}) update`,
    wanted: ["optimizing", "completed"],
    passing: ["modifying"],
    timeoutSeconds: scope.timeoutSeconds,
    look: async () => {
      const answer = await scope.ec2.send(
        new DescribeVolumesModificationsCommand({ VolumeIds: [id] }),
      );
      const latest = answer.VolumesModifications?.at(-1);
      return { state: latest?.ModificationState ?? "completed", reason: latest?.StatusMessage };
    },
  });
}

async function snapshot(id: string, state: Values, scope: Scope): Promise<void> {
  const { SnapshotId = "" } = await doing(
    `creating EBS Volume (${id}) final snapshot`,
    scope.ec2.send(
      new CreateSnapshotCommand({
        VolumeId: id,
        TagSpecifications: tagSpecifications("snapshot", (state["tagsAll"] ?? {}) as Tags),
      }),
    ),
  );
  await waitFor({
    what: `EBS Snapshot (${SnapshotId}) create`,
    wanted: ["completed"],
    passing: ["pending"],
    timeoutSeconds: scope.timeoutSeconds,
    look: async () => {
      const answer = await scope.ec2.send(
        new DescribeSnapshotsCommand({ SnapshotIds: [SnapshotId] }),
      );
      return { state: answer.Snapshots?.[0]?.State ?? "pending" };
    },
  });
}

export const volume: Definition = {
  label: "EBS Volume",
  arguments: {
    availabilityZone: { required: true, replaces: true },
    encrypted: { replaces: true, computed: true },
    finalSnapshot: { default: false },
    iops: { computed: true },
    kmsKeyId: { replaces: true, computed: true },
    size: { ...wholeNumber(1, 65_536), computed: true },
    snapshotId: { replaces: true, computed: true },
    throughput: { ...wholeNumber(125, 2_000), computed: true },
    type: { ...volumeType, computed: true },
  },
  attributes: ["arn", "createTime"],
  timeouts: { delete: 10 },

  refuse: (inputs) =>
    inputs["size"] === undefined && inputs["snapshotId"] === undefined
      ? [{ property: "size", reason: "one of `size,snapshotId` must be specified" }]
      : [],

  async create(inputs, { ec2 }) {
    const { VolumeId } = await ec2.send(
      new CreateVolumeCommand({
        AvailabilityZone: textOf(inputs, "availabilityZone"),
        Encrypted: given(inputs, "encrypted"),
        Iops: given(inputs, "iops"),
        KmsKeyId: given(inputs, "kmsKeyId"),
        Size: given(inputs, "size"),
        SnapshotId: given(inputs, "snapshotId"),
        Throughput: given(inputs, "throughput"),
        VolumeType: given(inputs, "type"),
        TagSpecifications: tagSpecifications("volume", inputs["tagsAll"] as Tags),
      }),
    );
    return VolumeId ?? "";
  },

  async settle(id, _inputs, { ec2, timeoutSeconds }) {
    await waitFor({
      what: `EBS Volume (${id}) create`,
      wanted: ["available"],
      passing: ["creating", ""],
      timeoutSeconds,
      look: async () => ({ state: (await findVolume(ec2, id))?.State ?? "" }),
    });
  },

  async look(id, _inputs, { ec2, region }) {
    const live = await findVolume(ec2, id);
    if (live === undefined || live.State === "deleted") return undefined;
    return {
      arn: `arn:aws:ec2:${region}::volume/${id}`,
      availabilityZone: live.AvailabilityZone,
      createTime: live.CreateTime?.toISOString(),
      encrypted: live.Encrypted ?? false,
      iops: live.Iops ?? 0,
      kmsKeyId: live.KmsKeyId ?? "",
      multiAttachEnabled: live.MultiAttachEnabled ?? false,
      size: live.Size,
      snapshotId: live.SnapshotId ?? "",
      throughput: live.Throughput ?? 0,
      type: live.VolumeType,
      tagsAll: fromList(live.Tags),
    };
  },

  async update(id, { news, changed }, scope) {
    if (!changed("size", "type", "iops", "throughput")) return;
    const change = {
      size: given<number>(news, "size"),
      type: given<string>(news, "type"),
      iops: given<number>(news, "iops"),
      throughput: given<number>(news, "throughput"),
    };
    await modifyVolume(id, change, scope);
  },

  async remove(id, state, scope) {
    if (state["finalSnapshot"] === true) await snapshot(id, state, scope);
    await retryWhile(["VolumeInUse"], scope.timeoutSeconds, () =>
      scope.ec2.send(new DeleteVolumeCommand({ VolumeId: id })),
    );
    await waitFor({
      what: `EBS Volume (${id}) delete`,
      wanted: ["deleted"],
      passing: ["available", "deleting"],
      timeoutSeconds: scope.timeoutSeconds,
      look: async () => ({ state: (await findVolume(scope.ec2, id))?.State ?? "deleted" }),
    });
  },
};
