/** Who makes the workshop: a user with the operator's policy, and no more rights than it needs. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  AllocateAddressCommand,
  DescribeAddressesCommand,
  ReleaseAddressCommand,
} from "@aws-sdk/client-ec2";
import { actionsOf, isRead } from "../../../components/operatorPolicy";
import { SEEN_WHEN_BAKED, SEEN_WHEN_READY } from "../ready/rights";
import { policyOf, seenOf, type AccountOutputs } from "./account";
import { succeeded, type Lab } from "./lab";

/** An answer of the address service, for as long as the work takes. */
async function asIfAt(address: string, work: (service: string) => Promise<void>): Promise<void> {
  const server = createServer((_, answer) => void answer.end(address));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  server.close();
}

/** Changes that only AWS has to do with: nothing runs on the server for them. */
export function isChangedByItsOperator(workshop: () => Lab): void {
  describe("is changed by its operator", () => {
    it("to another type and back, stopped and started each time", async () => {
      for (const instanceType of ["t3.large", "t3.xlarge"]) {
        workshop().configure({ instanceType });
        const up = await workshop().change("up", "--target", workshop().urnOf("test-machine"));
        succeeded(up);
        assert.deepEqual(up.steps, [["test-machine", "update"]]);
      }
      await workshop().serverShows("curl -fsS http://127.0.0.1/hub/health");
    });
  });
}

/**
 * Takes an own Elastic IP, which an administrator has given the tag, and closes port 22 to this
 * computer; returns the address's allocation id.
 */
export async function takeOwnAddress(lab: Lab): Promise<string> {
  const Tags = [{ Key: "project", Value: "tljh-workshop" }];
  const { AllocationId: elasticIp = "" } = await lab.ec2().send(
    new AllocateAddressCommand({
      Domain: "vpc",
      TagSpecifications: [{ ResourceType: "elastic-ip", Tags }],
    }),
  );
  await asIfAt("203.0.113.9", async (addressService) => {
    lab.configure({ elasticIp, addressService });
    const targets = ["test-association", "test-ssh-me"].map((name) => lab.urnOf(name));
    const up = await lab.change("up", ...targets.flatMap((target) => ["--target", target]));
    succeeded(up);
    const steps = up.steps.map(([name]) => name);
    assert.ok(steps.includes("test-association") && steps.includes("test-ssh-me"), up.text);
  });
  return elasticIp;
}

/**
 * Rights that no life in the rehearsal can need. moto does not know the call, which other `cpuCredits`
 * make: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceCreditSpecification.html
 */
const NOT_HERE = ["ec2:ModifyInstanceCreditSpecification", ...SEEN_WHEN_READY, ...SEEN_WHEN_BAKED];

/** Both ways: what was seen is allowed, and what is allowed was needed. */
export async function assertRightsNeeded(lab: Lab, operator: AccountOutputs): Promise<void> {
  const { allowed, refused } = await seenOf(lab, operator.accessKeyId);
  assert.deepEqual(refused, {}, "AWS refused something");
  const writes = (actions: readonly string[]) => actions.filter((action) => !isRead(action)).sort();
  const seen = writes(Object.keys(allowed)).filter((action) => !action.startsWith("sts:"));
  // Those of state and zone are seen where these are in use: test/engine/operator.test.ts.
  const rights = writes(actionsOf(policyOf(lab))).filter(
    (action) => action.startsWith("ec2:") && !NOT_HERE.includes(action),
  );
  assert.deepEqual(seen, rights);
}

/** What moto does not look at: each thing that was made, or that a call was about, has the tag. */
export async function assertTagged(lab: Lab, operator: AccountOutputs): Promise<void> {
  const { made, about } = await seenOf(lab, operator.accessKeyId);
  assert.deepEqual(made["RunInstances"], [
    "instance project=tljh-workshop",
    "volume project=tljh-workshop",
  ]);
  assert.ok(Object.keys(made).length > 8 && Object.keys(about).length > 20);
  const bare = Object.entries({ ...made, ...about })
    .flatMap(([action, things]) => things.map((thing) => `${action}: ${thing}`))
    .filter((one) => !one.endsWith(" project=tljh-workshop"));
  // AWS's own rule of a new group; the right to revoke goes by the group's tag.
  assert.deepEqual(bare, ["RevokeSecurityGroupEgress: security-group-rule project=none"]);
}

/** Releases an own address, which `destroy` must have left, and associated with nothing. */
export async function releaseOwnAddress(lab: Lab, AllocationId: string): Promise<void> {
  const ids = { AllocationIds: [AllocationId] };
  const { Addresses = [] } = await lab.ec2().send(new DescribeAddressesCommand(ids));
  assert.equal(Addresses.length, 1, "the own address was released");
  assert.equal(Addresses[0]?.AssociationId, undefined);
  await lab.ec2().send(new ReleaseAddressCommand({ AllocationId }));
}
