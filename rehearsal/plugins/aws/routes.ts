/** aws.ec2.RouteTable, aws.ec2.Route and aws.ec2.RouteTableAssociation. */

import { crc32 } from "node:zlib";
import {
  AssociateRouteTableCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  DeleteRouteCommand,
  DeleteRouteTableCommand,
  DescribeRouteTablesCommand,
  DisassociateRouteTableCommand,
  ReplaceRouteCommand,
  ReplaceRouteTableAssociationCommand,
  type EC2Client,
  type Filter,
  type RouteTable,
  type Route,
} from "@aws-sdk/client-ec2";
import type { Values } from "../base";
import { exactlyOne, given, ipv4Cidr, ipv6Cidr, networkOf, textOf } from "./arguments";
import { doing, found } from "./errors";
import type { Definition } from "./resource";
import { fromList, tagSpecifications, type Tags } from "./tags";
import { retryWhile } from "./wait";
import { arn } from "./vpc";

async function findTable(ec2: EC2Client, id: string): Promise<RouteTable | undefined> {
  const answer = await found(ec2.send(new DescribeRouteTablesCommand({ RouteTableIds: [id] })));
  return answer?.RouteTables?.[0];
}

export const routeTable: Definition = {
  label: "EC2 Route Table",
  arguments: { vpcId: { required: true, replaces: true } },
  attributes: ["arn", "ownerId"],

  async create(inputs, scope) {
    const { RouteTable: made } = await scope.ec2.send(
      new CreateRouteTableCommand({
        VpcId: textOf(inputs, "vpcId"),
        TagSpecifications: tagSpecifications("route-table", inputs["tagsAll"] as Tags),
      }),
    );
    return made?.RouteTableId ?? "";
  },

  async look(id, _inputs, scope) {
    const live = await findTable(scope.ec2, id);
    if (live === undefined) return undefined;
    return {
      arn: arn(scope, live.OwnerId, "route-table", id),
      ownerId: live.OwnerId,
      vpcId: live.VpcId,
      tagsAll: fromList(live.Tags),
    };
  },

  async remove(id, _state, scope) {
    await retryWhile(["DependencyViolation"], scope.timeoutSeconds, () =>
      scope.ec2.send(new DeleteRouteTableCommand({ RouteTableId: id })),
    );
  },
};

const DESTINATIONS = ["destinationCidrBlock", "destinationIpv6CidrBlock"];
const TARGETS = ["gatewayId", "natGatewayId", "networkInterfaceId"];

/** A route has no id in AWS: its table and a checksum of its destination make one. */
export function routeId(table: string, destination: string): string {
  return `r-${table}${crc32(destination)}`;
}

function destinationOf(values: Values): string {
  return textOf(values, "destinationCidrBlock") || textOf(values, "destinationIpv6CidrBlock");
}

function routeCall(values: Values) {
  return {
    RouteTableId: textOf(values, "routeTableId"),
    DestinationCidrBlock: given<string>(values, "destinationCidrBlock"),
    DestinationIpv6CidrBlock: given<string>(values, "destinationIpv6CidrBlock"),
  };
}

function targetOf(values: Values) {
  return {
    GatewayId: given<string>(values, "gatewayId"),
    NatGatewayId: given<string>(values, "natGatewayId"),
    NetworkInterfaceId: given<string>(values, "networkInterfaceId"),
  };
}

function isRouteTo(destination: string): (route: Route) => boolean {
  const network = networkOf(destination);
  return (route) =>
    route.DestinationCidrBlock === destination ||
    (route.DestinationIpv6CidrBlock !== undefined &&
      networkOf(route.DestinationIpv6CidrBlock) === network);
}

