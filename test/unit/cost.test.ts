import assert from "node:assert/strict";
import fc from "fast-check";
import { costOf, costOutput, costText, courseDays, type Paid } from "../../components/cost";

const PRICES = {
  region: "ap-south-1",
  instanceType: "t3.xlarge",
  instanceHour: 0.1792,
  gp3GiBMonth: 0.0912,
  ipv4Hour: 0.005,
  surplusVcpuHour: 0.05,
  source: "AWS's price list, in force since 2026-11-01",
};
const PAID: Paid = {
  prices: PRICES,
  vcpus: 4,
  diskGiB: 20,
  dataGiB: 40,
  participants: 20,
  cpuCredits: "standard",
};

describe("what a workshop costs", () => {
  it("is instance, volumes and address, by the day and by the head", () => {
    const { day, stoppedDay, instanceDay, diskDay, addressDay, participantDay } = costOf(PAID);
    const rounded = [instanceDay, diskDay, addressDay, day, stoppedDay, participantDay].map((one) =>
      one?.toFixed(3),
    );
    assert.deepEqual(rounded, ["4.301", "0.180", "0.120", "4.601", "0.300", "0.230"]);
  });

  it("is told for the days of the course where both ends are set", () => {
    const course = { ...PAID, firstDay: "2026-12-14", lastDay: "2026-12-18" };
    const { workshop } = costOf(course);
    assert.equal(workshop?.days, 5);
    assert.equal(workshop?.all?.toFixed(2), "23.00");
    assert.equal(workshop?.participant?.toFixed(2), "1.15");
    assert.match(costText(course), /The 5 days of the course: 23\.00, 1\.15 a participant/);
    assert.deepEqual(costOutput(course), {
      currency: "USD",
      perDay: 4.6,
      perDayStopped: 0.3,
      perParticipantAndDay: 0.23,
      courseDays: 5,
      course: 23,
      perParticipant: 1.15,
      prices: PRICES.source,
    });
    assert.equal(costOf(PAID).workshop, undefined);
  });

  it("has what credits may add, only where they cost money", () => {
    const unlimited: Paid = { ...PAID, cpuCredits: "unlimited" };
    assert.equal(costOf(unlimited).surplusDay?.toFixed(2), "2.88");
    assert.match(costText(unlimited), /unlimited adds up to 2\.88 a day/);
    assert.equal(costOutput(unlimited)["creditsAtMostPerDay"], 2.88);
    assert.equal(costOf(PAID).surplusDay, undefined);
    const m5 = { ...PRICES, instanceType: "m5.4xlarge", surplusVcpuHour: undefined };
    assert.equal(costOf({ ...unlimited, prices: m5 }).surplusDay, undefined);
  });

  it("is unknown where a price is, and no sum is made without it", () => {
    const { instanceHour, ...prices } = PRICES;
    assert.ok(instanceHour > 0);
    const paid = { ...PAID, prices, firstDay: "2026-12-14", lastDay: "2026-12-18" };
    assert.deepEqual(
      [costOf(paid).day, costOf(paid).participantDay, costOf(paid).workshop?.all],
      [undefined, undefined, undefined],
    );
    assert.match(costText(paid), /^Cost: unknown a day while it runs \(t3\.xlarge unknown, /);
    assert.match(costText(paid), /0\.30 while it is stopped/);
    assert.equal(costOutput(paid)["perDay"], "unknown");
  });

  it("is nobody's where there are no participants", () => {
    assert.equal(costOf({ ...PAID, participants: 0 }).participantDay, undefined);
    assert.match(costText({ ...PAID, participants: 0 }), /unknown a participant/);
  });

  it("grows with each part, and a running day is never below a stopped one", () => {
    const gib = fc.integer({ min: 1, max: 16_384 });
    fc.assert(
      fc.property(gib, gib, fc.integer({ min: 1, max: 500 }), (diskGiB, dataGiB, participants) => {
        const one = costOf({ ...PAID, diskGiB, dataGiB, participants });
        const more = costOf({ ...PAID, diskGiB: diskGiB + 1, dataGiB, participants });
        assert.ok((one.day ?? 0) > (one.stoppedDay ?? 0));
        assert.ok((more.day ?? 0) > (one.day ?? 0));
        assert.ok(Math.abs((one.participantDay ?? 0) * participants - (one.day ?? 0)) < 1e-9);
      }),
    );
  });
});

describe("the days of a course", () => {
  it("are counted with both ends", () => {
    const cases: [string | undefined, string | undefined, number | undefined][] = [
      ["2026-12-17", "2026-12-17", 1],
      ["2026-12-14", "2026-12-18", 5],
      ["2026-10-24", "2026-10-26", 3],
      ["2026-12-18", "2026-12-14", undefined],
      [undefined, "2026-12-14", undefined],
      ["2026-12-14", undefined, undefined],
    ];
    for (const [first, last, days] of cases) assert.equal(courseDays(first, last), days);
  });
});
