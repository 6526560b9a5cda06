/** What changes an instance in place, and what of it needs the instance stopped. */

import {
  AssociateIamInstanceProfileCommand,
  DescribeIamInstanceProfileAssociationsCommand,
  DisassociateIamInstanceProfileCommand,
  ModifyInstanceAttributeCommand,
  ModifyInstanceCreditSpecificationCommand,
  ModifyInstanceMetadataOptionsCommand,
  MonitorInstancesCommand,
  UnmonitorInstancesCommand,
  type ModifyInstanceAttributeCommandInput,
} from "@aws-sdk/client-ec2";
import type { Values } from "../base";
import { given, textOf } from "./arguments";
import { AwsError, doing } from "./errors";
import { liveUserData, rootVolumeId, tagRoot } from "./instanceState";
import { findInstance, startInstance, stopInstance } from "./power";
import type { Scope, Update } from "./resource";
import { modifyVolume } from "./volume";

/** Metadata options as the API wants them. */
export function metadataCall(metadata: Values) {
  return {
    HttpEndpoint: given<"enabled" | "disabled">(metadata, "httpEndpoint") ?? "enabled",
    HttpProtocolIpv6: given<"enabled" | "disabled">(metadata, "httpProtocolIpv6"),
    HttpPutResponseHopLimit: given<number>(metadata, "httpPutResponseHopLimit"),
    HttpTokens: given<"optional" | "required">(metadata, "httpTokens"),
    InstanceMetadataTags: given<"enabled" | "disabled">(metadata, "instanceMetadataTags"),
  };
}

async function modify(
  id: string,
  change: Partial<ModifyInstanceAttributeCommandInput>,
  scope: Scope,
): Promise<void> {
  await doing(
    `modifying EC2 Instance (${id})`,
    scope.ec2.send(new ModifyInstanceAttributeCommand({ InstanceId: id, ...change })),
  );
}

/** Changes that a running instance takes, each by the argument it belongs to. */
const WHILE_RUNNING: Readonly<
  Record<string, (id: string, news: Values, scope: Scope) => Promise<unknown>>
> = {
  vpcSecurityGroupIds: (id, news, scope) =>
    modify(id, { Groups: news["vpcSecurityGroupIds"] as string[] }, scope),
  sourceDestCheck: (id, news, scope) =>
    modify(id, { SourceDestCheck: { Value: news["sourceDestCheck"] === true } }, scope),
  disableApiTermination: (id, news, scope) =>
    modify(id, { DisableApiTermination: { Value: news["disableApiTermination"] === true } }, scope),
  disableApiStop: (id, news, scope) =>
    modify(id, { DisableApiStop: { Value: news["disableApiStop"] === true } }, scope),
  instanceInitiatedShutdownBehavior: (id, news, scope) =>
    modify(
      id,
      {
        Attribute: "instanceInitiatedShutdownBehavior",
        Value: textOf(news, "instanceInitiatedShutdownBehavior"),
      },
      scope,
    ),
  monitoring: (id, news, scope) =>
    news["monitoring"] === true
      ? scope.ec2.send(new MonitorInstancesCommand({ InstanceIds: [id] }))
      : scope.ec2.send(new UnmonitorInstancesCommand({ InstanceIds: [id] })),
  metadataOptions: (id, news, scope) =>
    scope.ec2.send(
      new ModifyInstanceMetadataOptionsCommand({
        InstanceId: id,
        ...metadataCall((news["metadataOptions"] ?? {}) as Values),
      }),
    ),
  creditSpecification: (id, news, scope) => modifyCredits(id, news, scope),
  iamInstanceProfile: (id, news, scope) => changeProfile(id, news, scope),
};

async function modifyCredits(id: string, news: Values, scope: Scope): Promise<void> {
  const CpuCredits = textOf((news["creditSpecification"] ?? {}) as Values, "cpuCredits");
  if (CpuCredits === "") return;
  const answer = await scope.ec2.send(
    new ModifyInstanceCreditSpecificationCommand({
      InstanceCreditSpecifications: [{ InstanceId: id, CpuCredits }],
    }),
  );
  const refused = answer.UnsuccessfulInstanceCreditSpecifications?.[0]?.Error;
  if (refused !== undefined) {
    throw new Error(
      `updating EC2 Instance (${id}) credit specification: ${refused.Code ?? ""}: ${refused.Message ?? ""}`,
    );
  }
}

