/** aws.iam.Role and its inline policy. */

import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  PutRolePolicyCommand,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from "@aws-sdk/client-iam";
import type { Values } from "../../base";
import { given, textOf } from "../arguments";
import { found } from "../errors";
import { policyText } from "../policyText";
import type { Definition, Scope } from "../resource";
import { fromList } from "../tags";
import { iamRetag, iamTags } from "./tags";

export const role: Definition = {
  label: "IAM Role",
  arguments: {
    name: { computed: true, replaces: true },
    path: { default: "/", replaces: true },
    description: {},
    assumeRolePolicy: policyText,
  },
  attributes: ["arn", "uniqueId", "createDate"],
  autoname: "name",

  async create(inputs, { iam }) {
    const RoleName = textOf(inputs, "name");
    await iam().send(
      new CreateRoleCommand({
        RoleName,
        Path: textOf(inputs, "path"),
        Description: given(inputs, "description"),
        AssumeRolePolicyDocument: textOf(inputs, "assumeRolePolicy"),
        Tags: iamTags(inputs["tagsAll"]),
      }),
    );
    return RoleName;
  },

  async look(RoleName, _inputs, { iam }) {
    const live = (await found(iam().send(new GetRoleCommand({ RoleName }))))?.Role;
    if (live === undefined) return undefined;
    return {
      name: live.RoleName,
      path: live.Path,
      description: live.Description ?? null,
      assumeRolePolicy: decodeURIComponent(live.AssumeRolePolicyDocument ?? ""),
      arn: live.Arn,
      uniqueId: live.RoleId,
      createDate: live.CreateDate?.toISOString(),
      tagsAll: fromList(live.Tags),
    };
  },

  async retag(RoleName, from, to, { iam }) {
    const { set, remove } = iamRetag(from, to);
    if (remove) await iam().send(new UntagRoleCommand({ RoleName, TagKeys: remove }));
    if (set) await iam().send(new TagRoleCommand({ RoleName, Tags: set }));
  },

  async update(RoleName, { news, changed }, { iam }) {
    if (changed("assumeRolePolicy")) {
      const PolicyDocument = textOf(news, "assumeRolePolicy");
      await iam().send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument }));
    }
    if (changed("description")) {
      const Description = textOf(news, "description");
      await iam().send(new UpdateRoleCommand({ RoleName, Description }));
    }
  },

  async remove(RoleName, _state, { iam }) {
    await iam().send(new DeleteRoleCommand({ RoleName }));
  },
};

function place(values: Values): { RoleName: string; PolicyName: string } {
  return { RoleName: textOf(values, "role"), PolicyName: textOf(values, "name") };
}

async function put(values: Values, { iam }: Scope): Promise<void> {
  const PolicyDocument = textOf(values, "policy");
  await iam().send(new PutRolePolicyCommand({ ...place(values), PolicyDocument }));
}

export const rolePolicy: Definition = {
  label: "IAM Role Policy",
  arguments: {
    name: { computed: true, replaces: true },
    role: { required: true, replaces: true },
    policy: policyText,
  },
  attributes: [],
  autoname: "name",
  tagged: false,

  async create(inputs, scope) {
    await put(inputs, scope);
    const { RoleName, PolicyName } = place(inputs);
    return `${RoleName}:${PolicyName}`;
  },

  fromId(id) {
    const [role, name] = id.split(":");
    return { role, name };
  },

  async look(_id, inputs, { iam }) {
    const live = await found(iam().send(new GetRolePolicyCommand(place(inputs))));
    if (live === undefined) return undefined;
    return {
      role: live.RoleName,
      name: live.PolicyName,
      policy: decodeURIComponent(live.PolicyDocument ?? ""),
    };
  },

  async update(_id, { news }, scope) {
    await put(news, scope);
  },

  async remove(_id, state, { iam }) {
    await iam().send(new DeleteRolePolicyCommand(place(state)));
  },
};
