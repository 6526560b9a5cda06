/** aws.ec2.Subnet. */

import {
  CreateSubnetCommand,
  DeleteSubnetCommand,
  DescribeSubnetsCommand,
  ModifySubnetAttributeCommand,
  type EC2Client,
  type Subnet,
} from "@aws-sdk/client-ec2";
import type { Values } from "../base";
import { given, ipv4Cidr, textOf } from "./arguments";
import { doing, found } from "./errors";
import type { Definition, Scope } from "./resource";
import { fromList, tagSpecifications, type Tags } from "./tags";
import { retryWhile, waitFor } from "./wait";

async function findSubnet(ec2: EC2Client, id: string): Promise<Subnet | undefined> {
  const answer = await found(ec2.send(new DescribeSubnetsCommand({ SubnetIds: [id] })));
  return answer?.Subnets?.[0];
}

async function setPublicAddresses(id: string, values: Values, scope: Scope): Promise<void> {
  const MapPublicIpOnLaunch = { Value: values["mapPublicIpOnLaunch"] === true };
  await doing(
    `setting EC2 Subnet (${id}) MapPublicIpOnLaunch`,
    scope.ec2.send(new ModifySubnetAttributeCommand({ SubnetId: id, MapPublicIpOnLaunch })),
  );
}

export const subnet: Definition = {
  label: "EC2 Subnet",
  arguments: {
    availabilityZone: { replaces: true, computed: true },
    availabilityZoneId: { replaces: true, computed: true },
    cidrBlock: { ...ipv4Cidr, required: true, replaces: true },
    mapPublicIpOnLaunch: { default: false },
    vpcId: { required: true, replaces: true },
  },
  attributes: ["arn", "ownerId"],
  timeouts: { create: 10, delete: 20 },

  async create(inputs, scope) {
    const { Subnet: made } = await scope.ec2.send(
      new CreateSubnetCommand({
        VpcId: textOf(inputs, "vpcId"),
        CidrBlock: textOf(inputs, "cidrBlock"),
        AvailabilityZone: given(inputs, "availabilityZone"),
        AvailabilityZoneId: given(inputs, "availabilityZoneId"),
        TagSpecifications: tagSpecifications("subnet", inputs["tagsAll"] as Tags),
      }),
    );
    return made?.SubnetId ?? "";
  },

  async settle(id, inputs, scope) {
    await waitFor({
      what: `EC2 Subnet (${id}) create`,
      wanted: ["available"],
      passing: ["pending", ""],
      timeoutSeconds: scope.timeoutSeconds,
      look: async () => ({ state: (await findSubnet(scope.ec2, id))?.State ?? "" }),
    });
    if (inputs["mapPublicIpOnLaunch"] === true) await setPublicAddresses(id, inputs, scope);
  },

  async look(id, _inputs, scope) {
    const live = await findSubnet(scope.ec2, id);
    if (live === undefined) return undefined;
    return {
      arn: live.SubnetArn,
      availabilityZone: live.AvailabilityZone,
      availabilityZoneId: live.AvailabilityZoneId,
      cidrBlock: live.CidrBlock,
      mapPublicIpOnLaunch: live.MapPublicIpOnLaunch ?? false,
      ownerId: live.OwnerId,
      vpcId: live.VpcId,
      tagsAll: fromList(live.Tags),
    };
  },

  async update(id, { news, changed }, scope) {
    if (changed("mapPublicIpOnLaunch")) await setPublicAddresses(id, news, scope);
  },

  async remove(id, _state, scope) {
    await retryWhile(["DependencyViolation"], scope.timeoutSeconds, () =>
      scope.ec2.send(new DeleteSubnetCommand({ SubnetId: id })),
    );
  },
};
