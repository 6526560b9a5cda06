/**
 * A class that does not behave, and a network that does not: one takes all memory, one fills the disk,
 * the Wi-Fi is gone, a computation says nothing. Seconds stand for minutes and hours.
 *
 * Not in `npm test`, because it takes minutes: npm run test:class
 */
import { Lab, succeeded } from "../workshop/lab";
import { disk } from "./disk";
import { idle } from "./idle";
import { memory } from "./memory";
import { network } from "./network";

describe("a class", function () {
  let lab: Lab | undefined;
  const workshop = (): Lab => {
    if (!lab) throw new Error("the rehearsal did not start");
    return lab;
  };
  before(async () => {
    lab = await Lab.open({
      participants: 3,
      participantNames: ["maria", "sofia", "clara"],
      dataGiB: 1,
      homeGiB: 0.1953125,
      memoryGiB: 0.6875,
    });
    succeeded(await lab.change("up"));
  });
  after(() => lab?.close());

  memory(workshop);
  disk(workshop);
  network(workshop);
  idle(workshop);
});
