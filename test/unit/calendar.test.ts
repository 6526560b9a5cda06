import assert from "node:assert/strict";
import fc from "fast-check";
import {
  clockAt,
  dayAfter,
  endOf,
  momentOf,
  nextStart,
  plansOf,
  whyStopped,
  type Days,
} from "../../components/calendarTimes";
import { nextTime } from "../../rehearsal/cloud/scheduleExpression";

const COURSE: Days = {
  firstDay: "2026-11-28",
  lastDay: "2026-12-03",
  timeZone: "Asia/Almaty",
  nightStop: { stop: "22:00", start: "06:30" },
  stopAfterDays: 3,
};
const BEFORE = new Date("2026-11-01T00:00:00Z");
const iso = (moment: Date | undefined) => moment?.toISOString().replace(".000", "");
const expressions = (days: Days, now = BEFORE) =>
  Object.fromEntries(plansOf(days, now).map(({ key, expression }) => [key, expression]));

describe("days and clocks", () => {
  it("know days of the calendar, leap years too", () => {
    assert.equal(dayAfter("2028-02-28", 1), "2028-02-29");
    assert.equal(dayAfter("2026-12-31", 1), "2027-01-01");
    assert.equal(dayAfter("2026-03-01", -1), "2026-02-28");
  });

  const moments: [day: string, time: string, zone: string, utc: string][] = [
    ["2026-12-06", "22:00", "UTC", "2026-12-06T22:00:00Z"],
    ["2026-12-06", "22:00", "Asia/Almaty", "2026-12-06T17:00:00Z"],
    ["2026-12-06", "22:00", "Asia/Kathmandu", "2026-12-06T16:15:00Z"],
    ["2026-12-06", "22:00", "America/New_York", "2026-12-07T03:00:00Z"],
    // Clocks in Berlin go from 2 to 3 on 28 March, and from 3 to 2 on 31 October.
    ["2027-03-27", "22:00", "Europe/Berlin", "2027-03-27T21:00:00Z"],
    ["2027-03-28", "22:00", "Europe/Berlin", "2027-03-28T20:00:00Z"],
    ["2027-10-30", "22:00", "Europe/Berlin", "2027-10-30T20:00:00Z"],
    ["2027-10-31", "22:00", "Europe/Berlin", "2027-10-31T21:00:00Z"],
    ["2027-10-31", "06:00", "Europe/Berlin", "2027-10-31T05:00:00Z"],
  ];
  for (const [day, time, zone, utc] of moments) {
    it(`${day} ${time} in ${zone} is ${utc}`, () => {
      assert.equal(iso(momentOf(day, time, zone)), utc);
      assert.deepEqual(clockAt(new Date(utc), zone), { day, time: `${time}:00` });
    });
  }
});

