/**
 * What makes a workshop ready, and the days around it, with the real `pulumi` and the commands that a
 * person runs. One machine for all of it; each part goes on where the one before ended.
 */
import assert from "node:assert/strict";
import { hireOperator, seenOf, type AccountOutputs } from "../workshop/account";
import { assertNothingLeft, Lab, succeeded } from "../workshop/lab";
import { days } from "./days";
import { doctor } from "./doctor";

describe("a workshop that is ready", function () {
  // What comes after a failure would only fail because of it.
  this.bail(true);
  let lab: Lab | undefined;
  let operator: AccountOutputs | undefined;
  const workshop = (): Lab => {
    if (!lab) throw new Error("the rehearsal did not start");
    return lab;
  };
  before(async () => {
    lab = await Lab.open({ participants: 2, participantNames: ["maria", "sofia"] });
    operator = await hireOperator(lab);
    succeeded(await lab.change("up"));
  });
  after(() => lab?.close());

  it("is up, and a preview shows no change", async () => {
    succeeded(await workshop().preview("--expect-no-changes"));
  });

  doctor(workshop);
  days(workshop);

  // In a describe of its own: mocha runs a suite's own tests before the suites in it.
  describe("in the end", () => {
    it("leaves nothing, and its operator was refused nothing", async () => {
      succeeded(await workshop().change("destroy"));
      await assertNothingLeft(workshop());
      const { refused } = await seenOf(workshop(), operator?.accessKeyId ?? "");
      assert.deepEqual(refused, {});
    });
  });
});
