/** aws.scheduler.Schedule: EventBridge Scheduler's, in the group `default`. */

import {
  CreateScheduleCommand,
  DeleteScheduleCommand,
  GetScheduleCommand,
  UpdateScheduleCommand,
  type CreateScheduleCommandInput,
  type FlexibleTimeWindowMode,
  type ScheduleState,
} from "@aws-sdk/client-scheduler";
import type { Values } from "../base";
import { given, textOf } from "./arguments";
import { found } from "./errors";
import type { Definition } from "./resource";

const GROUP = "default";

/** https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html */
function notName(value: unknown): string | undefined {
  return /^[0-9a-zA-Z-_.]{1,64}$/.test(String(value))
    ? undefined
    : "invalid value for name (must be 1-64 alphanumeric characters, hyphens, underscores and periods)";
}

function notExpression(value: unknown): string | undefined {
  return /^(at|cron|rate)\(.+\)$/.test(String(value))
    ? undefined
    : `Invalid Schedule Expression ${String(value)}.`;
}

function notJson(value: unknown): string | undefined {
  try {
    JSON.parse(String(value));
    return undefined;
  } catch {
    return '"input" contains an invalid JSON';
  }
}

/** The whole schedule: an update that leaves something out takes it away. */
function command(values: Values): CreateScheduleCommandInput {
  const window = (values["flexibleTimeWindow"] ?? {}) as Values;
  const target = (values["target"] ?? {}) as Values;
  const retry = target["retryPolicy"] as Values | undefined;
  return {
    Name: textOf(values, "name"),
    GroupName: GROUP,
    Description: given(values, "description"),
    ScheduleExpression: textOf(values, "scheduleExpression"),
    ScheduleExpressionTimezone: textOf(values, "scheduleExpressionTimezone"),
    State: textOf(values, "state") as ScheduleState,
    FlexibleTimeWindow: {
      Mode: textOf(window, "mode") as FlexibleTimeWindowMode,
      MaximumWindowInMinutes: given(window, "maximumWindowInMinutes"),
    },
    Target: {
      Arn: textOf(target, "arn"),
      RoleArn: textOf(target, "roleArn"),
      Input: given(target, "input"),
      ...(retry && {
        RetryPolicy: {
          MaximumEventAgeInSeconds: given(retry, "maximumEventAgeInSeconds"),
          MaximumRetryAttempts: given(retry, "maximumRetryAttempts"),
        },
      }),
    },
  };
}

export const schedule: Definition = {
  label: "EventBridge Scheduler Schedule",
  arguments: {
    name: { computed: true, replaces: true, refuse: notName },
    description: {},
    scheduleExpression: { required: true, refuse: notExpression },
    scheduleExpressionTimezone: { default: "UTC" },
    state: { default: "ENABLED" },
    flexibleTimeWindow: {
      required: true,
      fields: { mode: { required: true }, maximumWindowInMinutes: {} },
    },
    target: {
      required: true,
      fields: {
        arn: { required: true },
        roleArn: { required: true },
        input: { refuse: notJson },
        retryPolicy: {
          computed: true,
          fields: {
            maximumEventAgeInSeconds: { default: 86_400 },
            maximumRetryAttempts: { default: 185 },
          },
        },
      },
    },
  },
  attributes: ["arn", "groupName"],
  autoname: "name",
  tagged: false,

  async create(inputs, { scheduler }) {
    await scheduler().send(new CreateScheduleCommand(command(inputs)));
    return `${GROUP}/${textOf(inputs, "name")}`;
  },

  fromId(id) {
    return { name: id.split("/")[1] };
  },

  async look(id, _inputs, { scheduler }) {
    const Name = id.split("/")[1] ?? "";
    const live = await found(scheduler().send(new GetScheduleCommand({ GroupName: GROUP, Name })));
    if (live === undefined) return undefined;
    const { Target: target, FlexibleTimeWindow: window } = live;
    return {
      name: live.Name,
      description: live.Description ?? null,
      scheduleExpression: live.ScheduleExpression,
      scheduleExpressionTimezone: live.ScheduleExpressionTimezone,
      state: live.State,
      flexibleTimeWindow: {
        mode: window?.Mode,
        maximumWindowInMinutes: window?.MaximumWindowInMinutes ?? null,
      },
      target: {
        arn: target?.Arn,
        roleArn: target?.RoleArn,
        input: target?.Input ?? null,
        retryPolicy: {
          maximumEventAgeInSeconds: target?.RetryPolicy?.MaximumEventAgeInSeconds,
          maximumRetryAttempts: target?.RetryPolicy?.MaximumRetryAttempts,
        },
      },
      arn: live.Arn,
      groupName: live.GroupName,
    };
  },

  async update(_id, { news }, { scheduler }) {
    await scheduler().send(new UpdateScheduleCommand(command(news)));
  },

  async remove(id, _state, { scheduler }) {
    const Name = id.split("/")[1] ?? "";
    await scheduler().send(new DeleteScheduleCommand({ GroupName: GROUP, Name }));
  },
};
