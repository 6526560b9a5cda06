/** aws.ec2.Instance: its arguments, how it is made and how it ends. */

import {
  DescribeImagesCommand,
  ModifyInstanceAttributeCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
  type BlockDeviceMapping,
  type EC2Client,
  type RunInstancesCommandInput,
} from "@aws-sdk/client-ec2";
import type { Values } from "../base";
import { given, oneOf, textOf, wholeNumber } from "./arguments";
import { doing, found } from "./errors";
import { lookAtInstance, tagRoot } from "./instanceState";
import { metadataCall, updateInstance } from "./instanceUpdate";
import { waitForInstance } from "./power";
import type { Change, Failure } from "./schema";
import type { Definition, Scope } from "./resource";
import { mergeTags, tagSpecifications, type Tags } from "./tags";
import { volumeType } from "./volume";

const onOff = oneOf("enabled", "disabled");

function refuse(inputs: Values): Failure[] {
  const failures: Failure[] = [];
  for (const name of ["ami", "instanceType"]) {
    if (inputs[name] === undefined) {
      failures.push({
        property: name,
        reason: `one of \`${name},launchTemplate\` must be specified`,
      });
    }
  }
  if (inputs["userData"] !== undefined && inputs["userDataBase64"] !== undefined) {
    failures.push({ property: "userData", reason: `"userData": conflicts with userDataBase64` });
  }
  const root = (inputs["rootBlockDevice"] ?? {}) as Values;
  if (inputs["volumeTags"] !== undefined && root["tags"] !== undefined) {
    failures.push({
      property: "volumeTags",
      reason: `"volumeTags": conflicts with rootBlockDevice.tags`,
    });
  }
  return failures;
}

/** Changed user data restarts the instance in place, unless a new one is asked for. */
function judge(changes: Change[], news: Values): Change[] {
  if (news["userDataReplaceOnChange"] !== true) return changes;
  return changes.map((change) =>
    /^userData(Base64)?$/.test(change.argument) ? { ...change, replace: true } : change,
  );
}

async function rootDeviceName(ami: string, ec2: EC2Client): Promise<string> {
  const answer = await ec2.send(new DescribeImagesCommand({ ImageIds: [ami] }));
  const name = answer.Images?.[0]?.RootDeviceName;
  if (name === undefined)
    throw new Error(`finding Root Device Name for AMI (${ami}): no root device`);
  return name;
}

async function rootMapping(inputs: Values, ec2: EC2Client): Promise<BlockDeviceMapping[]> {
  const root = inputs["rootBlockDevice"] as Values | undefined;
  if (root === undefined) return [];
  return [
    {
      DeviceName: await rootDeviceName(textOf(inputs, "ami"), ec2),
      Ebs: {
        DeleteOnTermination: root["deleteOnTermination"] !== false,
        Encrypted: given(root, "encrypted"),
        Iops: given(root, "iops"),
        KmsKeyId: given(root, "kmsKeyId"),
        Throughput: given(root, "throughput"),
        VolumeSize: given(root, "volumeSize"),
        VolumeType: given(root, "volumeType"),
      },
    },
  ];
}

/** A public address can only be asked for together with the interface that gets it. */
function network(inputs: Values): Partial<RunInstancesCommandInput> {
  const SubnetId = given<string>(inputs, "subnetId");
  const groups = given<string[]>(inputs, "vpcSecurityGroupIds");
  const PrivateIpAddress = given<string>(inputs, "privateIp");
  const wish = given<boolean>(inputs, "associatePublicIpAddress");
  if (wish === undefined) return { SubnetId, SecurityGroupIds: groups, PrivateIpAddress };
  const card = { DeviceIndex: 0, DeleteOnTermination: true, AssociatePublicIpAddress: wish };
  return { NetworkInterfaces: [{ ...card, SubnetId, Groups: groups, PrivateIpAddress }] };
}

function userData(inputs: Values): string | undefined {
  const plain = given<string>(inputs, "userData");
  return plain === undefined
    ? given<string>(inputs, "userDataBase64")
    : Buffer.from(plain, "utf8").toString("base64");
}

function options(inputs: Values): Partial<RunInstancesCommandInput> {
  const metadata = inputs["metadataOptions"] as Values | undefined;
  const credits = inputs["creditSpecification"] as Values | undefined;
  const profile = given<string>(inputs, "iamInstanceProfile");
  const zone = given<string>(inputs, "availabilityZone");
  const tenancy = given<"default" | "dedicated">(inputs, "tenancy");
  const placed = zone !== undefined || tenancy !== undefined;
  const monitored = given<boolean>(inputs, "monitoring");
  return {
    DisableApiStop: given(inputs, "disableApiStop"),
    DisableApiTermination: given(inputs, "disableApiTermination"),
    EbsOptimized: given(inputs, "ebsOptimized"),
    InstanceInitiatedShutdownBehavior: given(inputs, "instanceInitiatedShutdownBehavior"),
    CreditSpecification: credits && { CpuCredits: textOf(credits, "cpuCredits") },
    IamInstanceProfile: profile === undefined ? undefined : { Name: profile },
    MetadataOptions: metadata && metadataCall(metadata),
    Monitoring: monitored === undefined ? undefined : { Enabled: monitored },
    Placement: placed ? { AvailabilityZone: zone, Tenancy: tenancy } : undefined,
  };
}