async function changeProfile(id: string, news: Values, scope: Scope): Promise<void> {
  const answer = await scope.ec2.send(
    new DescribeIamInstanceProfileAssociationsCommand({
      Filters: [{ Name: "instance-id", Values: [id] }],
    }),
  );
  for (const { AssociationId } of answer.IamInstanceProfileAssociations ?? []) {
    await scope.ec2.send(new DisassociateIamInstanceProfileCommand({ AssociationId }));
  }
  const Name = textOf(news, "iamInstanceProfile");
  if (Name === "") return;
  await scope.ec2.send(
    new AssociateIamInstanceProfileCommand({ InstanceId: id, IamInstanceProfile: { Name } }),
  );
}

async function modifyRoot(id: string, update: Update, scope: Scope): Promise<void> {
  const before = (update.olds["rootBlockDevice"] ?? {}) as Values;
  const now = (update.news["rootBlockDevice"] ?? {}) as Values;
  const differs = (name: string) => now[name] !== undefined && now[name] !== before[name];
  if (["volumeSize", "volumeType", "iops", "throughput"].some(differs)) {
    const volumeId = await rootVolumeId(id, scope);
    if (volumeId === undefined) throw new Error(`EC2 Instance (${id}) has no root volume`);
    const change = {
      size: given<number>(now, "volumeSize"),
      type: given<string>(now, "volumeType"),
      iops: given<number>(now, "iops"),
      throughput: given<number>(now, "throughput"),
    };
    await modifyVolume(volumeId, change, scope);
  }
  if (differs("deleteOnTermination")) {
    const DeviceName = (await findInstance(scope.ec2, id))?.RootDeviceName;
    const Ebs = { DeleteOnTermination: now["deleteOnTermination"] === true };
    await modify(id, { BlockDeviceMappings: [{ DeviceName, Ebs }] }, scope);
  }
}

/**
 * Sets user data and looks whether it arrived. moto takes the bytes of the request for base64 text
 * and decodes them a second time: it refuses them or stores something else, and is then given the
 * user data encoded twice. An endpoint that behaves like AWS never sees that.
 */
async function setUserData(id: string, news: Values, scope: Scope): Promise<void> {
  const base64 = textOf(news, "userDataBase64");
  const bytes =
    base64 === "" ? Buffer.from(textOf(news, "userData"), "utf8") : Buffer.from(base64, "base64");
  const set = (Value: Uint8Array) => modify(id, { UserData: { Value } }, scope);
  try {
    await set(bytes);
    if ((await liveUserData(id, scope)) === bytes.toString("base64")) return;
  } catch (failure) {
    if (!(failure instanceof AwsError) || !failure.message.includes("BASE64")) throw failure;
  }
  await set(Buffer.from(bytes.toString("base64"), "ascii"));
}

/** Changes that AWS takes only of a stopped instance. All are made in one stop. */
async function whileStopped(id: string, update: Update, scope: Scope): Promise<void> {
  const { news, changed } = update;
  const type = changed("instanceType");
  const data = changed("userData", "userDataBase64");
  if (!type && !data) return;
  await stopInstance(id, scope);
  if (type) await modify(id, { InstanceType: { Value: textOf(news, "instanceType") } }, scope);
  if (data) await setUserData(id, news, scope);
  await startInstance(id, scope);
}

/** Brings a live instance to its new arguments. */
export async function updateInstance(id: string, update: Update, scope: Scope): Promise<void> {
  for (const [name, change] of Object.entries(WHILE_RUNNING)) {
    if (update.changed(name)) await change(id, update.news, scope);
  }
  await modifyRoot(id, update, scope);
  if (update.changed("rootBlockDevice", "volumeTags")) await tagRoot(id, update.news, scope);
  await whileStopped(id, update, scope);
}
