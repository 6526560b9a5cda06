/** Phase 1 of the guide, as a stack of its own: run once in an AWS account, by an administrator. */
import * as pulumi from "@pulumi/pulumi";
import type { AccountSettings } from "./accountConfig";
import { Refusal } from "./awsErrors";
import { showCaller } from "./caller";
import { ConfigurationError } from "./config";
import { findZone } from "./dnsZone";
import { Operator } from "./operator";
import { SchedulerRole, schedulerRoleName } from "./schedulerRole";
import { StateBucket } from "./stateBucket";
import { stackTags } from "./tags";

/** Makes the operator, the scheduler's role and the state bucket; returns the stack's outputs. */
export async function account(settings: AccountSettings): Promise<Record<string, unknown>> {
  const { name, access, region, regions } = settings;
  const tags = stackTags(name);
  const { account, arn } = await showCaller(settings);
  const zoneId = await zoneOf(settings);
  // The account's number makes the name new in all of AWS.
  const stateBucket = `${name}-state-${account}`;

  const state = new StateBucket(name, { bucket: stateBucket, region, tags });
  const scheduler = new SchedulerRole(name, { account, region, tags });
  const schedulerRole = schedulerRoleName(name);
  const operator = new Operator(name, {
    access,
    regions,
    zoneId,
    stateBucket,
    schedulerRole,
    tags,
  });

  return {
    account,
    administrator: arn,
    operator: operator.userName,
    operatorAccess: access,
    accessKeyId: operator.accessKeyId,
    secretAccessKey: operator.secretAccessKey,
    region,
    schedulerRole: scheduler.arn,
    stateBucket: state.bucketName,
    stateUrl: pulumi.interpolate`s3://${state.bucketName}?region=${region}&profile=work`,
  };
}

async function zoneOf(settings: AccountSettings): Promise<string | undefined> {
  return findZone(settings).catch((error: unknown) => {
    if (!(error instanceof Refusal)) throw error;
    throw new ConfigurationError("The zone of the workshops' names was not found", error.problems);
  });
}
