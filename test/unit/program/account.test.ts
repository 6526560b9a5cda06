import assert from "node:assert/strict";
import { operatorPolicy } from "../../../components/operatorPolicy";
import { providerError, runProgram, type Registered, type Run } from "./run";

/** Pulumi.yaml's defaults of a workshop are not needed. */
const ACCOUNT = {
  kind: "account",
  name: "river",
  admins: "[]",
  bootstrapSha256: "",
  acmeEmail: "",
};

function only(run: Run, type: string): Registered {
  const found = run.resources.filter((one) => one.type === type);
  assert.equal(found.length, 1, `${found.length} resources of type ${type}`);
  return found[0];
}

function json(resource: Registered, input: string): Record<string, unknown> {
  return JSON.parse(resource.inputs[input] as string) as Record<string, unknown>;
}

describe("the program of an account stack", () => {
  let run: Run;
  before(async function () {
    this.timeout(60_000);
    run = await runProgram(ACCOUNT);
  });

  it("has a component for state, scheduler and operator, and nothing of a workshop", () => {
    const tops = run.resources.filter((one) => one.parent === undefined).map((one) => one.type);
    assert.deepEqual(tops, [
      "tljh:index:StateBucket",
      "tljh:index:SchedulerRole",
      "tljh:index:Operator",
    ]);
    assert.deepEqual(run.asked, ["aws:index/getCallerIdentity:getCallerIdentity"]);
  });

  it("gives the group a policy of the very text that npm run policy prints", () => {
    const policy = operatorPolicy({
      regions: ["ap-south-1"],
      stateBucket: "river-state-123456789012",
      schedulerRole: "river-scheduler",
    });
    assert.deepEqual(json(only(run, "aws:iam/policy:Policy"), "policy"), policy);
  });

  it("puts the user into the group, with a key that is secret", async () => {
    const { inputs } = only(run, "aws:iam/userGroupMembership:UserGroupMembership");
    assert.deepEqual(inputs["groups"], ["river-operators"]);
    assert.equal(only(run, "aws:iam/user:User").inputs["name"], "river-operator");
    assert.equal(run.outputs["operator"], "river-operator");
    assert.equal(run.outputs["accessKeyId"], "river-operator-key-id");
  });

  it("lets only schedules of this account take the role, and only stop and start with it", () => {
    const role = json(only(run, "aws:iam/role:Role"), "assumeRolePolicy");
    const [trust] = role["Statement"] as Record<string, unknown>[];
    assert.deepEqual(trust?.["Principal"], { Service: "scheduler.amazonaws.com" });
    assert.deepEqual(trust?.["Condition"], {
      StringEquals: { "aws:SourceAccount": "123456789012" },
    });
    const policy = json(only(run, "aws:iam/rolePolicy:RolePolicy"), "policy");
    const [rights] = policy["Statement"] as Record<string, unknown>[];
    assert.deepEqual(rights?.["Action"], ["ec2:StartInstances", "ec2:StopInstances"]);
    assert.deepEqual(rights?.["Condition"], {
      StringEquals: { "aws:ResourceTag/project": "tljh-workshop" },
    });
  });

  it("keeps the state's bucket versioned, encrypted, closed, and by TLS only, longer than itself", () => {
    const kinds = [
      "Versioning",
      "PublicAccessBlock",
      "ServerSideEncryptionConfiguration",
      "Policy",
    ];
    for (const kind of kinds) {
      const type = `aws:s3/bucket${kind}:Bucket${kind}`;
      assert.equal(only(run, type).opts.retainOnDelete, true, type);
    }
    assert.equal(only(run, "aws:s3/bucket:Bucket").inputs["forceDestroy"], undefined);
    const [deny] = json(only(run, "aws:s3/bucketPolicy:BucketPolicy"), "policy")[
      "Statement"
    ] as Record<string, unknown>[];
    assert.deepEqual(deny?.["Condition"], { Bool: { "aws:SecureTransport": "false" } });
  });

  it("gives AdministratorAccess only when it is asked for", async () => {
    const attached = (some: Run) =>
      only(some, "aws:iam/groupPolicyAttachment:GroupPolicyAttachment").inputs["policyArn"];
    assert.doesNotMatch(String(attached(run)), /AdministratorAccess/);
    const all = await runProgram({ ...ACCOUNT, operatorAccess: "administrator" });
    assert.equal(attached(all), "arn:aws:iam::aws:policy/AdministratorAccess");
    assert.ok(!all.resources.some((one) => one.type === "aws:iam/policy:Policy"));
  });

  it("allows records in the zone that was named, and says when there is none", async () => {
    const getZone = "aws:route53/getZone:getZone";
    const dnsZone = "river-lab.org";
    const found = await runProgram(
      { ...ACCOUNT, dnsZone },
      { [getZone]: () => ({ zoneId: "Z1" }) },
    );
    const { inputs } = only(found, "aws:iam/policy:Policy");
    assert.match(inputs["policy"] as string, /:hostedzone\/Z1"/);
    const none = () => {
      throw providerError("no matching Route 53 Hosted Zone found");
    };
    await assert.rejects(
      runProgram({ ...ACCOUNT, dnsZone }, { [getZone]: none }),
      /no public zone of this name[^]*received: dnsZone river-lab\.org[^]*config --stack test rm dnsZone/,
    );
  });
});