describe("what AWS's scheduler is told", () => {
  it("has one stop after the last day, each night's, and the mornings of the course month by month", () => {
    assert.deepEqual(expressions(COURSE), {
      "last-stop": "at(2026-12-06T22:00:00)",
      "night-stop": "cron(0 22 * * ? *)",
      "morning-2026-11": "cron(30 6 28-30 11 ? 2026)",
      "morning-2026-12": "cron(30 6 1-6 12 ? 2026)",
    });
    const calls = plansOf(COURSE, BEFORE).map(({ call }) => call);
    assert.deepEqual(calls, ["stopInstances", "stopInstances", "startInstances", "startInstances"]);
  });

  it("is nothing for a workshop that has no end and runs at night", () => {
    assert.deepEqual(plansOf({ timeZone: "UTC", stopAfterDays: 3 }, BEFORE), []);
    const { nightStop } = COURSE;
    assert.deepEqual(expressions({ timeZone: "UTC", stopAfterDays: 3, nightStop }), {
      "night-stop": "cron(0 22 * * ? *)",
      morning: "cron(30 6 * * ? *)",
    });
    assert.deepEqual(expressions({ ...COURSE, nightStop: undefined, stopAfterDays: 0 }), {
      "last-stop": "at(2026-12-03T22:00:00)",
    });
  });

  it("leaves out what is over: AWS makes no schedule of the past", () => {
    const inDecember = new Date("2026-12-01T00:00:00Z");
    assert.deepEqual(Object.keys(expressions(COURSE, inDecember)), [
      "last-stop",
      "night-stop",
      "morning-2026-12",
    ]);
    const end = endOf(COURSE) ?? new Date(0);
    assert.equal(iso(end), "2026-12-06T17:00:00Z");
    assert.ok("last-stop" in expressions(COURSE, new Date(end.getTime() - 1)));
    assert.deepEqual(Object.keys(expressions(COURSE, end)), ["night-stop"]);
  });

  it("starts the machine on each morning from the first day to the last it runs, and on no other", () => {
    const zone = fc.constantFrom("Asia/Almaty", "Europe/Berlin", "America/New_York", "UTC");
    const start = fc.integer({ min: 0, max: 800 }).map((days) => dayAfter("2026-11-25", days));
    const lengths = fc.tuple(fc.integer({ min: 0, max: 70 }), fc.integer({ min: 0, max: 10 }));
    fc.assert(
      fc.property(zone, start, lengths, (timeZone, firstDay, [length, stopAfterDays]) => {
        const lastDay = dayAfter(firstDay, length);
        const days = { ...COURSE, timeZone, firstDay, lastDay, stopAfterDays };
        const due: string[] = [];
        for (const { key, expression } of plansOf(days, BEFORE)) {
          if (!key.startsWith("morning")) continue;
          // By a library that knows zones, where our own code is not trusted.
          for (let at = nextTime(expression, timeZone, BEFORE); at;) {
            due.push(iso(at) ?? "");
            at = nextTime(expression, timeZone, at);
          }
        }
        const wanted = Array.from({ length: length + stopAfterDays + 1 }, (_, index) =>
          iso(momentOf(dayAfter(firstDay, index), "06:30", timeZone)),
        );
        assert.deepEqual(due, wanted);
      }),
      { numRuns: 30 },
    );
  });

  it("stops it for good when endOf says so", () => {
    const [stop] = plansOf(COURSE, BEFORE);
    const due = nextTime(stop?.expression ?? "", COURSE.timeZone, BEFORE);
    assert.equal(iso(due), iso(endOf(COURSE)));
  });
});

describe("why a machine is stopped, and when it starts", () => {
  const at = (time: string) => new Date(`${time}:00+05:00`);

  it("is the night, until the next morning of the course", () => {
    const night = whyStopped(COURSE, at("2026-11-29T23:10"));
    assert.equal(
      night,
      "nightStop (22:00-06:30); it starts by itself on 2026-11-30 06:30 (Asia/Almaty)",
    );
    assert.match(whyStopped(COURSE, at("2026-11-30T05:00")) ?? "", /on 2026-11-30 06:30/);
    assert.equal(whyStopped(COURSE, at("2026-11-30T12:00")), undefined);
    assert.match(whyStopped(COURSE, at("2026-11-10T23:00")) ?? "", /on 2026-11-28 06:30/);
  });

  it("is the end, and then nothing starts it", () => {
    assert.match(whyStopped(COURSE, at("2026-12-06T22:00")) ?? "", /^lastDay \(2026-12-03\) and /);
    assert.equal(nextStart(COURSE, at("2026-12-06T12:00")), undefined);
    assert.equal(nextStart(COURSE, at("2026-12-06T06:00")), "2026-12-06 06:30 (Asia/Almaty)");
    assert.equal(nextStart({ timeZone: "UTC", stopAfterDays: 3 }, BEFORE), undefined);
  });
});

describe("the rehearsal's scheduler", () => {
  const after = (moment: string, expression: string, zone = "Europe/Berlin") =>
    iso(nextTime(expression, zone, new Date(moment)));

  it("skips a time that clocks skip, and does once what they show twice", () => {
    const half = "cron(30 2 * * ? *)";
    assert.equal(after("2027-03-27T12:00:00Z", half), "2027-03-29T00:30:00Z");
    assert.equal(after("2027-10-30T12:00:00Z", half), "2027-10-31T00:30:00Z");
    assert.equal(after("2027-10-31T00:30:00Z", half), "2027-11-01T01:30:00Z");
  });

  it("does a time once, and never one that is over", () => {
    const once = "at(2026-12-06T22:00:00)";
    assert.equal(after("2026-12-06T20:59:59Z", once), "2026-12-06T21:00:00Z");
    assert.equal(after("2026-12-06T21:00:00Z", once), undefined);
    assert.equal(after("2027-01-01T00:00:00Z", "cron(0 6 1-6 12 ? 2026)"), undefined);
  });

  it("refuses what it does not know", () => {
    for (const expression of ["rate(1 day)", "cron(0 6 ? * MON-FRI *)", "x"]) {
      assert.throws(() => after("2027-01-01T00:00:00Z", expression), /does not know/);
    }
  });
});
