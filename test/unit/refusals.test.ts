import assert from "node:assert/strict";
import type * as pulumi from "@pulumi/pulumi";
import {
  alreadyThere,
  explainRefusal,
  limitReached,
  missingRight,
} from "../../components/refusals";

const USER = "arn:aws:iam::123456789012:user/workshop-operator";

/** What AWS says, by the service that refuses, and the action and user that it means. */
const REFUSALS: [text: string, received: RegExp][] = [
  [
    `operation error EC2: CreateVpc, https response error StatusCode: 403, api error UnauthorizedOperation: You are not authorized to perform this operation. User: ${USER} is not authorized to perform: ec2:CreateVpc on resource: arn:aws:ec2:ap-south-1:123456789012:vpc/* because no identity-based policy allows the ec2:CreateVpc action. Encoded authorization failure message: abc`,
    /^ec2:CreateVpc is refused to arn:aws:iam::123456789012:user\/workshop-operator \(create x\), because no identity-based policy allows the ec2:CreateVpc action$/,
  ],
  [
    "operation error EC2: RunInstances, api error UnauthorizedOperation: You are not authorized to perform this operation.",
    /^ec2:RunInstances \(create x\)$/,
  ],
  [
    `operation error Route 53: ChangeResourceRecordSets, api error AccessDenied: User: ${USER} is not authorized to perform: route53:ChangeResourceRecordSets on resource: arn:aws:route53:::hostedzone/Z1 with an explicit deny in a service control policy`,
    /^route53:ChangeResourceRecordSets is refused to \S+ \(create x\), with an explicit deny in a service control policy$/,
  ],
];

describe("what AWS refuses", () => {
  for (const [text, received] of REFUSALS) {
    it(`is told by action and user: ${/error ([\w ]+: \w+)/.exec(text)?.[1]}`, () => {
      const problem = missingRight(text, "create x");
      assert.match(problem?.received ?? "", received);
      assert.match(problem?.mend ?? "", /pulumi up --stack account/);
    });
  }

  it("is told, too, when a limit of the account is reached", () => {
    const text =
      "operation error EC2: RunInstances, api error VcpuLimitExceeded: You have requested more vCPU capacity than your current vCPU limit of 2 allows";
    const problem = limitReached(text, "create test-machine", "test");
    assert.match(problem?.wrong ?? "", /no more vCPUs of running instances in this region/);
    assert.equal(problem?.received, "VcpuLimitExceeded (create test-machine), at a limit of 2");
    assert.match(problem?.mend ?? "", /^npm run preflight -- --stack test, /);
    assert.match(limitReached("AddressLimitExceeded", "x", "s")?.wrong ?? "", /Elastic IPs/);
    assert.equal(limitReached("InsufficientInstanceCapacity", "x", "s"), undefined);
  });

  it("is told, too, when a killed `up` has made it already", () => {
    const text =
      "operation error EC2: AuthorizeSecurityGroupEgress, api error InvalidPermission.Duplicate: the specified rule already exists";
    const problem = alreadyThere(text, "create test-egress", "test");
    assert.equal(problem?.received, "InvalidPermission.Duplicate (create test-egress)");
    assert.match(problem?.mend ?? "", /^npm run sweep -- --stack test --remove, /);
    assert.equal(alreadyThere("VpcLimitExceeded", "x", "s"), undefined);
  });

  it("is not tried again", async () => {
    const args = { errors: ["VpcLimitExceeded"], failedOperation: "create", name: "test-vpc" };
    assert.equal(await explainRefusal(args as unknown as pulumi.ErrorHookArgs), false);
  });

  it("is no other failure", () => {
    for (const text of [
      "VpcLimitExceeded: too many",
      "request send failed",
      "InvalidClientTokenId",
    ]) {
      assert.equal(missingRight(text, "create x"), undefined, text);
    }
  });
});
