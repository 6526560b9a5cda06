/** Deleting what something still needs. */

import type { IpPermission } from "@aws-sdk/client-ec2";
import { AwsRefusal } from "../call";
import type { Circumstances, Rule } from "../strictness";

const inUse = (message: string) => new AwsRefusal("DependencyViolation", message);

function names(permissions: readonly IpPermission[] | undefined, groupId: string): boolean {
  return (permissions ?? []).some(({ UserIdGroupPairs }) =>
    (UserIdGroupPairs ?? []).some(({ GroupId }) => GroupId === groupId),
  );
}

async function deleteSecurityGroup(call: URLSearchParams, { look }: Circumstances): Promise<void> {
  const id = call.get("GroupId") ?? "";
  const [instances, groups] = await Promise.all([look.instances(), look.groups()]);
  const users = instances.filter(({ SecurityGroups }) =>
    (SecurityGroups ?? []).some(({ GroupId }) => GroupId === id),
  );
  const referring = groups.filter(
    (group) =>
      group.GroupId !== id &&
      (names(group.IpPermissions, id) || names(group.IpPermissionsEgress, id)),
  );
  if (users.length + referring.length > 0) throw inUse(`resource ${id} has a dependent object`);
}

async function deleteSubnet(call: URLSearchParams, { look }: Circumstances): Promise<void> {
  const id = call.get("SubnetId") ?? "";
  if ((await look.instances()).some(({ SubnetId }) => SubnetId === id)) {
    throw inUse(`The subnet '${id}' has dependencies and cannot be deleted.`);
  }
}

async function deleteVpc(call: URLSearchParams, { look }: Circumstances): Promise<void> {
  const id = call.get("VpcId") ?? "";
  const [groups, gateways] = await Promise.all([look.groups(), look.gatewaysOf(id)]);
  const own = groups.some(({ VpcId, GroupName }) => VpcId === id && GroupName !== "default");
  if (own || gateways.length > 0) {
    throw inUse(`The vpc '${id}' has dependencies and cannot be deleted.`);
  }
}

async function detachInternetGateway(
  call: URLSearchParams,
  { look }: Circumstances,
): Promise<void> {
  const id = call.get("VpcId") ?? "";
  const [instances, addresses] = await Promise.all([look.instances(), look.addresses()]);
  const inside = new Set(
    instances.filter(({ VpcId }) => VpcId === id).map(({ InstanceId }) => InstanceId),
  );
  const mapped =
    addresses.some(({ InstanceId = "" }) => inside.has(InstanceId)) ||
    instances.some(({ VpcId, PublicIpAddress }) => VpcId === id && PublicIpAddress !== undefined);
  if (mapped) {
    throw inUse(
      `Network ${id} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.`,
    );
  }
}

export const networkRules: Readonly<Record<string, Rule>> = {
  DeleteSecurityGroup: deleteSecurityGroup,
  DeleteSubnet: deleteSubnet,
  DeleteVpc: deleteVpc,
  DetachInternetGateway: detachInternetGateway,
};
