/** aws.ec2.Vpc and aws.ec2.InternetGateway. */

import {
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  CreateVpcCommand,
  DeleteInternetGatewayCommand,
  DeleteVpcCommand,
  DescribeInternetGatewaysCommand,
  DescribeNetworkAclsCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVpcAttributeCommand,
  DescribeVpcsCommand,
  DetachInternetGatewayCommand,
  ModifyVpcAttributeCommand,
  type EC2Client,
  type InternetGateway,
  type Vpc,
} from "@aws-sdk/client-ec2";
import type { Values } from "../base";
import { given, ipv4Cidr, oneOf, textOf } from "./arguments";
import { doing, found } from "./errors";
import type { Definition, Scope } from "./resource";
import { tagSpecifications, fromList, type Tags } from "./tags";
import { retryWhile, waitFor } from "./wait";

/** Amazon's name of a resource, for the parts of AWS that ask for one. */
export function arn(scope: Scope, account: string | undefined, kind: string, id: string): string {
  return `arn:aws:ec2:${scope.region}:${account ?? ""}:${kind}/${id}`;
}

async function findVpc(ec2: EC2Client, id: string): Promise<Vpc | undefined> {
  const answer = await found(ec2.send(new DescribeVpcsCommand({ VpcIds: [id] })));
  return answer?.Vpcs?.[0];
}

/** What AWS makes together with a VPC, and the switches that have calls of their own. */
async function companions(ec2: EC2Client, id: string): Promise<Values> {
  const ofVpc = { Name: "vpc-id", Values: [id] };
  const attribute = (Attribute: "enableDnsHostnames" | "enableDnsSupport") =>
    ec2.send(new DescribeVpcAttributeCommand({ VpcId: id, Attribute }));
  const [hostnames, support, groups, tables, acls] = await Promise.all([
    attribute("enableDnsHostnames"),
    attribute("enableDnsSupport"),
    ec2.send(
      new DescribeSecurityGroupsCommand({
        Filters: [ofVpc, { Name: "group-name", Values: ["default"] }],
      }),
    ),
    ec2.send(
      new DescribeRouteTablesCommand({
        Filters: [ofVpc, { Name: "association.main", Values: ["true"] }],
      }),
    ),
    ec2.send(
      new DescribeNetworkAclsCommand({ Filters: [ofVpc, { Name: "default", Values: ["true"] }] }),
    ),
  ]);
  const mainTable = tables.RouteTables?.[0]?.RouteTableId;
  return {
    enableDnsHostnames: hostnames.EnableDnsHostnames?.Value,
    enableDnsSupport: support.EnableDnsSupport?.Value,
    defaultSecurityGroupId: groups.SecurityGroups?.[0]?.GroupId,
    defaultRouteTableId: mainTable,
    mainRouteTableId: mainTable,
    defaultNetworkAclId: acls.NetworkAcls?.[0]?.NetworkAclId,
  };
}

async function setDns(id: string, values: Values, names: string[], scope: Scope): Promise<void> {
  for (const name of names) {
    const Value = values[name] === true;
    const change =
      name === "enableDnsSupport"
        ? { EnableDnsSupport: { Value } }
        : { EnableDnsHostnames: { Value } };
    await doing(
      `modifying EC2 VPC (${id}) ${name}`,
      scope.ec2.send(new ModifyVpcAttributeCommand({ VpcId: id, ...change })),
    );
  }
}

