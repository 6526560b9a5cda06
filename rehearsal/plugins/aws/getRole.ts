/** aws.iam.getRole, by name. */

import { GetRoleCommand } from "@aws-sdk/client-iam";
import { textOf } from "./arguments";
import { doing } from "./errors";
import type { Lookup } from "./filters";
import { fromList } from "./tags";

export const getRole: Lookup = async (args, session) => {
  const RoleName = textOf(args, "name");
  const reading = `reading IAM Role (${RoleName})`;
  const answer = await doing(reading, session.iam().send(new GetRoleCommand({ RoleName })));
  const { Role: role } = answer;
  return {
    ...args,
    id: RoleName,
    arn: role?.Arn ?? "",
    assumeRolePolicy: decodeURIComponent(role?.AssumeRolePolicyDocument ?? ""),
    createDate: role?.CreateDate?.toISOString() ?? "",
    description: role?.Description ?? "",
    maxSessionDuration: role?.MaxSessionDuration ?? 3600,
    path: role?.Path ?? "/",
    permissionsBoundary: "",
    roleLastUseds: [],
    tags: fromList(role?.Tags),
    uniqueId: role?.RoleId ?? "",
  };
};
