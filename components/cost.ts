/** What a workshop costs. Pure; prices come from `prices.ts`. All in USD, without taxes and traffic. */
import { MONTH_HOURS, type Prices } from "./prices";

/** What is paid for. */
export interface Paid {
  prices: Prices;
  vcpus: number;
  /** Of both volumes. */
  diskGiB: number;
  dataGiB: number;
  participants: number;
  cpuCredits: "standard" | "unlimited";
  /** First and last day of the course, both included, such as 2026-12-17. */
  firstDay?: string;
  lastDay?: string;
}

/** What it comes to; undefined where a price is not known. */
export interface Cost {
  instanceDay?: number;
  diskDay?: number;
  addressDay: number;
  /** While the instance runs. */
  day?: number;
  /** While it is stopped: volumes and address. */
  stoppedDay?: number;
  participantDay?: number;
  /** Of the course's days, where both are configured. */
  workshop?: { days: number; all?: number; participant?: number };
  /** At most, beside `day`: when all vCPUs compute all day on credits that are not there. */
  surplusDay?: number;
}

const DAY_HOURS = 24;

/**
 * How much of each vCPU a T type may use for ever:
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-credits-baseline-concepts.html
 */
const BASELINES: Readonly<Record<string, number>> = {
  nano: 0.05,
  micro: 0.1,
  small: 0.2,
  medium: 0.2,
  large: 0.3,
  xlarge: 0.4,
  "2xlarge": 0.4,
};

/** Days from the first to the last, both included; undefined when one is missing or they are reversed. */
export function courseDays(firstDay?: string, lastDay?: string): number | undefined {
  if (firstDay === undefined || lastDay === undefined) return undefined;
  const days = (Date.parse(lastDay) - Date.parse(firstDay)) / (DAY_HOURS * 3_600_000) + 1;
  return days >= 1 ? Math.round(days) : undefined;
}

/** Sum of known prices; undefined when one is not known. */
function sum(...parts: (number | undefined)[]): number | undefined {
  return parts.reduce<number | undefined>(
    (all, part) => (all === undefined || part === undefined ? undefined : all + part),
    0,
  );
}

function times(price: number | undefined, factor: number): number | undefined {
  return price === undefined ? undefined : price * factor;
}

export function costOf(paid: Paid): Cost {
  const { prices, participants } = paid;
  const instanceDay = times(prices.instanceHour, DAY_HOURS);
  const gib = paid.diskGiB + paid.dataGiB;
  const diskDay = times(prices.gp3GiBMonth, (gib * DAY_HOURS) / MONTH_HOURS);
  const addressDay = prices.ipv4Hour * DAY_HOURS;
  const stoppedDay = sum(diskDay, addressDay);
  const day = sum(instanceDay, stoppedDay);
  const perHead = (price: number | undefined) =>
    participants > 0 ? times(price, 1 / participants) : undefined;
  const days = courseDays(paid.firstDay, paid.lastDay);
  const all = times(day, days ?? 0);
  return {
    instanceDay,
    diskDay,
    addressDay,
    day,
    stoppedDay,
    participantDay: perHead(day),
    ...(days !== undefined && { workshop: { days, all, participant: perHead(all) } }),
    surplusDay: surplusDay(paid),
  };
}

function surplusDay({ prices, vcpus, cpuCredits }: Paid): number | undefined {
  const baseline = BASELINES[prices.instanceType.split(".")[1] ?? ""];
  if (cpuCredits !== "unlimited" || baseline === undefined) return undefined;
  return times(prices.surplusVcpuHour, vcpus * (1 - baseline) * DAY_HOURS);
}

/** A sum of money, or that nobody knows it. */
export function usd(price: number | undefined): string {
  return price === undefined ? "unknown" : price.toFixed(2);
}

/** The one line about money. */
export function costText(paid: Paid): string {
  const { prices, diskGiB, dataGiB } = paid;
  const cost = costOf(paid);
  const { workshop, surplusDay: surplus } = cost;
  const parts = `${prices.instanceType} ${usd(cost.instanceDay)}, ${diskGiB + dataGiB} GiB of disk ${usd(cost.diskDay)}, public IPv4 address ${usd(cost.addressDay)}`;
  return [
    `Cost: ${cost.day === undefined ? "unknown" : `about ${usd(cost.day)} USD`} a day while it runs (${parts}), ${usd(cost.stoppedDay)} while it is stopped`,
    `${usd(cost.participantDay)} a participant and day`,
    ...(workshop
      ? [
          `The ${workshop.days} days of the course: ${usd(workshop.all)}, ${usd(workshop.participant)} a participant`,
        ]
      : []),
    ...(surplus === undefined
      ? []
      : [
          `cpuCredits unlimited adds up to ${usd(surplus)} a day, when all vCPUs compute all day long`,
        ]),
    `Without taxes and traffic, by ${prices.source}`,
  ].join(". ");
}

/** The output `cost`: what a person or a script reads. */
export type CostOutput = Record<string, string | number>;

export function costOutput(paid: Paid): CostOutput {
  const cost = costOf(paid);
  const { workshop, surplusDay: surplus } = cost;
  const told = (price: number | undefined) =>
    price === undefined ? "unknown" : Number(price.toFixed(2));
  return {
    currency: "USD",
    perDay: told(cost.day),
    perDayStopped: told(cost.stoppedDay),
    perParticipantAndDay: told(cost.participantDay),
    ...(workshop && {
      courseDays: workshop.days,
      course: told(workshop.all),
      perParticipant: told(workshop.participant),
    }),
    ...(surplus !== undefined && { creditsAtMostPerDay: told(surplus) }),
    prices: paid.prices.source,
  };
}
