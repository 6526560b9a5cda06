import { getRole } from "@pulumi/aws/iam";
import { Schedule } from "@pulumi/aws/scheduler";
import * as pulumi from "@pulumi/pulumi";
import { awsFault } from "./awsErrors";
import { endOf, plansOf, type Days, type Plan } from "./calendarTimes";
import { ConfigurationError, type Settings } from "./config";
import { partitionOf } from "./operatorPolicy";
import { PROJECT } from "./tags";

export interface CalendarArgs extends Days {
  region: string;
  instanceId: pulumi.Input<string>;
  /** Undefined: nothing is scheduled. */
  schedulerRoleArn?: string;
}

/** What a call that failed is tried again within. Later it would disturb the next day. */
const RETRY_SECONDS = 7_200;

/**
 * The days around a workshop: AWS's own scheduler stops the machine some days after the last one, and
 * stops and starts it at night and in the morning, whichever computer is on. Volumes and address of a
 * stopped machine go on costing until `pulumi destroy`.
 *
 * Costs nothing: a month has 14 million calls without charge (https://aws.amazon.com/eventbridge/pricing/).
 * A schedule whose time is over goes with the next `pulumi up`. An instance that is replaced takes the
 * schedules with it. Needs the role of the account stack; who deletes that role by hand is told nothing,
 * and the machine runs on.
 */
export class Calendar extends pulumi.ComponentResource {
  constructor(name: string, args: CalendarArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tljh:index:Calendar", name, {}, opts);
    const { schedulerRoleArn, region } = args;
    const plans = schedulerRoleArn === undefined ? [] : plansOf(args, new Date());
    for (const plan of plans) {
      new Schedule(
        `${name}-${plan.key}`,
        {
          // The operator may make schedules of this prefix only.
          name: `${PROJECT}-${name}-${plan.key}`,
          description: plan.description,
          scheduleExpression: plan.expression,
          scheduleExpressionTimezone: args.timeZone,
          flexibleTimeWindow: { mode: "OFF" },
          target: {
            arn: targetOf(plan, region),
            roleArn: schedulerRoleArn ?? "",
            input: pulumi.jsonStringify({ InstanceIds: [args.instanceId] }),
            retryPolicy: { maximumEventAgeInSeconds: RETRY_SECONDS, maximumRetryAttempts: 60 },
          },
        },
        { parent: this },
      );
    }
    this.registerOutputs({});
  }
}

/** https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html */
function targetOf({ call }: Plan, region: string): string {
  return `arn:${partitionOf(region)}:scheduler:::aws-sdk:ec2:${call}`;
}

/**
 * The role with which AWS's scheduler stops and starts the machine.
 *
 * @returns undefined when there is nothing to schedule, or nothing shall be
 * @throws ConfigurationError when there is no such role
 */
export async function findSchedulerRole(settings: Settings): Promise<string | undefined> {
  const { schedulerRole: name, lastDay, nightStop } = settings;
  if (lastDay === undefined && nightStop === undefined) return undefined;
  if (name === undefined) {
    await pulumi.log.warn(
      "schedulerRole is none: nothing stops the machine by itself, neither at night nor after lastDay",
    );
    return undefined;
  }
  await sayIfOver(settings);
  const found = await getRole({ name }).catch((error: unknown) => {
    if (!/NoSuchEntity|couldn't find resource/.test(String(error))) throw awsFault(error, settings);
    return undefined;
  });
  if (found) return found.arn;
  throw new ConfigurationError("AWS's scheduler cannot stop the machine after the last day", [
    {
      wrong: "The role of AWS's scheduler does not exist in this account",
      received: `schedulerRole ${name}`,
      allowed: "the role that the account stack makes (its output schedulerRole)",
      mend: `pulumi up --stack account, by the account's administrator (where IT makes the users: send IT what npm run -s policy -- --scheduler ACCOUNT prints); or pulumi config set schedulerRole none, and nothing stops by itself`,
    },
  ]);
}

async function sayIfOver(settings: Settings): Promise<void> {
  const end = endOf(settings);
  if (end === undefined || end > new Date()) return;
  await pulumi.log.warn(
    `lastDay (${settings.lastDay}) and the ${settings.stopAfterDays} days after it are over: nothing stops the machine by itself any more. To set another one: pulumi config set lastDay …; to end it all: pulumi destroy`,
  );
}
