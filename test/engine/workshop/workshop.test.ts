/**
 * The life of one stack, from the first `up` to nothing left, with the real `pulumi` on a rehearsal
 * of its own. One machine for all of it: each part goes on where the one before ended.
 */
import { hasAccounts } from "./accounts";
import { comesUp } from "./comesUp";
import { faults } from "./faults";
import { goes } from "./goes";
import { keepsParticipantsApart, staysClosed } from "./insider";
import { isInterrupted } from "./interrupted";
import { Lab } from "./lab";
import { getsNewMachine } from "./newMachine";
import { keepsOutsidersOut } from "./outsider";
import { opensItsDoors } from "./sshDoors";
import { stays } from "./stays";
import { updatesItself } from "./updates";

const PEOPLE = {
  helpers: ["hana"],
  participants: 3,
  participantNames: ["ana", "bo"],
  spareAccounts: 1,
};

describe("a workshop", function () {
  // What comes after a failure would only fail because of it.
  this.bail(true);
  let lab: Lab | undefined;
  const workshop = (): Lab => {
    if (!lab) throw new Error("the rehearsal did not start");
    return lab;
  };
  before(async () => {
    lab = await Lab.open(PEOPLE);
  });
  after(() => lab?.close());

  comesUp(workshop);
  keepsOutsidersOut(workshop);
  keepsParticipantsApart(workshop);
  hasAccounts(workshop);
  updatesItself(workshop);
  stays(workshop);
  opensItsDoors(workshop);
  faults(workshop);
  staysClosed(workshop);
  isInterrupted(workshop);
  getsNewMachine(workshop);
  goes(workshop);
});
