/** EBS volumes. */

import { AwsRefusal } from "../call";
import type { Circumstances, Rule } from "../strictness";

async function create(call: URLSearchParams, { look }: Circumstances): Promise<void> {
  const zone = call.get("AvailabilityZone");
  if (zone !== null && !(await look.zones()).includes(zone)) {
    throw new AwsRefusal("InvalidZone.NotFound", `The zone '${zone}' does not exist.`);
  }
}

async function attach(call: URLSearchParams, { look }: Circumstances): Promise<void> {
  const [id, instanceId, device] = ["VolumeId", "InstanceId", "Device"].map(
    (name) => call.get(name) ?? "",
  ) as [string, string, string];
  const [volume, instance] = await Promise.all([look.volume(id), look.instance(instanceId)]);
  if (volume === undefined || instance === undefined) return;
  if ((volume.Attachments ?? []).length > 0) {
    throw new AwsRefusal("VolumeInUse", `${id} is already attached to an instance`);
  }
  const state = instance.State?.Name ?? "";
  if (!["running", "stopped"].includes(state)) {
    throw new AwsRefusal("IncorrectState", `Instance '${instanceId}' is not 'running'.`);
  }
  const zones = [volume.AvailabilityZone, instance.Placement?.AvailabilityZone];
  if (zones[0] !== zones[1]) {
    throw new AwsRefusal(
      "InvalidVolume.ZoneMismatch",
      `The volume '${id}' is not in the same availability zone as instance '${instanceId}'`,
    );
  }
  if ((instance.BlockDeviceMappings ?? []).some(({ DeviceName }) => DeviceName === device)) {
    throw new AwsRefusal(
      "InvalidParameterValue",
      `Invalid value '${device}' for unixDevice. Attachment point ${device} is already in use`,
    );
  }
}

async function detach(call: URLSearchParams, { look, isMounted }: Circumstances): Promise<void> {
  const id = call.get("VolumeId") ?? "";
  const attachment = (await look.volume(id))?.Attachments?.[0];
  const instance = await look.instance(attachment?.InstanceId ?? "");
  if (attachment === undefined || instance?.State?.Name !== "running") return;
  if (attachment.Device === instance.RootDeviceName) {
    throw new AwsRefusal(
      "OperationNotPermitted",
      `Unable to detach root volume '${id}' from instance '${attachment.InstanceId ?? ""}'`,
    );
  }
  if (await isMounted(id)) {
    throw new AwsRefusal(
      "IncorrectState",
      `Volume '${id}' is mounted on instance '${attachment.InstanceId ?? ""}'. AWS would leave it 'busy' for as long as it is: unmount it, or stop the instance, and detach it then.`,
    );
  }
}

async function modify(call: URLSearchParams, { look }: Circumstances): Promise<void> {
  const id = call.get("VolumeId") ?? "";
  const wanted = Number(call.get("Size") ?? Infinity);
  const size = (await look.volume(id))?.Size ?? 0;
  if (wanted < size) {
    throw new AwsRefusal(
      "InvalidParameterValue",
      `New size cannot be smaller than existing size: ${wanted} GiB, ${size} GiB`,
    );
  }
}

export const volumeRules: Readonly<Record<string, Rule>> = {
  CreateVolume: create,
  AttachVolume: attach,
  DetachVolume: detach,
  ModifyVolume: modify,
};