export const route: Definition = {
  label: "EC2 Route",
  tagged: false,
  arguments: {
    destinationCidrBlock: { ...ipv4Cidr, replaces: true },
    destinationIpv6CidrBlock: { ...ipv6Cidr, replaces: true },
    gatewayId: {},
    natGatewayId: {},
    networkInterfaceId: { computed: true },
    routeTableId: { required: true, replaces: true },
  },
  attributes: ["instanceId", "instanceOwnerId", "origin", "state"],

  refuse: (inputs) => [...exactlyOne(inputs, DESTINATIONS), ...exactlyOne(inputs, TARGETS)],

  async create(inputs, scope) {
    await scope.ec2.send(new CreateRouteCommand({ ...routeCall(inputs), ...targetOf(inputs) }));
    return routeId(textOf(inputs, "routeTableId"), destinationOf(inputs));
  },

  async look(_id, inputs, scope) {
    const table = await findTable(scope.ec2, textOf(inputs, "routeTableId"));
    const live = table?.Routes?.find(isRouteTo(destinationOf(inputs)));
    if (live === undefined) return undefined;
    return {
      routeTableId: table?.RouteTableId,
      destinationCidrBlock: live.DestinationCidrBlock ?? "",
      destinationIpv6CidrBlock: live.DestinationIpv6CidrBlock ?? "",
      gatewayId: live.GatewayId ?? "",
      natGatewayId: live.NatGatewayId ?? "",
      networkInterfaceId: live.NetworkInterfaceId ?? "",
      instanceId: live.InstanceId ?? "",
      instanceOwnerId: live.InstanceOwnerId ?? "",
      origin: live.Origin ?? "CreateRoute",
      state: live.State ?? "active",
    };
  },

  /** Imports are by `ROUTETABLEID_DESTINATION`. */
  fromId(id) {
    const [table = "", destination = ""] = id.split("_");
    const name = destination.includes(":") ? "destinationIpv6CidrBlock" : "destinationCidrBlock";
    return { routeTableId: table, [name]: destination };
  },

  identify: (state) => routeId(textOf(state, "routeTableId"), destinationOf(state)),

  async update(_id, { news, changed }, scope) {
    if (!changed(...TARGETS)) return;
    await scope.ec2.send(new ReplaceRouteCommand({ ...routeCall(news), ...targetOf(news) }));
  },

  async remove(_id, state, scope) {
    await scope.ec2.send(new DeleteRouteCommand(routeCall(state)));
  },
};

/** The association with this id or, as changing its table gives it a new id, of this subnet. */
async function findAssociation(ec2: EC2Client, id: string, inputs: Values) {
  const by = async (filter: Filter) => {
    const answer = await ec2.send(new DescribeRouteTablesCommand({ Filters: [filter] }));
    return (answer.RouteTables ?? []).flatMap((table) => table.Associations ?? []);
  };
  const direct = await by({
    Name: "association.route-table-association-id",
    Values: [id],
  });
  const hit = direct.find((association) => association.RouteTableAssociationId === id);
  const SubnetId = textOf(inputs, "subnetId");
  if (hit !== undefined || SubnetId === "") return hit;
  const ofSubnet = await by({ Name: "association.subnet-id", Values: [SubnetId] });
  return ofSubnet.find((association) => association.SubnetId === SubnetId);
}

export const routeTableAssociation: Definition = {
  label: "EC2 Route Table Association",
  tagged: false,
  arguments: {
    routeTableId: { required: true },
    subnetId: { required: true, replaces: true },
  },
  attributes: ["associationId"],

  async create(inputs, scope) {
    const { AssociationId } = await scope.ec2.send(
      new AssociateRouteTableCommand({
        RouteTableId: textOf(inputs, "routeTableId"),
        SubnetId: textOf(inputs, "subnetId"),
      }),
    );
    return AssociationId ?? "";
  },

  async look(id, inputs, scope) {
    const live = await findAssociation(scope.ec2, id, inputs);
    if (live === undefined) return undefined;
    return {
      routeTableId: live.RouteTableId,
      subnetId: live.SubnetId,
      associationId: live.RouteTableAssociationId,
    };
  },

  identify: (state) => textOf(state, "associationId"),

  async update(_id, { state, news, changed }, scope) {
    if (!changed("routeTableId")) return;
    await doing(
      "replacing the route table",
      scope.ec2.send(
        new ReplaceRouteTableAssociationCommand({
          AssociationId: textOf(state, "associationId"),
          RouteTableId: textOf(news, "routeTableId"),
        }),
      ),
    );
  },

  async remove(id, state, scope) {
    const AssociationId = textOf(state, "associationId") || id;
    await scope.ec2.send(new DisassociateRouteTableCommand({ AssociationId }));
  },
};
