/** The days of a stack's configuration, for commands. Pulumi has checked them at the last `up`. */
import {
  endOf,
  lastRunningDay,
  LAST_STOP,
  nextStart,
  type Days,
} from "../components/calendarTimes";
import type { ShownConfig } from "./stackAws";

/** @returns undefined when AWS's scheduler has nothing to do with the stack */
export function daysOf(config: ShownConfig): Days | undefined {
  const value = (key: string) =>
    Object.entries(config).find(([full]) => full.endsWith(`:${key}`))?.[1]?.value ?? "";
  const day = (key: string) => (/^\d{4}-\d{2}-\d{2}/.exec(value(key)) ?? [])[0];
  const [firstDay, lastDay] = [day("firstDay"), day("lastDay")];
  const [, stop, start] = /^(\d\d:\d\d)-(\d\d:\d\d)$/.exec(value("nightStop")) ?? [];
  const nightStop = stop && start ? { stop, start } : undefined;
  if (value("schedulerRole") === "none" || (!lastDay && !nightStop)) return undefined;
  return {
    ...(firstDay && { firstDay }),
    ...(lastDay && { lastDay }),
    timeZone: value("timeZone") || "UTC",
    ...(nightStop && { nightStop }),
    stopAfterDays: Number(value("stopAfterDays") || 0),
  };
}

/** What will start a stopped machine, beside a person. */
export function nextStartText(days: Days | undefined, now: Date): string | undefined {
  const next = days && nextStart(days, now);
  return next && `AWS starts it by itself on ${next}`;
}

/** What will stop a running machine, beside a person. */
export function nextStopText(days: Days | undefined, now: Date): string {
  const end = days && endOf(days);
  const night = days?.nightStop && `at ${days.nightStop.stop} each night`;
  const last =
    days && end && end > now ? `on ${lastRunningDay(days)} at ${LAST_STOP} for good` : undefined;
  const when = [night, last].filter((one) => one).join(", and ");
  if (when === "") return "Nothing stops it by itself: npm run stop, when nobody works any more";
  return `AWS stops it ${when} (${days?.timeZone})`;
}
