/**
 * Carries schedules out: moto keeps EventBridge Scheduler's schedules and does nothing with them. Each
 * is done with the rights of its role, by the calls of EC2 that it names.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { EC2Client, StartInstancesCommand, StopInstancesCommand } from "@aws-sdk/client-ec2";
import {
  GetScheduleCommand,
  paginateListSchedules,
  SchedulerClient,
  type GetScheduleCommandOutput,
} from "@aws-sdk/client-scheduler";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { nextTime } from "./scheduleExpression";

/** AWS is as exact as a minute. */
const LOOK_MS = 20_000;
const ACCESS = { accessKeyId: "rehearsal", secretAccessKey: "rehearsal" };

/** What was done. */
export interface Done {
  schedule: string;
  /** When it was due, in ISO 8601. */
  at: string;
  target: string;
  /** Why it failed; AWS would try it again. */
  failed?: string;
}

export interface SchedulerOptions {
  /** Of the front door. */
  endpoint: string;
  /** Regions that have been used. */
  regions: () => readonly string[];
  log: (line: string) => void;
}

export class Scheduler {
  /** Of its clock from the computer's own, in milliseconds. */
  private offset = 0;
  private lookedUntil = Date.now();
  private ended = false;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: SchedulerOptions) {}

  /** Looks from time to time, until it is ended. */
  async follow(): Promise<void> {
    while (!this.ended) {
      await sleep(LOOK_MS, undefined, { ref: false });
      if (!this.ended) await this.inTurn(() => this.doUntil(this.now()));
    }
  }

  end(): void {
    this.ended = true;
  }

  /**
   * What tests ask:
   * - `set {time}`: it is that time now; what was due in between is not done
   * - `pass {time}`: the time until then passes, and all that is due is done; answers with that
   */
  async control(action: string, args: unknown): Promise<unknown> {
    const { time = "" } = args as { time?: string };
    const to = new Date(time);
    if (Number.isNaN(to.getTime())) throw new Error(`not a time: ${time}`);
    this.offset = to.getTime() - Date.now();
    if (action === "pass") return this.inTurn(() => this.doUntil(to));
    if (action !== "set") throw new Error(`the scheduler does not know ${action}`);
    this.lookedUntil = to.getTime();
    return undefined;
  }

  private now(): Date {
    return new Date(Date.now() + this.offset);
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work);
    this.turn = result.catch((error: Error) => this.options.log(`scheduler: ${error.message}`));
    return result;
  }

  private async doUntil(to: Date): Promise<Done[]> {
    const from = new Date(this.lookedUntil);
    this.lookedUntil = Math.max(this.lookedUntil, to.getTime());
    const due: { at: Date; region: string; schedule: GetScheduleCommandOutput }[] = [];
    for (const region of this.options.regions()) {
      for (const schedule of await this.schedules(region)) {
        for (const at of timesOf(schedule, from, to)) due.push({ at, region, schedule });
      }
    }
    const done: Done[] = [];
    for (const { at, region, schedule } of due.sort((a, b) => a.at.getTime() - b.at.getTime())) {
      const one: Done = {
        schedule: schedule.Name ?? "",
        at: at.toISOString(),
        target: schedule.Target?.Arn ?? "",
      };
      await this.carryOut(schedule, region).catch((error: Error) => {
        one.failed = `${error.name}: ${error.message}`;
      });
      this.options.log(`scheduler: ${one.schedule} (${one.at}): ${one.failed ?? "done"}`);
      done.push(one);
    }
    return done;
  }

  private async schedules(region: string): Promise<GetScheduleCommandOutput[]> {
    const client = new SchedulerClient({ ...this.access(region), credentials: ACCESS });
    const names: string[] = [];
    for await (const { Schedules = [] } of paginateListSchedules({ client }, {})) {
      names.push(...Schedules.map(({ Name = "" }) => Name));
    }
    const all = await Promise.all(
      names.map((Name) => client.send(new GetScheduleCommand({ Name }))),
    );
    return all.filter(({ State }) => State === "ENABLED");
  }

  private access(region: string) {
    return { endpoint: this.options.endpoint, region };
  }

  private async carryOut({ Target }: GetScheduleCommandOutput, region: string): Promise<void> {
    const call = /^arn:[\w-]+:scheduler:::aws-sdk:ec2:(\w+)$/.exec(Target?.Arn ?? "")?.[1];
    const credentials = await this.assume(Target?.RoleArn ?? "", region);
    const ec2 = new EC2Client({ ...this.access(region), credentials });
    const input = JSON.parse(Target?.Input ?? "{}") as { InstanceIds: string[] };
    if (call === "stopInstances") await ec2.send(new StopInstancesCommand(input));
    else if (call === "startInstances") await ec2.send(new StartInstancesCommand(input));
    else throw new Error(`the rehearsal's scheduler cannot call ${Target?.Arn}`);
  }

  private async assume(RoleArn: string, region: string) {
    const sts = new STSClient({ ...this.access(region), credentials: ACCESS });
    const command = new AssumeRoleCommand({ RoleArn, RoleSessionName: "scheduler" });
    const { Credentials: keys } = await sts.send(command);
    return {
      accessKeyId: keys?.AccessKeyId ?? "",
      secretAccessKey: keys?.SecretAccessKey ?? "",
      sessionToken: keys?.SessionToken ?? "",
    };
  }
}

/** All times after one and until another. */
function timesOf(schedule: GetScheduleCommandOutput, from: Date, to: Date): Date[] {
  const { ScheduleExpression = "", ScheduleExpressionTimezone: zone = "UTC" } = schedule;
  const times: Date[] = [];
  for (let at = nextTime(ScheduleExpression, zone, from); at && at <= to;) {
    times.push(at);
    at = nextTime(ScheduleExpression, zone, at);
  }
  return times;
}
