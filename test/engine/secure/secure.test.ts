/**
 * Names, certificate and plain http of one stack with the real `pulumi`, Let's Encrypt's stand-in and
 * its DNS. One machine for all of it: each part goes on where the one before ended.
 */
import { AllocateAddressCommand } from "@aws-sdk/client-ec2";
import { Lab } from "../workshop/lab";
import { changes } from "./changes";
import { closed } from "./closed";
import { ends } from "./ends";
import { open } from "./open";
import { refused } from "./refused";
import { survives } from "./survives";

/** The name that participants use. */
export const NAME = "jupyter.workshop.test";
/** A second name of the same server. */
export const OTHER = "hub.workshop.test";

/** The stack, and what is known of it before it is up. */
export interface Secured {
  lab: Lab;
  /** An Elastic IP of the user's own, reserved before there is a machine. */
  address: string;
}

describe("a workshop with a name", function () {
  // What comes after a failure would only fail because of it.
  this.bail(true);
  let secured: Secured | undefined;
  const workshop = (): Secured => {
    if (!secured) throw new Error("the rehearsal did not start");
    return secured;
  };
  before(async () => {
    const lab = await Lab.open({ domain: NAME, acmeEmail: "it@workshop.test", content: [] });
    const reserved = await lab.ec2().send(new AllocateAddressCommand({ Domain: "vpc" }));
    lab.configure({ elasticIp: reserved.AllocationId });
    secured = { lab, address: reserved.PublicIp ?? "" };
  });
  after(() => secured?.lab.close());

  closed(workshop);
  open(workshop);
  changes(workshop);
  refused(workshop);
  survives(workshop);
  ends(workshop);
});
