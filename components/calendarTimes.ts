/** The days around a workshop as AWS's scheduler is told them. Pure functions. */

/** Times of day, as `22:00`, by the clocks of the workshop's zone. */
export interface Night {
  stop: string;
  start: string;
}

/** The days of a stack's configuration. */
export interface Days {
  /** Such as 2026-12-14. */
  firstDay?: string;
  /** Undefined: the workshop has no end. */
  lastDay?: string;
  /** Of the IANA, such as Asia/Almaty. */
  timeZone: string;
  /** Undefined: the machine runs at night. */
  nightStop?: Night;
  /** Days after the last one on which the machine still runs. */
  stopAfterDays: number;
}

/** What AWS's scheduler is asked to do. */
export interface Plan {
  /** Its own part of the schedule's name. */
  key: string;
  call: "startInstances" | "stopInstances";
  /** https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html */
  expression: string;
  description: string;
}

/** On the evening of the last day that it runs. No zone's clocks skip this hour. */
export const LAST_STOP = "22:00";

const DAY_MS = 86_400_000;

/** A day of the calendar some days later. */
export function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** The moment at which clocks in a zone show a time of a day; after a gap, where they skip it. */
export function momentOf(day: string, time: string, timeZone: string): Date {
  const shown = Date.parse(`${day}T${time}:00Z`);
  // The offset of that moment is known only when the moment is: the second look corrects the first.
  const first = shown - offsetOf(new Date(shown), timeZone);
  return new Date(shown - offsetOf(new Date(first), timeZone));
}

/** By how much clocks in a zone are ahead of UTC, in milliseconds. */
function offsetOf(moment: Date, timeZone: string): number {
  const { day, time } = clockAt(moment, timeZone);
  return Date.parse(`${day}T${time}Z`) - Math.floor(moment.getTime() / 1000) * 1000;
}

/** What clocks in a zone show: 2026-12-17 and 22:00:00. */
export function clockAt(moment: Date, timeZone: string): { day: string; time: string } {
  // This language's form of dates and times is that of ISO 8601.
  const shown = moment.toLocaleString("sv-SE", { timeZone });
  const [day = "", time = ""] = shown.split(" ");
  return { day, time };
}

/** The day on whose evening AWS stops the machine for good; undefined where the workshop has no end. */
export function lastRunningDay({ lastDay, stopAfterDays }: Days): string | undefined {
  return lastDay === undefined ? undefined : dayAfter(lastDay, stopAfterDays);
}

/** When AWS stops the machine for good. */
export function endOf(days: Days): Date | undefined {
  const day = lastRunningDay(days);
  return day === undefined ? undefined : momentOf(day, LAST_STOP, days.timeZone);
}

/** `cron(…)` of a time of day. */
function cron(time: string, days: string, month: string, year: string): string {
  const [hour, minute] = time.split(":").map(Number);
  return `cron(${minute} ${hour} ${days} ${month} ? ${year})`;
}

/** From a day to another, month by month: first and last day in each. */
function monthsBetween(first: string, last: string): { from: string; to: string }[] {
  const months: { from: string; to: string }[] = [];
  for (let from = first; from <= last;) {
    const [year = 0, month = 0] = from.split("-").map(Number);
    const end = new Date(Date.UTC(year, month, 0)).toISOString().slice(0, 10);
    months.push({ from, to: end < last ? end : last });
    from = dayAfter(end, 1);
  }
  return months;
}

/**
 * One for each month: `StartDate` of a recurring schedule must lie ahead when it is made or changed,
 * and so could not be told twice. A span of days in the expression itself can.
 */
function mornings({
  firstDay,
  lastDay,
  nightStop,
  stopAfterDays,
}: Days): (Plan & { to: string })[] {
  if (nightStop === undefined) return [];
  const call = "startInstances" as const;
  const description = `Starts the workshop's machine at ${nightStop.start}`;
  if (firstDay === undefined || lastDay === undefined) {
    return [
      {
        key: "morning",
        call,
        description,
        expression: cron(nightStop.start, "*", "*", "*"),
        to: "",
      },
    ];
  }
  return monthsBetween(firstDay, dayAfter(lastDay, stopAfterDays)).map(({ from, to }) => {
    const [year = "", month = "", first] = from.split("-").map((part) => String(Number(part)));
    const last = Number(to.slice(8));
    const span = Number(first) === last ? `${last}` : `${first}-${last}`;
    const expression = cron(nightStop.start, span, month, year);
    return { key: `morning-${from.slice(0, 7)}`, call, description, expression, to };
  });
}

/**
 * All that is still to come: AWS makes no schedule of a time that is over.
 *
 * @param now decides what is over
 */
export function plansOf(days: Days, now: Date): Plan[] {
  const { lastDay, nightStop, timeZone } = days;
  const plans: Plan[] = [];
  const end = endOf(days);
  if (end !== undefined && end > now) {
    plans.push({
      key: "last-stop",
      call: "stopInstances",
      expression: `at(${lastRunningDay(days)}T${LAST_STOP}:00)`,
      description: `Stops the workshop's machine after the last day (${lastDay})`,
    });
  }
  if (nightStop === undefined) return plans;
  plans.push({
    key: "night-stop",
    call: "stopInstances",
    expression: cron(nightStop.stop, "*", "*", "*"),
    description: `Stops the workshop's machine at ${nightStop.stop}`,
  });
  for (const { to, ...plan } of mornings(days)) {
    if (to === "" || momentOf(to, nightStop.start, timeZone) > now) plans.push(plan);
  }
  return plans;
}

/**
 * When AWS starts the machine next by itself.
 *
 * @returns such as `2026-12-15 06:00 (Asia/Almaty)`; undefined: never
 */
export function nextStart(days: Days, now: Date): string | undefined {
  const { nightStop, firstDay, timeZone } = days;
  if (nightStop === undefined) return undefined;
  const today = clockAt(now, timeZone).day;
  const isOver = momentOf(today, nightStop.start, timeZone) <= now;
  const next = isOver ? dayAfter(today, 1) : today;
  const last = lastRunningDay(days);
  const day = last !== undefined && firstDay !== undefined && next < firstDay ? firstDay : next;
  if (last !== undefined && day > last) return undefined;
  return `${day} ${nightStop.start} (${timeZone})`;
}

/**
 * Why AWS may have stopped the machine, as far as the days tell.
 *
 * @returns undefined: it was somebody
 */
export function whyStopped(days: Days, now: Date): string | undefined {
  const end = endOf(days);
  if (end !== undefined && now >= end) {
    return `lastDay (${days.lastDay}) and stopAfterDays (${days.stopAfterDays}) are over`;
  }
  if (days.nightStop === undefined) return undefined;
  const { stop, start } = days.nightStop;
  const time = clockAt(now, days.timeZone).time.slice(0, 5);
  const isNight = stop < start ? time >= stop && time < start : time >= stop || time < start;
  const next = nextStart(days, now);
  if (!isNight || next === undefined) return undefined;
  return `nightStop (${stop}-${start}); it starts by itself on ${next}`;
}
