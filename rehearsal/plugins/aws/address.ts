/** aws.ec2.Eip and aws.ec2.EipAssociation. */

import {
  AllocateAddressCommand,
  AssociateAddressCommand,
  DescribeAddressesCommand,
  DisassociateAddressCommand,
  ReleaseAddressCommand,
  type Address,
  type DescribeAddressesCommandInput,
  type EC2Client,
} from "@aws-sdk/client-ec2";
import type { Values } from "../base";
import { given, oneOf, textOf } from "./arguments";
import { doing, found } from "./errors";
import type { Definition } from "./resource";
import { fromList, tagSpecifications, type Tags } from "./tags";
import { retryWhile } from "./wait";

async function findAddress(
  ec2: EC2Client,
  query: DescribeAddressesCommandInput,
): Promise<Address | undefined> {
  return (await found(ec2.send(new DescribeAddressesCommand(query))))?.Addresses?.[0];
}

/** Names that Amazon gives to an address of a region. us-east-1 has domains of its own. */
export function publicDnsName(address: string, region: string): string {
  const dashed = address.replaceAll(".", "-");
  return region === "us-east-1"
    ? `ec2-${dashed}.compute-1.amazonaws.com`
    : `ec2-${dashed}.${region}.compute.amazonaws.com`;
}

function privateDnsName(address: string, region: string): string {
  const domain = region === "us-east-1" ? "ec2.internal" : `${region}.compute.internal`;
  return `ip-${address.replaceAll(".", "-")}.${domain}`;
}

/** An address's attributes, as the resource and the look-up show them. */
export function addressValues(live: Address, region: string): Values {
  const privateIp = live.PrivateIpAddress ?? "";
  return {
    allocationId: live.AllocationId,
    arn: `arn:aws:ec2:${region}:${live.NetworkInterfaceOwnerId ?? ""}:elastic-ip/${live.AllocationId ?? ""}`,
    associationId: live.AssociationId ?? "",
    domain: live.Domain,
    privateDns: privateIp === "" ? "" : privateDnsName(privateIp, region),
    privateIp,
    publicDns: publicDnsName(live.PublicIp ?? "", region),
    publicIp: live.PublicIp,
    publicIpv4Pool: live.PublicIpv4Pool ?? "amazon",
    ptrRecord: "",
    tagsAll: fromList(live.Tags),
  };
}

export const eip: Definition = {
  label: "EC2 EIP",
  arguments: {
    domain: { ...oneOf("vpc"), replaces: true, computed: true },
    publicIpv4Pool: { replaces: true, computed: true },
  },
  attributes: [
    "allocationId",
    "arn",
    "associationId",
    "instance",
    "networkBorderGroup",
    "networkInterface",
    "privateDns",
    "privateIp",
    "ptrRecord",
    "publicDns",
    "publicIp",
  ],
  timeouts: { delete: 3 },

  async create(inputs, { ec2 }) {
    const { AllocationId } = await ec2.send(
      new AllocateAddressCommand({
        Domain: "vpc",
        PublicIpv4Pool: given(inputs, "publicIpv4Pool"),
        TagSpecifications: tagSpecifications("elastic-ip", inputs["tagsAll"] as Tags),
      }),
    );
    return AllocationId ?? "";
  },

  async look(id, _inputs, { ec2, region }) {
    const live = await findAddress(ec2, { AllocationIds: [id] });
    if (live === undefined) return undefined;
    return {
      ...addressValues(live, region),
      instance: live.InstanceId ?? "",
      networkBorderGroup: live.NetworkBorderGroup ?? region,
      networkInterface: live.NetworkInterfaceId ?? "",
    };
  },

  async remove(id, _state, { ec2, timeoutSeconds }) {
    const live = await findAddress(ec2, { AllocationIds: [id] });
    const AssociationId = live?.AssociationId ?? "";
    if (AssociationId !== "") {
      await found(
        doing(
          `disassociating EC2 EIP (${id})`,
          ec2.send(new DisassociateAddressCommand({ AssociationId })),
        ),
      );
    }
    await retryWhile(["InvalidIPAddress.InUse"], timeoutSeconds, () =>
      ec2.send(new ReleaseAddressCommand({ AllocationId: id })),
    );
  },
};

export const eipAssociation: Definition = {
  label: "EC2 EIP Association",
  tagged: false,
  arguments: {
    allocationId: { required: true, replaces: true },
    allowReassociation: { replaces: true },
    instanceId: { replaces: true, computed: true },
    networkInterfaceId: { replaces: true, computed: true },
    privateIpAddress: { replaces: true, computed: true },
  },
  attributes: ["publicIp"],

  refuse: (inputs) =>
    inputs["instanceId"] === undefined && inputs["networkInterfaceId"] === undefined
      ? [
          {
            property: "instanceId",
            reason: "one of `instanceId,networkInterfaceId` must be specified",
          },
        ]
      : [],

  async create(inputs, { ec2 }) {
    const { AssociationId } = await ec2.send(
      new AssociateAddressCommand({
        AllocationId: textOf(inputs, "allocationId"),
        AllowReassociation: inputs["allowReassociation"] !== false,
        InstanceId: given(inputs, "instanceId"),
        NetworkInterfaceId: given(inputs, "networkInterfaceId"),
        PrivateIpAddress: given(inputs, "privateIpAddress"),
      }),
    );
    return AssociationId ?? "";
  },

  async look(id, _inputs, { ec2 }) {
    const live = await findAddress(ec2, { Filters: [{ Name: "association-id", Values: [id] }] });
    if (live === undefined) return undefined;
    return {
      allocationId: live.AllocationId,
      instanceId: live.InstanceId ?? "",
      networkInterfaceId: live.NetworkInterfaceId ?? "",
      privateIpAddress: live.PrivateIpAddress ?? "",
      publicIp: live.PublicIp,
    };
  },

  async remove(id, _state, { ec2 }) {
    await ec2.send(new DisassociateAddressCommand({ AssociationId: id }));
  },
};
