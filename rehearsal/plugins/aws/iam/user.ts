/** aws.iam.User and its access key. */

import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  GetUserCommand,
  ListAccessKeysCommand,
  TagUserCommand,
  UntagUserCommand,
  UpdateAccessKeyCommand,
  UpdateUserCommand,
  type StatusType,
} from "@aws-sdk/client-iam";
import { oneOf, textOf } from "../arguments";
import { found } from "../errors";
import type { Definition, Scope } from "../resource";
import { fromList } from "../tags";
import { iamRetag, iamTags } from "./tags";

/** Keys that nobody manages, which AWS keeps a user for. */
async function removeKeys(UserName: string, { iam }: Scope): Promise<void> {
  const answer = await found(iam().send(new ListAccessKeysCommand({ UserName })));
  for (const { AccessKeyId } of answer?.AccessKeyMetadata ?? []) {
    await iam().send(new DeleteAccessKeyCommand({ UserName, AccessKeyId }));
  }
}

export const user: Definition = {
  label: "IAM User",
  arguments: { name: { computed: true }, path: { default: "/" }, forceDestroy: {} },
  attributes: ["arn", "uniqueId"],
  autoname: "name",
  identify: (state) => textOf(state, "name"),

  async create(inputs, { iam }) {
    const UserName = textOf(inputs, "name");
    const Tags = iamTags(inputs["tagsAll"]);
    await iam().send(new CreateUserCommand({ UserName, Path: textOf(inputs, "path"), Tags }));
    return UserName;
  },

  async look(id, inputs, { iam }) {
    const UserName = textOf(inputs, "name") || id;
    const live = (await found(iam().send(new GetUserCommand({ UserName }))))?.User;
    if (live === undefined) return undefined;
    return {
      name: live.UserName,
      path: live.Path,
      arn: live.Arn,
      uniqueId: live.UserId,
      tagsAll: fromList(live.Tags),
    };
  },

  async retag(UserName, from, to, { iam }) {
    const { set, remove } = iamRetag(from, to);
    if (remove) await iam().send(new UntagUserCommand({ UserName, TagKeys: remove }));
    if (set) await iam().send(new TagUserCommand({ UserName, Tags: set }));
  },

  async update(id, { news, changed }, { iam }) {
    if (!changed("name", "path")) return;
    await iam().send(
      new UpdateUserCommand({
        UserName: id,
        NewUserName: textOf(news, "name"),
        NewPath: textOf(news, "path"),
      }),
    );
  },

  async remove(id, state, scope) {
    if (state["forceDestroy"] === true) await removeKeys(id, scope);
    await scope.iam().send(new DeleteUserCommand({ UserName: id }));
  },
};

export const accessKey: Definition = {
  label: "IAM Access Key",
  arguments: {
    user: { required: true, replaces: true },
    status: { ...oneOf("Active", "Inactive"), default: "Active" },
  },
  // The secret is told once, by the call that makes the key.
  attributes: ["secret", "createDate"],
  tagged: false,

  async create(inputs, scope) {
    const UserName = textOf(inputs, "user");
    const answer = await scope.iam().send(new CreateAccessKeyCommand({ UserName }));
    const { AccessKeyId = "", SecretAccessKey } = answer.AccessKey ?? {};
    inputs["secret"] = SecretAccessKey;
    if (textOf(inputs, "status") === "Inactive") await setStatus(AccessKeyId, inputs, scope);
    return AccessKeyId;
  },

  async look(id, inputs, { iam }) {
    const UserName = textOf(inputs, "user");
    const answer = await found(iam().send(new ListAccessKeysCommand({ UserName })));
    const live = answer?.AccessKeyMetadata?.find((one) => one.AccessKeyId === id);
    if (live === undefined) return undefined;
    return {
      user: live.UserName,
      status: live.Status,
      secret: inputs["secret"],
      createDate: live.CreateDate?.toISOString(),
    };
  },

  async update(id, { news }, scope) {
    await setStatus(id, news, scope);
  },

  async remove(id, state, { iam }) {
    const UserName = textOf(state, "user");
    await iam().send(new DeleteAccessKeyCommand({ UserName, AccessKeyId: id }));
  },
};

async function setStatus(
  AccessKeyId: string,
  values: Parameters<typeof textOf>[0],
  { iam }: Scope,
): Promise<void> {
  const UserName = textOf(values, "user");
  const Status = textOf(values, "status") as StatusType;
  await iam().send(new UpdateAccessKeyCommand({ UserName, AccessKeyId, Status }));
}
