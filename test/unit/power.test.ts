import assert from "node:assert/strict";
import { awsProblem } from "../../scripts/awsProblem";
import { notRunning, type MachineState } from "../../scripts/machineState";
import { parsePowerArguments } from "../../scripts/powerArguments";
import {
  startedText,
  stoppedText,
  stopWarning,
  unconfirmed,
  workersOf,
} from "../../scripts/powerText";
import { daysOf, nextStartText, nextStopText } from "../../scripts/stackDays";

const parse = (line: string) => parsePowerArguments(line.split(" "));

describe("npm run stop, npm run start", () => {
  const understood: [string, object][] = [
    ["stop", { do: "stop", yes: false }],
    ["stop --yes -s spring", { do: "stop", yes: true, stack: "spring" }],
    ["start --stack spring", { do: "start", yes: false, stack: "spring" }],
  ];
  for (const [line, request] of understood) {
    it(`understands ${line}`, () => assert.deepEqual(parse(line), request));
  }

  const refused: [string, RegExp][] = [
    ["stop spring", /words too many[^]*mend: +npm run stop -- --stack spring/],
    ["start --yes", /--yes belongs to stop/],
    ["start --stak x", /option --stak cannot be used so[^]*mend: +npm run start -- --stack x$/],
  ];
  for (const [line, text] of refused) {
    it(`refuses ${line}`, () => assert.throws(() => parse(line), text));
  }

  it("reads whose servers run, with or without the hub's help", () => {
    assert.deepEqual(workersOf("maria 2026-11-25T09:00:00.000000Z\nsofia\n"), [
      { name: "maria", seen: new Date("2026-11-25T09:00:00Z") },
      { name: "sofia" },
    ]);
    assert.deepEqual(workersOf(""), []);
  });

  it("says who works and since when they do not, and what they would lose", () => {
    const now = new Date("2026-11-25T12:00:00Z");
    const seen = (time: string) => new Date(`2026-11-25T${time}Z`);
    const text = stopWarning(
      [
        { name: "maria", seen: seen("12:00:10") },
        { name: "sofia", seen: seen("11:23:00") },
        { name: "ana", seen: seen("08:59:00") },
        { name: "bo" },
      ],
      now,
    );
    assert.match(text, /^4 servers run now:\n {2}maria {2}active now\n/);
    assert.match(text, /sofia {2}last active 37 min ago\n {2}ana {2}last active 3 h ago\n {2}bo\n/);
    assert.match(text, /kernels end[^]*saves notebooks every two minutes/);
    const many = Array.from({ length: 13 }, (_, index) => ({ name: `p${index}` }));
    assert.match(stopWarning(many, now), /13 servers[^]*p9\n {2}and 3 more\n/);
    assert.match(stopWarning(undefined, now), /not known/);
  });

  it("asks for --yes where nobody can be asked", () => {
    assert.match(
      unconfirmed([{ name: "maria" }], "spring").message,
      /received: servers of maria\n[^]*mend: +npm run stop -- --stack spring --yes$/,
    );
    assert.match(
      unconfirmed(undefined, "spring").message,
      /received: the server could not be asked/,
    );
  });

  it("says what goes on costing, and how the machine starts again", () => {
    assert.match(stoppedText("spring", 31), /is stopped \(31 s\)[^]*volumes and its address go on/);
    assert.match(stoppedText("spring"), /stopped already[^]*npm run start -- --stack spring$/);
    assert.match(stoppedText("spring", 9, "AWS starts it"), /\nAWS starts it\nTo start it again/);
    const started = (outside: boolean) => startedText("https://a.org", 40, outside, "AWS stops it");
    assert.match(started(true), /answers at https:\/\/a\.org \(40 s\)[^]*\nAWS stops it$/);
    assert.match(started(false), /on the server \(40 s\); from here/);
  });
});

