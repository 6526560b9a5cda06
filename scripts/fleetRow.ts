/** What is known of one stack, and what it costs. Pure functions. */
import type { MachineState } from "./machineState";

/** Prices in USD; undefined where nobody tells. */
export interface RowPrices {
  instanceHour?: number;
  gp3GiBMonth?: number;
  ipv4Hour: number;
}

/** One stack. What is undefined is not known, or does not exist. */
export interface FleetRow {
  stack: string;
  /** `never up`: nothing was made yet, or all of it is destroyed. */
  state: MachineState | "never up" | "unreadable";
  /** Of an account stack, which has no server. */
  isAccount?: boolean;
  region?: string;
  url?: string;
  publicIp?: string;
  instanceId?: string;
  instanceType?: string;
  firstDay?: string;
  lastDay?: string;
  participants?: number;
  /** Whether the hub answers from here; only asked of a machine that runs. */
  hub?: boolean;
  /** USD from its making until now. */
  cost?: number;
  /** The instance has been stopped meanwhile, AWS does not tell for how long: `cost` is the most it can be. */
  costIsMost?: boolean;
  /** Last day of the certificate that answers now, in ISO 8601. */
  certificateUntil?: string;
  /** Last day of the git token. */
  tokenUntil?: string;
  /** When the newest backup was begun, in ISO 8601. */
  lastBackup?: string;
  /** Why it is unreadable, or what could not be seen. */
  trouble?: string;
}

/** Hours of a month in AWS's bills. */
const MONTH_HOURS = 730;
const HOUR_MS = 3_600_000;
/** From the volume's making to the instance's start, in a first `up`. */
const SAME_START_MS = 15 * 60_000;

/** What a stack has cost since it was made: instance, volumes, and its public address. */
export function costSoFar(
  made: { at: Date; started?: Date; runs: boolean; volumesGiB: number },
  prices: RowPrices,
  now: Date,
): { cost?: number; costIsMost?: boolean } {
  const { instanceHour, gp3GiBMonth, ipv4Hour } = prices;
  if (instanceHour === undefined || gp3GiBMonth === undefined) return {};
  const hours = Math.max(0, (now.getTime() - made.at.getTime()) / HOUR_MS);
  const always = hours * (ipv4Hour + (made.volumesGiB * gp3GiBMonth) / MONTH_HOURS);
  const ranAllTheTime =
    made.runs &&
    made.started !== undefined &&
    made.started.getTime() - made.at.getTime() < SAME_START_MS;
  return {
    cost: Math.round((always + hours * instanceHour) * 100) / 100,
    ...(!ranAllTheTime && { costIsMost: true }),
  };
}

/** Whole days until the end of a day; negative: it is over. */
export function daysUntil(day: string, now: Date): number {
  return Math.floor((Date.parse(day) - now.getTime()) / (24 * HOUR_MS));
}
