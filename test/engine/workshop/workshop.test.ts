/**
 * The life of one stack, from the first `up` to nothing left, with the real `pulumi` on a rehearsal
 * of its own. One machine for all of it: each part goes on where the one before ended. All of it with
 * the key of an operator, whom AWS refuses what the policy does not allow.
 */
import { hasAccounts } from "./accounts";
import { hireOperator, type AccountOutputs } from "./account";
import { comesUp } from "./comesUp";
import { faults } from "./faults";
import { goes } from "./goes";
import { keepsParticipantsApart, staysClosed } from "./insider";
import { isInterrupted } from "./interrupted";
import { Lab } from "./lab";
import { getsNewMachine } from "./newMachine";
import { isChangedByItsOperator } from "./operator";
import { keepsOutsidersOut } from "./outsider";
import { opensItsDoors } from "./sshDoors";
import { startsOrSaysWhyNot } from "./starts";
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
  let operator: AccountOutputs | undefined;
  const workshop = (): Lab => {
    if (!lab) throw new Error("the rehearsal did not start");
    return lab;
  };
  const itsOperator = (): AccountOutputs => {
    if (!operator) throw new Error("there is no operator");
    return operator;
  };
  before(async () => {
    lab = await Lab.open(PEOPLE);
    operator = await hireOperator(lab);
  });
  after(() => lab?.close());

  comesUp(workshop);
  keepsOutsidersOut(workshop);
  keepsParticipantsApart(workshop);
  startsOrSaysWhyNot(workshop);
  updatesItself(workshop);
  hasAccounts(workshop);
  stays(workshop);
  opensItsDoors(workshop);
  faults(workshop);
  staysClosed(workshop);
  isInterrupted(workshop);
  getsNewMachine(workshop);
  isChangedByItsOperator(workshop);
  goes(workshop, itsOperator);
});
