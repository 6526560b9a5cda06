/** `npm run rehearse`: its arguments, its figures, its page. */
import assert from "node:assert/strict";
import {
  bottleneck,
  percentile,
  phaseTimes,
  twice,
  type Sample,
} from "../../scripts/class/figures";
import { classPage } from "../../scripts/class/page";
import type { Visit } from "../../scripts/class/visit";
import { parseRehearseArguments } from "../../scripts/rehearseArguments";
import { adviceOf, timesText, verdictOf } from "../../scripts/rehearseText";

const sample = (more: Partial<Sample> = {}): Sample => ({
  ...{ at: 1, cpu: 40, steal: 0, cpus: 4, memoryMiB: 4000, totalMiB: 16000, diskMiB: 100 },
  ...more,
});
const came: Visit = {
  name: "workshop-class-01",
  arrived: 0,
  phases: [
    { name: "log-in", seconds: 1 },
    { name: "server", seconds: 4 },
  ],
};
const failed: Visit = {
  name: "workshop-class-02",
  arrived: 2,
  phases: [{ name: "log-in", seconds: 3 }],
  failed: { phase: "server", why: "no <memory>" },
};

describe("npm run rehearse", () => {
  it("takes how many come, and in what time", () => {
    const usual = { participants: 20, within: 60, json: false };
    assert.deepEqual(parseRehearseArguments([]), usual);
    assert.deepEqual(parseRehearseArguments(["-s", "a", "--participants", "5", "--within", "0"]), {
      ...usual,
      ...{ stack: "a", participants: 5, within: 0 },
    });
  });

  it("refuses numbers and words that it cannot use, with the command that is meant", () => {
    for (const participants of ["0", "101", "many", "1.5", ""]) {
      assert.throws(
        () => parseRehearseArguments(["--participants", participants]),
        /--participants is not a number[^]*mend: {5}npm run rehearse -- --participants 20/,
      );
    }
    assert.throws(
      () => parseRehearseArguments(["--partcipants", "5"]),
      /mend: +npm run rehearse -- --participants 5$/,
    );
    assert.throws(() => parseRehearseArguments(["20"]), /rehearse takes no words/);
  });

  it("takes percentiles by the nearest rank", () => {
    const twenty = Array.from({ length: 20 }, (_, index) => 20 - index);
    assert.equal(percentile(twenty, 0.5), 10);
    assert.equal(percentile(twenty, 0.95), 19);
    assert.equal(percentile([7], 0.95), 7);
  });

  it("counts a phase for those who came through it, and the whole for those who came through all", () => {
    assert.deepEqual(phaseTimes([came, failed]), [
      { name: "log-in", count: 2, p50: 1, p95: 3 },
      { name: "server", count: 1, p50: 4, p95: 4 },
      { name: "in all", count: 1, p50: 5, p95: 5 },
    ]);
    assert.deepEqual(phaseTimes([failed]).at(-1)?.name, "log-in");
    assert.match(timesText(phaseTimes([came])), /^phase +p50 +p95[^]*server +4\.0 s +4\.0 s +1/);
  });

  describe("says what was scarce", () => {
    const of = (...samples: Sample[]) => bottleneck(samples, "t3.xlarge");

    it("memory, before all else", () => {
      const { what, type } = of(sample({ cpu: 99 }), sample({ cpu: 99, memoryMiB: 15000 }));
      assert.deepEqual({ what, type }, { what: "memory", type: "t3.2xlarge" });
    });

    it("processors, when they are busy half of the time; not for a moment", () => {
      assert.equal(of(sample({ cpu: 97 }), sample({ cpu: 95 }), sample()).what, "processors");
      assert.equal(of(sample({ cpu: 100 }), sample(), sample()).what, "nothing");
    });

    it("credits, where the host keeps processors back: then another family", () => {
      const { what, type } = of(sample({ cpu: 99, steal: 60 }));
      assert.deepEqual({ what, type }, { what: "credits", type: "m5.xlarge" });
    });

    it("nothing known, when the machine was not watched", () => {
      assert.deepEqual(of(), { what: "nothing", why: "the machine was not watched" });
    });
  });

  it("knows the next larger type", () => {
    assert.equal(twice("t3.small"), "t3.xlarge");
    assert.equal(twice("t3.large"), "t3.xlarge");
    assert.equal(twice("t3.2xlarge"), "m5.4xlarge");
    assert.equal(twice("m5.24xlarge"), undefined);
    assert.equal(twice("m6i.xlarge"), "m6i.2xlarge");
    assert.equal(twice("u-6tb1.metal"), undefined);
    const scarce = { what: "processors", why: "busy", type: "t3.2xlarge" } as const;
    assert.match(adviceOf(scarce, "s"), /pulumi config --stack s set instanceType t3.2xlarge/);
  });

  it("draws everybody and the machine on one page that loads nothing", () => {
    const held = {
      visits: [came, failed],
      samples: [sample(), sample({ at: 4, cpu: 90 })],
      seconds: 6,
    };
    const report = {
      ...{ stack: "s", url: "https://hub.test", instanceType: "t3.xlarge", date: "2026-11-25" },
      ...{
        held,
        times: phaseTimes(held.visits),
        bottleneck: bottleneck(held.samples, "t3.xlarge"),
      },
    };
    assert.match(verdictOf(held), /^1 of 2 participants came through/);
    const page = classPage(report, verdictOf(held), "advice");
    assert.equal((page.match(/<rect [^>]*><title>/g) ?? []).length, 3);
    assert.equal((page.match(/<polyline points="[\d., ]+"/g) ?? []).length, 3);
    assert.match(page, /✖ server: no &lt;memory&gt;/);
    assert.doesNotMatch(page, /NaN|undefined|<script|src=|href=/);
  });
});
