/** aws.iam.Policy: a managed policy, of which AWS keeps five versions. */

import {
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  ListPolicyVersionsCommand,
  TagPolicyCommand,
  UntagPolicyCommand,
  type PolicyVersion,
} from "@aws-sdk/client-iam";
import { given, textOf } from "../arguments";
import { found } from "../errors";
import { policyText } from "../policyText";
import type { Definition, Scope } from "../resource";
import { fromList } from "../tags";
import { iamRetag, iamTags } from "./tags";

const MOST_VERSIONS = 5;

/** Versions that are not in force, the oldest first. */
async function oldVersions(PolicyArn: string, { iam }: Scope): Promise<PolicyVersion[]> {
  const answer = await iam().send(new ListPolicyVersionsCommand({ PolicyArn }));
  const age = (one: PolicyVersion) => one.CreateDate?.getTime() ?? 0;
  return (answer.Versions ?? [])
    .filter((one) => one.IsDefaultVersion !== true)
    .sort((a, b) => age(a) - age(b));
}

async function removeVersion(
  PolicyArn: string,
  { VersionId }: PolicyVersion,
  { iam }: Scope,
): Promise<void> {
  await iam().send(new DeletePolicyVersionCommand({ PolicyArn, VersionId }));
}

export const policy: Definition = {
  label: "IAM Policy",
  arguments: {
    name: { computed: true, replaces: true },
    path: { default: "/", replaces: true },
    description: { replaces: true },
    policy: policyText,
  },
  attributes: ["arn", "policyId", "attachmentCount"],
  autoname: "name",

  async create(inputs, { iam }) {
    const answer = await iam().send(
      new CreatePolicyCommand({
        PolicyName: textOf(inputs, "name"),
        Path: textOf(inputs, "path"),
        Description: given(inputs, "description"),
        PolicyDocument: textOf(inputs, "policy"),
        Tags: iamTags(inputs["tagsAll"]),
      }),
    );
    return answer.Policy?.Arn ?? "";
  },

  async look(PolicyArn, _inputs, { iam }) {
    const live = (await found(iam().send(new GetPolicyCommand({ PolicyArn }))))?.Policy;
    if (live === undefined) return undefined;
    const VersionId = live.DefaultVersionId;
    const version = await iam().send(new GetPolicyVersionCommand({ PolicyArn, VersionId }));
    return {
      name: live.PolicyName,
      path: live.Path,
      description: live.Description ?? null,
      policy: decodeURIComponent(version.PolicyVersion?.Document ?? ""),
      arn: live.Arn,
      policyId: live.PolicyId,
      attachmentCount: live.AttachmentCount,
      tagsAll: fromList(live.Tags),
    };
  },

  async retag(PolicyArn, from, to, { iam }) {
    const { set, remove } = iamRetag(from, to);
    if (remove) await iam().send(new UntagPolicyCommand({ PolicyArn, TagKeys: remove }));
    if (set) await iam().send(new TagPolicyCommand({ PolicyArn, Tags: set }));
  },

  async update(PolicyArn, { news, changed }, scope) {
    if (!changed("policy")) return;
    const [oldest, ...others] = await oldVersions(PolicyArn, scope);
    if (oldest && others.length + 2 >= MOST_VERSIONS) await removeVersion(PolicyArn, oldest, scope);
    const PolicyDocument = textOf(news, "policy");
    await scope
      .iam()
      .send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument, SetAsDefault: true }));
  },

  async remove(PolicyArn, _state, scope) {
    for (const one of await oldVersions(PolicyArn, scope)) {
      await removeVersion(PolicyArn, one, scope);
    }
    await scope.iam().send(new DeletePolicyCommand({ PolicyArn }));
  },
};
