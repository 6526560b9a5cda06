import * as iam from "@pulumi/aws/iam";
import * as pulumi from "@pulumi/pulumi";
import { partitionOf, PolicyDocument } from "./operatorPolicy";
import { named, PROJECT, StackTags } from "./tags";

export interface SchedulerRoleArgs {
  /** Number of the AWS account. */
  account: string;
  region: string;
  tags: StackTags;
}

/**
 * The role with which AWS's own scheduler stops and starts workshop machines, at night or after the
 * last day, when nobody's computer is on.
 *
 * Costs nothing. Only schedules of this account can take it, and it can do nothing else:
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
 */
export class SchedulerRole extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: SchedulerRoleArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tljh:index:SchedulerRole", name, {}, opts);
    const role = new iam.Role(
      `${name}-scheduler`,
      {
        name: schedulerRoleName(name),
        description: "Stops and starts workshop machines by EventBridge Scheduler",
        assumeRolePolicy: JSON.stringify(schedulerTrust(args.account)),
        tags: named(args.tags, `${name}-scheduler`),
      },
      { parent: this },
    );
    new iam.RolePolicy(
      `${name}-scheduler-policy`,
      {
        name: "stop-and-start",
        role: role.name,
        policy: JSON.stringify(schedulerPolicy(partitionOf(args.region))),
      },
      { parent: this },
    );
    this.arn = role.arn;
    this.registerOutputs({ arn: this.arn });
  }
}

/** Under which workshops find it (`schedulerRole`). */
export function schedulerRoleName(name: string): string {
  return `${name}-scheduler`;
}

export function schedulerTrust(account: string): PolicyDocument {
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "Scheduler",
        Effect: "Allow",
        Principal: { Service: "scheduler.amazonaws.com" },
        Action: "sts:AssumeRole",
        Condition: { StringEquals: { "aws:SourceAccount": account } },
      },
    ],
  };
}

export function schedulerPolicy(partition: string): PolicyDocument {
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "StopAndStart",
        Effect: "Allow",
        Action: ["ec2:StartInstances", "ec2:StopInstances"],
        Resource: `arn:${partition}:ec2:*:*:instance/*`,
        Condition: { StringEquals: { "aws:ResourceTag/project": PROJECT } },
      },
    ],
  };
}
