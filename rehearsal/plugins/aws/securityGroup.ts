/** aws.ec2.SecurityGroup and aws.ec2.DefaultSecurityGroup. Rules are resources of their own here. */

import {
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  type EC2Client,
  type SecurityGroup,
} from "@aws-sdk/client-ec2";
import type { Values } from "../base";
import { given, textOf } from "./arguments";
import { doing, found } from "./errors";
import type { Arguments, Failure } from "./schema";
import type { Definition, Scope } from "./resource";
import { fromList, retag, tagSpecifications, type Tags } from "./tags";
import { retryWhile } from "./wait";

async function findGroup(ec2: EC2Client, id: string): Promise<SecurityGroup | undefined> {
  const answer = await found(ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [id] })));
  return answer?.SecurityGroups?.[0];
}

/** Revokes the rules of a group: those that let traffic out, or all. */
async function revoke(id: string, which: "egress" | "all", ec2: EC2Client): Promise<void> {
  const answer = await ec2.send(
    new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: "group-id", Values: [id] }] }),
  );
  const ids = (egress: boolean) =>
    (answer.SecurityGroupRules ?? [])
      .filter((rule) => rule.IsEgress === egress)
      .map((rule) => rule.SecurityGroupRuleId ?? "");
  const outward = ids(true);
  if (outward.length > 0) {
    await ec2.send(
      new RevokeSecurityGroupEgressCommand({ GroupId: id, SecurityGroupRuleIds: outward }),
    );
  }
  const inward = which === "all" ? ids(false) : [];
  if (inward.length > 0) {
    await ec2.send(
      new RevokeSecurityGroupIngressCommand({ GroupId: id, SecurityGroupRuleIds: inward }),
    );
  }
}

/** In-line rules are known only to be refused with the way out. */
const noInlineRules: Arguments[string] = {
  computed: true,
  refuse: () =>
    "In-line rules must not be mixed with rule resources, and the rehearsal's stand-in for the AWS " +
    "provider only knows the latter. Use aws.vpc.SecurityGroupIngressRule and " +
    "aws.vpc.SecurityGroupEgressRule, or the real plugin: REHEARSAL_PLUGIN_AWS=real npm run setup",
};

async function lookAtGroup(id: string, scope: Scope): Promise<Values | undefined> {
  const live = await findGroup(scope.ec2, id);
  if (live === undefined) return undefined;
  return {
    arn: live.SecurityGroupArn ?? groupArn(scope, live, id),
    description: live.Description,
    name: live.GroupName,
    ownerId: live.OwnerId,
    vpcId: live.VpcId,
    tagsAll: fromList(live.Tags),
  };
}

function groupArn(scope: Scope, live: SecurityGroup, id: string): string {
  return `arn:aws:ec2:${scope.region}:${live.OwnerId ?? ""}:security-group/${id}`;
}

function refuseNames(inputs: Values): Failure[] {
  const failures: Failure[] = [];
  if (inputs["name"] !== undefined && inputs["namePrefix"] !== undefined) {
    failures.push({ property: "name", reason: `"name": conflicts with namePrefix` });
  }
  if (/^sg-/.test(textOf(inputs, "name"))) {
    failures.push({ property: "name", reason: `invalid value for name (cannot begin with sg-)` });
  }
  return failures;
}

export const securityGroup: Definition = {
  label: "Security Group",
  arguments: {
    description: {
      default: "Managed by Pulumi",
      replaces: true,
      refuse: (value) =>
        value === ""
          ? `expected length of description to be in the range (0 - 255), got an empty text`
          : undefined,
    },
    egress: noInlineRules,
    ingress: noInlineRules,
    name: { replaces: true, computed: true },
    revokeRulesOnDelete: { default: false },
    vpcId: { replaces: true, computed: true },
  },
  attributes: ["arn", "ownerId"],
  autoname: "name",
  timeouts: { create: 10, delete: 15 },
  refuse: refuseNames,

  async create(inputs, scope) {
    const { GroupId } = await scope.ec2.send(
      new CreateSecurityGroupCommand({
        GroupName: textOf(inputs, "name"),
        Description: textOf(inputs, "description"),
        VpcId: given(inputs, "vpcId"),
        TagSpecifications: tagSpecifications("security-group", inputs["tagsAll"] as Tags),
      }),
    );
    return GroupId ?? "";
  },

  /** AWS lets a new group's traffic out; the provider takes that away until a rule allows it. */
  async settle(id, _inputs, scope) {
    await doing(
      `revoking default IPv4 egress rule for Security Group (${id})`,
      revoke(id, "egress", scope.ec2),
    );
  },

  look: (id, _inputs, scope) => lookAtGroup(id, scope),

  async remove(id, state, scope) {
    if (state["revokeRulesOnDelete"] === true) await revoke(id, "all", scope.ec2);
    await retryWhile(["DependencyViolation", "InvalidGroup.InUse"], scope.timeoutSeconds, () =>
      scope.ec2.send(new DeleteSecurityGroupCommand({ GroupId: id })),
    );
  },
};

/** The group every VPC is born with: adopted, emptied of its rules, and left alone at the end. */
export const defaultSecurityGroup: Definition = {
  label: "Default Security Group",
  arguments: {
    egress: noInlineRules,
    ingress: noInlineRules,
    revokeRulesOnDelete: { default: false },
    vpcId: { replaces: true, computed: true },
  },
  attributes: ["arn", "description", "name", "ownerId"],

  async create(inputs, scope) {
    const vpcId = textOf(inputs, "vpcId");
    const Filters = [{ Name: "group-name", Values: ["default"] }];
    if (vpcId !== "") Filters.push({ Name: "vpc-id", Values: [vpcId] });
    const answer = await scope.ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
    const id = answer.SecurityGroups?.[0]?.GroupId;
    if (id === undefined) throw new Error(`reading Default Security Group: none in VPC "${vpcId}"`);
    return id;
  },

  async settle(id, inputs, scope) {
    await revoke(id, "all", scope.ec2);
    const before = fromList((await findGroup(scope.ec2, id))?.Tags);
    await retag(scope.ec2, id, before, inputs["tagsAll"] as Tags);
  },

  look: (id, _inputs, scope) => lookAtGroup(id, scope),

  async remove() {
    // AWS doesn't let anyone delete it: the provider only stops managing it.
  },
};
