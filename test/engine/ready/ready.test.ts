/**
 * What makes a workshop ready, and the days around it, with the real `pulumi` and the commands that a
 * person runs. One machine for all of it; each part goes on where the one before ended.
 */
import { hireOperator, type AccountOutputs } from "../workshop/account";
import { Lab, succeeded } from "../workshop/lab";
import { days, DAYS } from "./days";
import { doctor } from "./doctor";
import { keepsTheirWork } from "./keep";
import { leaves } from "./leaving";
import { proof } from "./proof";
import { size } from "./size";
import { packages } from "./packages";

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
    lab = await Lab.open({ participants: 2, participantNames: ["maria", "sofia"], ...DAYS });
    operator = await hireOperator(lab);
    succeeded(await lab.change("up"));
  });
  after(() => lab?.close());

  it("is up, and a preview shows no change", async () => {
    succeeded(await workshop().preview("--expect-no-changes"));
  });

  size(workshop);
  packages(workshop);
  doctor(workshop);
  keepsTheirWork(workshop);
  proof(workshop);
  days(workshop);

  // The last of all: it removes the workshop.
  leaves(workshop, () => operator?.accessKeyId ?? "");
});
