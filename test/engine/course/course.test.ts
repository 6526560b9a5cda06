/**
 * Phase 6 of the guide with the real `pulumi`: private course material on a stack of its own, with
 * the rehearsal's GitHub. One machine for all of it; each part goes on where the one before ended.
 */
import { inTheBrowser } from "./browser";
import { course } from "./fixes";
import { succeeded, Lab } from "../workshop/lab";
import { content } from "./content";
import { drift } from "./drift";
import { interrupted } from "./interrupted";
import { rotation } from "./rotation";
import { sealed } from "./sealed";
import { secrets } from "./secrets";
import { addUnixUsers } from "./server";
import { shared } from "./shared";

const PEOPLE = ["aisuluu", "bakyt", "nurlan", "saule", "timur", "zarina"];

describe("a course with private material", function () {
  // What comes after a failure would only fail because of it.
  this.bail(true);
  let lab: Lab | undefined;
  const workshop = (): Lab => {
    if (!lab) throw new Error("the rehearsal did not start");
    return lab;
  };
  before(async () => {
    lab = await Lab.open({ participants: 2, participantNames: ["maria", "sofia"] });
    succeeded(await lab.change("up"));
    await addUnixUsers(lab, PEOPLE);
  });
  after(() => lab?.close());

  inTheBrowser(workshop);
  sealed(workshop);
  content(workshop);
  course(workshop);
  rotation(workshop);
  drift(workshop);
  interrupted(workshop);
  secrets(workshop);
  shared(workshop);
});
