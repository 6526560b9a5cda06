/** aws.iam.Group, and what ties policies and users to it. */

import {
  AddUserToGroupCommand,
  AttachGroupPolicyCommand,
  CreateGroupCommand,
  DeleteGroupCommand,
  DetachGroupPolicyCommand,
  GetGroupCommand,
  ListAttachedGroupPoliciesCommand,
  ListGroupsForUserCommand,
  RemoveUserFromGroupCommand,
  UpdateGroupCommand,
} from "@aws-sdk/client-iam";
import type { Values } from "../../base";
import { textOf } from "../arguments";
import { found } from "../errors";
import type { Definition, Scope } from "../resource";

export const group: Definition = {
  label: "IAM Group",
  arguments: { name: { computed: true }, path: { default: "/" } },
  attributes: ["arn", "uniqueId"],
  autoname: "name",
  tagged: false,
  identify: (state) => textOf(state, "name"),

  async create(inputs, { iam }) {
    const GroupName = textOf(inputs, "name");
    await iam().send(new CreateGroupCommand({ GroupName, Path: textOf(inputs, "path") }));
    return GroupName;
  },

  async look(id, inputs, { iam }) {
    const GroupName = textOf(inputs, "name") || id;
    const live = (await found(iam().send(new GetGroupCommand({ GroupName }))))?.Group;
    if (live === undefined) return undefined;
    return { name: live.GroupName, path: live.Path, arn: live.Arn, uniqueId: live.GroupId };
  },

  async update(id, { news }, { iam }) {
    await iam().send(
      new UpdateGroupCommand({
        GroupName: id,
        NewGroupName: textOf(news, "name"),
        NewPath: textOf(news, "path"),
      }),
    );
  },

  async remove(id, _state, { iam }) {
    await iam().send(new DeleteGroupCommand({ GroupName: id }));
  },
};

export const groupPolicyAttachment: Definition = {
  label: "IAM Group Policy Attachment",
  arguments: {
    group: { required: true, replaces: true },
    policyArn: { required: true, replaces: true },
  },
  attributes: [],
  tagged: false,

  async create(inputs, { iam }) {
    const [GroupName, PolicyArn] = [textOf(inputs, "group"), textOf(inputs, "policyArn")];
    await iam().send(new AttachGroupPolicyCommand({ GroupName, PolicyArn }));
    return `${GroupName}/${PolicyArn}`;
  },

  async look(_id, inputs, { iam }) {
    const [GroupName, PolicyArn] = [textOf(inputs, "group"), textOf(inputs, "policyArn")];
    const command = new ListAttachedGroupPoliciesCommand({ GroupName });
    const attached = (await found(iam().send(command)))?.AttachedPolicies ?? [];
    if (!attached.some((one) => one.PolicyArn === PolicyArn)) return undefined;
    return { group: GroupName, policyArn: PolicyArn };
  },

  async remove(_id, state, { iam }) {
    await iam().send(
      new DetachGroupPolicyCommand({
        GroupName: textOf(state, "group"),
        PolicyArn: textOf(state, "policyArn"),
      }),
    );
  },
};

function groupsOf(values: Values): string[] {
  return (values["groups"] ?? []) as string[];
}

async function join(user: string, groups: readonly string[], { iam }: Scope): Promise<void> {
  for (const GroupName of groups) {
    await iam().send(new AddUserToGroupCommand({ UserName: user, GroupName }));
  }
}

async function leave(user: string, groups: readonly string[], { iam }: Scope): Promise<void> {
  for (const GroupName of groups) {
    await iam().send(new RemoveUserFromGroupCommand({ UserName: user, GroupName }));
  }
}

/** Only the groups that it names: others of the user are not its own. */
export const userGroupMembership: Definition = {
  label: "IAM User Group Membership",
  arguments: {
    user: { required: true, replaces: true },
    groups: { required: true, set: true },
  },
  attributes: [],
  tagged: false,

  async create(inputs, scope) {
    await join(textOf(inputs, "user"), groupsOf(inputs), scope);
    return textOf(inputs, "user");
  },

  async look(id, inputs, { iam }) {
    const command = new ListGroupsForUserCommand({ UserName: textOf(inputs, "user") || id });
    const answer = await found(iam().send(command));
    const live = (answer?.Groups ?? []).map((one) => one.GroupName ?? "");
    const own = groupsOf(inputs).filter((one) => live.includes(one));
    return own.length === 0 ? undefined : { user: textOf(inputs, "user") || id, groups: own };
  },

  async update(id, { olds, news }, scope) {
    const [before, now] = [groupsOf(olds), groupsOf(news)];
    await join(
      id,
      now.filter((one) => !before.includes(one)),
      scope,
    );
    await leave(
      id,
      before.filter((one) => !now.includes(one)),
      scope,
    );
  },

  async remove(_id, state, scope) {
    await leave(textOf(state, "user"), groupsOf(state), scope);
  },
};