async function create(inputs: Values, scope: Scope): Promise<string> {
  const volumeTags = mergeTags(scope.defaultTags, (inputs["volumeTags"] ?? {}) as Tags);
  const answer = await scope.ec2.send(
    new RunInstancesCommand({
      MinCount: 1,
      MaxCount: 1,
      ImageId: textOf(inputs, "ami"),
      InstanceType: given(inputs, "instanceType"),
      KeyName: given(inputs, "keyName"),
      UserData: userData(inputs),
      BlockDeviceMappings: await rootMapping(inputs, scope.ec2),
      TagSpecifications: [
        ...tagSpecifications("instance", inputs["tagsAll"] as Tags),
        ...tagSpecifications("volume", volumeTags),
      ],
      ...network(inputs),
      ...options(inputs),
    }),
  );
  return answer.Instances?.[0]?.InstanceId ?? "";
}

async function settle(id: string, inputs: Values, scope: Scope): Promise<void> {
  await waitForInstance(id, "create", "running", ["pending"], scope);
  if (inputs["sourceDestCheck"] === false) {
    await scope.ec2.send(
      new ModifyInstanceAttributeCommand({ InstanceId: id, SourceDestCheck: { Value: false } }),
    );
  }
  await tagRoot(id, inputs, scope);
}

async function remove(id: string, state: Values, scope: Scope): Promise<void> {
  if (state["forceDestroy"] === true) {
    for (const protection of ["DisableApiTermination", "DisableApiStop"]) {
      const call = { InstanceId: id, [protection]: { Value: false } };
      await found(scope.ec2.send(new ModifyInstanceAttributeCommand(call)));
    }
  }
  await scope.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  const passing = ["pending", "running", "shutting-down", "stopped", "stopping"];
  await doing(
    `terminating EC2 Instance (${id})`,
    waitForInstance(id, "delete", "terminated", passing, scope),
  );
}

export const instance: Definition = {
  label: "EC2 Instance",
  arguments: {
    ami: { replaces: true, computed: true },
    associatePublicIpAddress: { replaces: true, computed: true },
    availabilityZone: { replaces: true, computed: true },
    creditSpecification: {
      computed: true,
      fields: { cpuCredits: { ...oneOf("standard", "unlimited"), computed: true } },
    },
    disableApiStop: { computed: true },
    disableApiTermination: { computed: true },
    ebsOptimized: { replaces: true, computed: true },
    forceDestroy: { default: false },
    getPasswordData: {
      default: false,
      refuse: (value) => (value === true ? "no Windows machines in the rehearsal" : undefined),
    },
    iamInstanceProfile: { computed: true },
    instanceInitiatedShutdownBehavior: { ...oneOf("stop", "terminate"), computed: true },
    instanceType: { computed: true },
    keyName: { replaces: true, computed: true },
    metadataOptions: {
      computed: true,
      fields: {
        httpEndpoint: { ...onOff, computed: true },
        httpProtocolIpv6: { ...onOff, computed: true },
        httpPutResponseHopLimit: { ...wholeNumber(1, 64), computed: true },
        httpTokens: { ...oneOf("optional", "required"), computed: true },
        instanceMetadataTags: { ...onOff, computed: true },
      },
    },
    monitoring: { computed: true },
    privateIp: { replaces: true, computed: true },
    rootBlockDevice: {
      computed: true,
      fields: {
        deleteOnTermination: { computed: true },
        encrypted: { replaces: true, computed: true },
        iops: { computed: true },
        kmsKeyId: { replaces: true, computed: true },
        tags: {},
        tagsAll: { computed: true },
        throughput: { computed: true },
        volumeSize: { ...wholeNumber(1, 65_536), computed: true },
        volumeType: { ...volumeType, computed: true },
      },
    },
    sourceDestCheck: { default: true },
    subnetId: { replaces: true, computed: true },
    tenancy: { ...oneOf("default", "dedicated", "host"), replaces: true, computed: true },
    userData: {},
    userDataBase64: {},
    userDataReplaceOnChange: { default: false },
    volumeTags: {},
    vpcSecurityGroupIds: { set: true, computed: true },
  },
  attributes: [
    "arn",
    "ebsBlockDevices",
    "instanceState",
    "primaryNetworkInterfaceId",
    "privateDns",
    "publicDns",
    "publicIp",
    "secondaryPrivateIps",
    "securityGroups",
  ],
  timeouts: { create: 10, update: 10, delete: 20 },
  refuse,
  judge,
  create,
  settle,
  look: lookAtInstance,
  update: updateInstance,
  remove,
};
