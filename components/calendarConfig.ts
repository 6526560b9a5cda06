/** What the configuration says about the days around a workshop. */
import { dayAfter, momentOf, type Days, type Night } from "./calendarTimes";
import type { Reader } from "./configReader";

/** Days of a stack, and with which role AWS's scheduler keeps them. */
export interface CalendarSettings extends Days {
  /** Name of the role; undefined: nothing is scheduled. */
  schedulerRole?: string;
}

const NONE = "none";
/** More would be a schedule for each month of years. */
const MOST_DAYS = 366;
const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;

/** Reads the keys of the days. */
export function readCalendar(read: Reader): CalendarSettings {
  const lastDay = readLastDay(read);
  const role = read.matching("schedulerRole", /^[\w+=,.@-]{1,64}$/, {
    wrong: "schedulerRole is not the name of a role",
    allowed: "the name of an IAM role in this account, or none: then nothing stops by itself",
    example: "workshop-scheduler",
  });
  const settings: CalendarSettings = {
    firstDay: read.day("firstDay"),
    lastDay,
    timeZone: readZone(read),
    nightStop: readNight(read),
    stopAfterDays: read.integer("stopAfterDays", 0, 60),
    schedulerRole: role === NONE ? undefined : role,
  };
  checkTogether(read, settings);
  return settings;
}

/** Who forgets a machine pays for it until somebody notices: so the last day must be said. */
function readLastDay(read: Reader): string | undefined {
  const value = read.text("lastDay").trim();
  if (value === NONE) return undefined;
  if (value !== "") return read.day("lastDay");
  read.refuse(
    "lastDay",
    {
      wrong: "lastDay is not set: some days after it, AWS stops the machine by itself",
      allowed:
        "the last day of the course, such as 2026-12-17; or none, and it runs until you stop it",
      example: "2026-12-17",
    },
    value,
  );
  return undefined;
}

function readZone(read: Reader): string {
  const value = read.text("timeZone").trim();
  const known = zoneOf(value);
  if (known !== value || known === "") {
    read.refuse(
      "timeZone",
      {
        wrong: "timeZone is not a time zone",
        allowed: "a name of the IANA, such as Asia/Almaty or Europe/Berlin, or UTC",
        example: known || "Asia/Almaty",
      },
      value,
    );
    return "UTC";
  }
  return value;
}

/** A zone as it is written; empty: there is none of that name. Offsets such as +05:00 are none. */
function zoneOf(value: string): string {
  if (!/^[A-Za-z][\w+-]*(\/[\w+-]+)*$/.test(value)) return "";
  try {
    const { timeZone } = new Intl.DateTimeFormat("en", { timeZone: value }).resolvedOptions();
    // Another name of the same zone stays as it is.
    return timeZone.toLowerCase() === value.toLowerCase() ? timeZone : value;
  } catch {
    return "";
  }
}

function readNight(read: Reader): Night | undefined {
  const value = read.text("nightStop").trim();
  if (value === "off") return undefined;
  const [stop = "", start = "", ...rest] = value.split("-");
  if (rest.length > 0 || stop === start || !TIME.test(stop) || !TIME.test(start)) {
    read.refuse(
      "nightStop",
      {
        wrong: "nightStop does not say when the machine stops and starts",
        allowed: "two times of day, such as 22:00-06:00, or off",
        example: "22:00-06:00",
      },
      value,
    );
    return undefined;
  }
  return { stop, start };
}

/** What each value alone cannot say. */
function checkTogether(read: Reader, settings: CalendarSettings): void {
  const { firstDay, lastDay, nightStop, timeZone } = settings;
  const isDay = (day: string) => /^\d{4}-\d{2}-\d{2}$/.test(day) && !Number.isNaN(Date.parse(day));
  if (firstDay !== undefined && lastDay !== undefined && isDay(firstDay) && isDay(lastDay)) {
    if (firstDay > lastDay || lastDay > dayAfter(firstDay, MOST_DAYS)) {
      read.problems.push({
        wrong:
          firstDay > lastDay
            ? "lastDay is before firstDay"
            : "lastDay is more than a year after firstDay",
        received: `firstDay ${firstDay}, lastDay ${lastDay}`,
        allowed: "a first day, and a last one within a year",
        mend: `pulumi config set lastDay ${dayAfter(firstDay, 4)}`,
      });
    }
  }
  if (nightStop !== undefined && lastDay !== undefined && firstDay === undefined) {
    read.problems.push({
      wrong:
        "nightStop is set, but firstDay is not: before it nobody needs the machine in the morning",
      received: `nightStop ${nightStop.stop}-${nightStop.start}, lastDay ${lastDay}`,
      allowed: "the first day of the course, such as 2026-12-14",
      mend: `pulumi config set firstDay ${isDay(lastDay) ? dayAfter(lastDay, -4) : "2026-12-14"}`,
    });
  }
  if (nightStop !== undefined && isSkipped(nightStop.start, timeZone)) {
    read.problems.push({
      wrong:
        "nightStop starts the machine at a time that clocks skip once a year: it would not start then",
      received: `${nightStop.start} in ${timeZone}`,
      allowed: "a start before or after that hour, such as 06:00",
      mend: `pulumi config set nightStop ${nightStop.stop}-06:00`,
    });
  }
}

/** Whether clocks in a zone skip a time of day once within the next year. */
function isSkipped(time: string, timeZone: string): boolean {
  const today = new Date().toISOString().slice(0, 10);
  return Array.from({ length: MOST_DAYS }, (_, index) => dayAfter(today, index)).some(
    (day) => !shows(momentOf(day, time, timeZone), time, timeZone),
  );
}

function shows(moment: Date, time: string, timeZone: string): boolean {
  return moment.toLocaleTimeString("sv-SE", { timeZone }).startsWith(time);
}