describe("what AWS does next with a machine", () => {
  const key = (value: string) => ({ value });
  const course = {
    "tljh-workshop:firstDay": key("2026-12-14"),
    "tljh-workshop:lastDay": key("2026-12-17"),
    "tljh-workshop:timeZone": key("Asia/Almaty"),
    "tljh-workshop:nightStop": key("22:00-06:00"),
    "tljh-workshop:stopAfterDays": key("3"),
    "tljh-workshop:schedulerRole": key("workshop-scheduler"),
  };
  const before = new Date("2026-12-01T00:00:00Z");
  const after = new Date("2026-12-21T00:00:00Z");

  it("is told from the stack's days, before and after its end", () => {
    const days = daysOf(course);
    assert.equal(
      nextStartText(days, before),
      "AWS starts it by itself on 2026-12-14 06:00 (Asia/Almaty)",
    );
    assert.equal(nextStartText(days, after), undefined);
    assert.equal(
      nextStopText(days, before),
      "AWS stops it at 22:00 each night, and on 2026-12-20 at 22:00 for good (Asia/Almaty)",
    );
    const noNights = daysOf({ ...course, "tljh-workshop:nightStop": key("off") });
    assert.match(nextStopText(noNights, before), /^AWS stops it on 2026-12-20 at 22:00 for good/);
    assert.match(nextStopText(noNights, after), /^Nothing stops it by itself/);
  });

  it("is nothing without days, or without a role", () => {
    const none = key("none");
    const without = { ...course, "tljh-workshop:schedulerRole": none };
    assert.equal(daysOf(without), undefined);
    const endless = { "tljh-workshop:lastDay": none, "tljh-workshop:nightStop": key("off") };
    assert.equal(daysOf(endless), undefined);
    assert.equal(nextStartText(undefined, before), undefined);
    assert.match(nextStopText(undefined, before), /^Nothing stops it/);
  });
});

describe("a machine that does not run", () => {
  const where = { stack: "spring", instanceId: "i-0abc", region: "ap-south-1" };
  const problem = (state: MachineState, reason = "") => notRunning({ state, reason }, where);

  it("is none while it runs or starts", () => {
    assert.equal(problem("running"), undefined);
    assert.equal(problem("pending"), undefined);
  });

  it("is started by one command; one that is gone is made anew", () => {
    const stopped = problem("stopped", "User initiated (2026-11-25 20:48:06 UTC)");
    assert.equal(stopped?.wrong, "The instance is stopped");
    assert.match(stopped.received ?? "", /i-0abc in ap-south-1: stopped \(User initiated/);
    assert.equal(stopped.mend, "npm run start -- --stack spring");
    assert.match(problem("stopping")?.wrong ?? "", /being stopped/);
    assert.match(problem("gone")?.mend ?? "", /^pulumi up --refresh --stack spring/);
  });
});

describe("an error of AWS's", () => {
  const asked = { stack: "spring", region: "ap-south-1", profile: "work" };
  const problem = (name: string, message: string) =>
    awsProblem(Object.assign(new Error(message), { name }), "start i-0abc", asked, "npm run start");

  it("tells a right that is missing from a zone that is full, and from all else", () => {
    const right = problem(
      "UnauthorizedOperation",
      "You are not authorized to perform this operation. User: arn:aws:iam::1:user/x is not authorized to perform: ec2:StartInstances because no identity-based policy allows it",
    );
    assert.match(right.wrong, /lacks a right/);
    assert.match(right.received ?? "", /^ec2:StartInstances is refused to arn:aws:iam::1:user\/x/);
    assert.match(right.mend, /then pulumi up --stack spring$/);
    const full = problem("InsufficientInstanceCapacity", "We currently do not have sufficient …");
    assert.match(full.wrong, /no free machine of this type/);
    assert.equal(full.mend, "npm run start, in some minutes");
    const other = problem("ExpiredToken", "The security token\nhas expired");
    assert.equal(other.received, "start i-0abc: ExpiredToken: The security token has expired");
    assert.match(other.mend, /get-caller-identity --profile work --region ap-south-1/);
  });
});
