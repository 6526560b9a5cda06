/** Starting, changing and stopping instances. */

import type { Image, InstanceTypeInfo } from "@aws-sdk/client-ec2";
import { AwsRefusal, listOf } from "../call";
import type { Circumstances, Rule } from "../strictness";

const USER_DATA_LIMIT = 16 * 1024;

const invalid = (message: string) => new AwsRefusal("InvalidParameterValue", message);

function checkUserData(base64: string | null): void {
  if (Buffer.from(base64 ?? "", "base64").length > USER_DATA_LIMIT) {
    throw invalid("User data is limited to 16384 bytes");
  }
}

function checkArchitecture(type: InstanceTypeInfo | undefined, image: Image | undefined): void {
  const supported = type?.ProcessorInfo?.SupportedArchitectures;
  const wanted = image?.Architecture;
  if (supported === undefined || wanted === undefined) return;
  if (!(supported as string[]).includes(wanted)) {
    throw invalid(
      `The architecture '${supported.join(",")}' of the specified instance type does not match the architecture '${wanted}' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again. You can use 'describe-instance-types' or 'describe-images' to discover the architecture of the instance type or AMI.`,
    );
  }
}

/** The devices that a call names, each with the size it asks for. */
function sizes(call: URLSearchParams): Map<string, number> {
  const found = new Map<string, number>();
  for (const [key, device] of call) {
    const number = /^BlockDeviceMapping\.(\d+)\.DeviceName$/.exec(key)?.[1];
    const size = call.get(`BlockDeviceMapping.${number}.Ebs.VolumeSize`);
    if (number !== undefined && size !== null) found.set(device, Number(size));
  }
  return found;
}

function checkRootSize(call: URLSearchParams, image: Image | undefined): void {
  const asked = sizes(call);
  for (const { DeviceName = "", Ebs } of image?.BlockDeviceMappings ?? []) {
    const size = asked.get(DeviceName);
    const least = Ebs?.VolumeSize ?? 0;
    if (size !== undefined && size < least) {
      throw new AwsRefusal(
        "InvalidBlockDeviceMapping",
        `Volume of size ${size}GB is smaller than snapshot '${Ebs?.SnapshotId ?? ""}', expect size >= ${least}GB`,
      );
    }
  }
}

async function checkVcpus(
  more: number,
  { look, quotas }: Circumstances,
  instead = "",
): Promise<void> {
  if (quotas.vcpus === undefined) return;
  const running = (await look.instances()).filter(
    ({ State, InstanceId }) =>
      ["pending", "running"].includes(State?.Name ?? "") && InstanceId !== instead,
  );
  const used = await Promise.all(
    running.map(async ({ InstanceType = "" }) => vcpusOf(await look.type(InstanceType))),
  );
  if (used.reduce((sum, vcpus) => sum + vcpus, more) > quotas.vcpus) {
    throw new AwsRefusal(
      "VcpuLimitExceeded",
      `You have requested more vCPU capacity than your current vCPU limit of ${quotas.vcpus} allows for the instance bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.`,
    );
  }
}

function vcpusOf(type: InstanceTypeInfo | undefined): number {
  return type?.VCpuInfo?.DefaultVCpus ?? 0;
}

async function checkGroups(call: URLSearchParams, { look }: Circumstances): Promise<void> {
  const subnetId = call.get("SubnetId");
  const subnet = subnetId === null ? undefined : await look.subnet(subnetId);
  if (subnet === undefined) return;
  const wanted = listOf(call, "SecurityGroupId");
  const elsewhere = (await look.groups()).find(
    ({ GroupId = "", VpcId }) => wanted.includes(GroupId) && VpcId !== subnet.VpcId,
  );
  if (elsewhere !== undefined) {
    throw new AwsRefusal(
      "InvalidParameter",
      `Security group ${elsewhere.GroupId} and subnet ${subnetId} belong to different networks.`,
    );
  }
}

async function run(call: URLSearchParams, circumstances: Circumstances): Promise<void> {
  const { look } = circumstances;
  checkUserData(call.get("UserData"));
  const [image, type] = await Promise.all([
    look.image(call.get("ImageId") ?? ""),
    look.type(call.get("InstanceType") ?? ""),
  ]);
  checkArchitecture(type, image);
  checkRootSize(call, image);
  await checkGroups(call, circumstances);
  await checkVcpus(vcpusOf(type) * Number(call.get("MinCount") ?? 1), circumstances);
}

/** What AWS changes only of a stopped instance. */
async function modify(call: URLSearchParams, { look }: Circumstances): Promise<void> {
  const id = call.get("InstanceId") ?? "";
  const type = call.get("InstanceType.Value");
  const data = call.get("UserData.Value");
  if (type === null && data === null) return;
  checkUserData(data);
  const instance = await look.instance(id);
  if (instance === undefined) return;
  if (instance.State?.Name !== "stopped") {
    throw new AwsRefusal(
      "IncorrectInstanceState",
      `The instance '${id}' is not in the 'stopped' state.`,
    );
  }
  if (type === null) return;
  const wanted = await look.type(type);
  if (wanted === undefined) {
    throw new AwsRefusal(
      "InvalidInstanceAttributeValue",
      `Invalid value '${type}' for InstanceType.`,
    );
  }
  checkArchitecture(wanted, await look.image(instance.ImageId ?? ""));
}

function onlyIn(...states: string[]): Rule {
  return async (call, { look }) => {
    for (const id of listOf(call, "InstanceId")) {
      const state = (await look.instance(id))?.State?.Name;
      if (state !== undefined && !states.includes(state)) {
        throw new AwsRefusal(
          "IncorrectInstanceState",
          `The instance '${id}' is not in a state from which it can be changed: ${state}.`,
        );
      }
    }
  };
}

async function start(call: URLSearchParams, circumstances: Circumstances): Promise<void> {
  await onlyIn("pending", "running", "stopped")(call, circumstances);
  for (const id of listOf(call, "InstanceId")) {
    const instance = await circumstances.look.instance(id);
    const type = await circumstances.look.type(instance?.InstanceType ?? "");
    await checkVcpus(vcpusOf(type), circumstances, id);
  }
}

export const instanceRules: Readonly<Record<string, Rule>> = {
  RunInstances: run,
  ModifyInstanceAttribute: modify,
  StartInstances: start,
  StopInstances: onlyIn("pending", "running", "stopping", "stopped"),
  RebootInstances: onlyIn("pending", "running"),
};
