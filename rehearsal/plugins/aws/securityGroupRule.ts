/** aws.vpc.SecurityGroupIngressRule and aws.vpc.SecurityGroupEgressRule. */

import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  DescribeSecurityGroupRulesCommand,
  ModifySecurityGroupRulesCommand,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  type EC2Client,
  type IpPermission,
  type SecurityGroupRule,
} from "@aws-sdk/client-ec2";
import type { Values } from "../base";
import { exactlyOne, given, ipv4Cidr, ipv6Cidr, textOf, wholeNumber } from "./arguments";
import { found } from "./errors";
import type { Failure } from "./schema";
import type { Definition } from "./resource";
import { fromList, tagSpecifications, type Tags } from "./tags";

const PEERS = ["cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"];
const PROTOCOL_NUMBERS: Readonly<Record<string, string>> = {
  "1": "icmp",
  "6": "tcp",
  "17": "udp",
  "58": "icmpv6",
};

/** AWS's own word for a protocol: `tcp` for 6 and for TCP. */
function protocol(value: unknown): string {
  const name = String(value).toLowerCase();
  return name === "all" ? "-1" : (PROTOCOL_NUMBERS[name] ?? name);
}

function refusePorts(inputs: Values): Failure[] {
  const name = protocol(inputs["ipProtocol"]);
  const ports = ["fromPort", "toPort"];
  if (name === "-1") {
    return ports
      .filter((port) => inputs[port] !== undefined)
      .map((property) => ({
        property,
        reason: `ipProtocol "-1" means all protocols and ports: ${property} should not be defined`,
      }));
  }
  if (name !== "tcp" && name !== "udp") return [];
  return ports
    .filter((port) => inputs[port] === undefined)
    .map((property) => ({ property, reason: `${property} is required for ipProtocol "${name}"` }));
}

/** The rule as a permission, which is what the Authorize calls want. */
function permission(inputs: Values): IpPermission {
  const Description = given<string>(inputs, "description");
  const peer = (name: string) => given<string>(inputs, name);
  const cidrIpv4 = peer("cidrIpv4");
  const cidrIpv6 = peer("cidrIpv6");
  const prefixList = peer("prefixListId");
  const group = peer("referencedSecurityGroupId");
  return {
    IpProtocol: textOf(inputs, "ipProtocol"),
    FromPort: given<number>(inputs, "fromPort"),
    ToPort: given<number>(inputs, "toPort"),
    ...(cidrIpv4 === undefined ? {} : { IpRanges: [{ CidrIp: cidrIpv4, Description }] }),
    ...(cidrIpv6 === undefined ? {} : { Ipv6Ranges: [{ CidrIpv6: cidrIpv6, Description }] }),
    ...(prefixList === undefined
      ? {}
      : { PrefixListIds: [{ PrefixListId: prefixList, Description }] }),
    ...(group === undefined ? {} : { UserIdGroupPairs: [{ ...groupPair(group), Description }] }),
  };
}

/** A group of another account is written `ACCOUNT/sg-…`. */
function groupPair(group: string): { GroupId: string; UserId?: string } {
  const [account = "", id] = group.split("/");
  return id === undefined ? { GroupId: account } : { UserId: account, GroupId: id };
}

async function findRule(ec2: EC2Client, id: string): Promise<SecurityGroupRule | undefined> {
  const answer = await found(
    ec2.send(new DescribeSecurityGroupRulesCommand({ SecurityGroupRuleIds: [id] })),
  );
  return answer?.SecurityGroupRules?.[0];
}

function liveRule(id: string, live: SecurityGroupRule): Values {
  const everything = live.IpProtocol === "-1";
  return {
    arn: live.SecurityGroupRuleArn,
    cidrIpv4: live.CidrIpv4 ?? null,
    cidrIpv6: live.CidrIpv6 ?? null,
    description: live.Description ?? null,
    fromPort: everything ? null : live.FromPort,
    toPort: everything ? null : live.ToPort,
    ipProtocol: live.IpProtocol,
    prefixListId: live.PrefixListId ?? null,
    referencedSecurityGroupId: live.ReferencedGroupInfo?.GroupId ?? null,
    securityGroupId: live.GroupId,
    securityGroupRuleId: id,
    tagsAll: fromList(live.Tags),
  };
}

function rule(direction: "Ingress" | "Egress"): Definition {
  const egress = direction === "Egress";
  return {
    label: `VPC Security Group ${direction} Rule`,
    arguments: {
      cidrIpv4: ipv4Cidr,
      cidrIpv6: ipv6Cidr,
      description: {},
      fromPort: wholeNumber(-1, 65535),
      ipProtocol: { required: true, canonical: protocol },
      prefixListId: {},
      referencedSecurityGroupId: {},
      securityGroupId: { required: true, replaces: true },
      toPort: wholeNumber(-1, 65535),
    },
    attributes: ["arn", "securityGroupRuleId"],
    refuse: (inputs) => [...exactlyOne(inputs, PEERS), ...refusePorts(inputs)],

    async create(inputs, { ec2 }) {
      const call = {
        GroupId: textOf(inputs, "securityGroupId"),
        IpPermissions: [permission(inputs)],
        TagSpecifications: tagSpecifications("security-group-rule", inputs["tagsAll"] as Tags),
      };
      const { SecurityGroupRules } = egress
        ? await ec2.send(new AuthorizeSecurityGroupEgressCommand(call))
        : await ec2.send(new AuthorizeSecurityGroupIngressCommand(call));
      return SecurityGroupRules?.[0]?.SecurityGroupRuleId ?? "";
    },

    async look(id, _inputs, { ec2, region }) {
      const live = await findRule(ec2, id);
      if (live === undefined || live.IsEgress !== egress) return undefined;
      const account = live.GroupOwnerId ?? "";
      const arn = `arn:aws:ec2:${region}:${account}:security-group-rule/${id}`;
      return { ...liveRule(id, live), arn: live.SecurityGroupRuleArn ?? arn };
    },

    async update(id, { news, changed }, { ec2 }) {
      if (!changed("description", "fromPort", "ipProtocol", "toPort", ...PEERS)) return;
      await ec2.send(
        new ModifySecurityGroupRulesCommand({
          GroupId: textOf(news, "securityGroupId"),
          SecurityGroupRules: [
            {
              SecurityGroupRuleId: id,
              SecurityGroupRule: {
                CidrIpv4: given(news, "cidrIpv4"),
                CidrIpv6: given(news, "cidrIpv6"),
                Description: given(news, "description"),
                FromPort: given(news, "fromPort"),
                IpProtocol: textOf(news, "ipProtocol"),
                PrefixListId: given(news, "prefixListId"),
                ReferencedGroupId: given(news, "referencedSecurityGroupId"),
                ToPort: given(news, "toPort"),
              },
            },
          ],
        }),
      );
    },

    async remove(id, state, { ec2 }) {
      const call = {
        GroupId: textOf(state, "securityGroupId"),
        SecurityGroupRuleIds: [id],
      };
      if (egress) await ec2.send(new RevokeSecurityGroupEgressCommand(call));
      else await ec2.send(new RevokeSecurityGroupIngressCommand(call));
    },
  };
}

export const ingressRule = rule("Ingress");
export const egressRule = rule("Egress");