export const vpc: Definition = {
  label: "EC2 VPC",
  arguments: {
    cidrBlock: { ...ipv4Cidr, required: true, replaces: true },
    enableDnsHostnames: { computed: true },
    enableDnsSupport: { default: true },
    instanceTenancy: { ...oneOf("default", "dedicated"), default: "default", replaces: true },
  },
  attributes: [
    "arn",
    "defaultNetworkAclId",
    "defaultRouteTableId",
    "defaultSecurityGroupId",
    "dhcpOptionsId",
    "mainRouteTableId",
    "ownerId",
  ],

  async create(inputs, scope) {
    const { Vpc: made } = await scope.ec2.send(
      new CreateVpcCommand({
        CidrBlock: textOf(inputs, "cidrBlock"),
        InstanceTenancy: given(inputs, "instanceTenancy"),
        TagSpecifications: tagSpecifications("vpc", inputs["tagsAll"] as Tags),
      }),
    );
    return made?.VpcId ?? "";
  },

  async settle(id, inputs, scope) {
    await waitFor({
      what: `EC2 VPC (${id}) create`,
      wanted: ["available"],
      passing: ["pending", ""],
      timeoutSeconds: scope.timeoutSeconds,
      look: async () => ({ state: (await findVpc(scope.ec2, id))?.State ?? "" }),
    });
    const switches = ["enableDnsSupport", "enableDnsHostnames"];
    await setDns(
      id,
      inputs,
      switches.filter((name) => inputs[name] !== undefined),
      scope,
    );
  },

  async look(id, _inputs, scope) {
    const live = await findVpc(scope.ec2, id);
    if (live === undefined) return undefined;
    return {
      arn: arn(scope, live.OwnerId, "vpc", id),
      cidrBlock: live.CidrBlock,
      instanceTenancy: live.InstanceTenancy,
      dhcpOptionsId: live.DhcpOptionsId,
      ownerId: live.OwnerId,
      tagsAll: fromList(live.Tags),
      ...(await companions(scope.ec2, id)),
    };
  },

  async update(id, { news, changed }, scope) {
    const switches = ["enableDnsSupport", "enableDnsHostnames"].filter((name) => changed(name));
    await setDns(id, news, switches, scope);
  },

  async remove(id, _state, scope) {
    await retryWhile(["DependencyViolation"], scope.timeoutSeconds, () =>
      scope.ec2.send(new DeleteVpcCommand({ VpcId: id })),
    );
  },
};

async function findGateway(ec2: EC2Client, id: string): Promise<InternetGateway | undefined> {
  const query = new DescribeInternetGatewaysCommand({ InternetGatewayIds: [id] });
  return (await found(ec2.send(query)))?.InternetGateways?.[0];
}

async function attach(id: string, vpcId: string, scope: Scope): Promise<void> {
  await doing(
    `attaching EC2 Internet Gateway (${id}) to VPC (${vpcId})`,
    scope.ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId: id, VpcId: vpcId })),
  );
}

/** Elastic IPs still in use hold a gateway for a while, so this is tried again. */
async function detach(id: string, vpcId: string, scope: Scope): Promise<void> {
  const leave = () =>
    scope.ec2.send(new DetachInternetGatewayCommand({ InternetGatewayId: id, VpcId: vpcId }));
  await doing(
    `detaching EC2 Internet Gateway (${id}) from VPC (${vpcId})`,
    retryWhile(["DependencyViolation"], scope.timeoutSeconds, leave),
  );
}

export const internetGateway: Definition = {
  label: "EC2 Internet Gateway",
  arguments: { vpcId: { computed: true } },
  attributes: ["arn", "ownerId"],
  timeouts: { create: 20, update: 20, delete: 20 },

  async create(inputs, scope) {
    const { InternetGateway: made } = await scope.ec2.send(
      new CreateInternetGatewayCommand({
        TagSpecifications: tagSpecifications("internet-gateway", inputs["tagsAll"] as Tags),
      }),
    );
    return made?.InternetGatewayId ?? "";
  },

  async settle(id, inputs, scope) {
    const vpcId = textOf(inputs, "vpcId");
    const attached = (await findGateway(scope.ec2, id))?.Attachments ?? [];
    if (vpcId !== "" && attached.length === 0) await attach(id, vpcId, scope);
  },

  async look(id, _inputs, scope) {
    const live = await findGateway(scope.ec2, id);
    if (live === undefined) return undefined;
    return {
      arn: arn(scope, live.OwnerId, "internet-gateway", id),
      ownerId: live.OwnerId,
      vpcId: live.Attachments?.[0]?.VpcId ?? "",
      tagsAll: fromList(live.Tags),
    };
  },

  async update(id, { state, news, changed }, scope) {
    if (!changed("vpcId")) return;
    const before = textOf(state, "vpcId");
    if (before !== "") await detach(id, before, scope);
    const now = textOf(news, "vpcId");
    if (now !== "") await attach(id, now, scope);
  },

  async remove(id, state, scope) {
    const vpcId = textOf(state, "vpcId");
    if (vpcId !== "") await found(detach(id, vpcId, scope));
    await retryWhile(["DependencyViolation"], scope.timeoutSeconds, () =>
      scope.ec2.send(new DeleteInternetGatewayCommand({ InternetGatewayId: id })),
    );
  },
};
