/** aws.ec2.VolumeAttachment. */

import { crc32 } from "node:zlib";
import {
  AttachVolumeCommand,
  DetachVolumeCommand,
  type EC2Client,
  type VolumeAttachment,
} from "@aws-sdk/client-ec2";
import type { Values } from "../base";
import { textOf } from "./arguments";
import type { Definition } from "./resource";
import { findInstance, stopInstance } from "./power";
import { findVolume } from "./volume";
import { waitFor } from "./wait";

/** An attachment has no id in AWS: what it ties together makes one. */
export function attachmentId(device: string, instance: string, volume: string): string {
  return `vai-${crc32(`${device}-${instance}-${volume}-`)}`;
}

async function findAttachment(
  ec2: EC2Client,
  values: Values,
): Promise<VolumeAttachment | undefined> {
  const live = await findVolume(ec2, textOf(values, "volumeId"));
  return live?.Attachments?.find(
    (attachment) =>
      attachment.InstanceId === textOf(values, "instanceId") &&
      attachment.Device === textOf(values, "deviceName"),
  );
}

function nameOf(values: Values): string {
  return `${textOf(values, "volumeId")}:${textOf(values, "instanceId")}`;
}

export const volumeAttachment: Definition = {
  label: "EBS Volume Attachment",
  tagged: false,
  arguments: {
    deviceName: { required: true, replaces: true },
    forceDetach: { computed: true },
    instanceId: { required: true, replaces: true },
    skipDestroy: { computed: true },
    stopInstanceBeforeDetaching: { computed: true },
    volumeId: { required: true, replaces: true },
  },
  attributes: [],

  async create(inputs, { ec2 }) {
    const instanceId = textOf(inputs, "instanceId");
    const device = textOf(inputs, "deviceName");
    const volumeId = textOf(inputs, "volumeId");
    await ec2.send(
      new AttachVolumeCommand({ Device: device, InstanceId: instanceId, VolumeId: volumeId }),
    );
    return attachmentId(device, instanceId, volumeId);
  },

  async settle(_id, inputs, { ec2, timeoutSeconds }) {
    await waitFor({
      what: `EBS Volume Attachment (${nameOf(inputs)}) create`,
      wanted: ["attached"],
      passing: ["attaching", ""],
      timeoutSeconds,
      look: async () => ({ state: (await findAttachment(ec2, inputs))?.State ?? "" }),
    });
  },

  async look(_id, inputs, { ec2 }) {
    const live = await findAttachment(ec2, inputs);
    if (live === undefined) return undefined;
    return { deviceName: live.Device, instanceId: live.InstanceId, volumeId: live.VolumeId };
  },

  /** Imports are by `DEVICE_NAME:VOLUME_ID:INSTANCE_ID`. */
  fromId(id) {
    const [deviceName = "", volumeId = "", instanceId = ""] = id.split(":");
    return { deviceName, volumeId, instanceId };
  },

  identify: (state) =>
    attachmentId(
      textOf(state, "deviceName"),
      textOf(state, "instanceId"),
      textOf(state, "volumeId"),
    ),

  async update() {
    // What can change here only matters when it is detached.
  },

  async remove(_id, state, scope) {
    if (state["skipDestroy"] === true) return;
    if ((await findAttachment(scope.ec2, state)) === undefined) return;
    const instanceId = textOf(state, "instanceId");
    if (state["stopInstanceBeforeDetaching"] === true) {
      const running = (await findInstance(scope.ec2, instanceId))?.State?.Name ?? "terminated";
      if (!["terminated", "shutting-down"].includes(running)) await stopInstance(instanceId, scope);
    }
    await scope.ec2.send(
      new DetachVolumeCommand({
        Device: textOf(state, "deviceName"),
        Force: state["forceDetach"] === true,
        InstanceId: instanceId,
        VolumeId: textOf(state, "volumeId"),
      }),
    );
    await waitFor({
      what: `EBS Volume Attachment (${nameOf(state)}) delete`,
      wanted: ["detached"],
      passing: ["attached", "detaching", "busy"],
      timeoutSeconds: scope.timeoutSeconds,
      look: async () => ({ state: (await findAttachment(scope.ec2, state))?.State ?? "detached" }),
    });
  },
};
