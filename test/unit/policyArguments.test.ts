import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import path from "node:path";
import { operatorPolicy } from "../../components/operatorPolicy";
import { schedulerPolicy, schedulerTrust } from "../../components/schedulerRole";
import { parsePolicyArguments } from "../../scripts/policyArguments";

const ROOT = path.join(__dirname, "../..");

describe("npm run policy", () => {
  it("takes regions, a zone and a bucket, and the guide's region by default", () => {
    assert.deepEqual(parsePolicyArguments([]).regions, ["ap-south-1"]);
    const args = "--region ap-south-1 -r eu-central-1,ap-south-1 --zone Z0123 --bucket a-state";
    assert.deepEqual(parsePolicyArguments(args.split(" ")), {
      regions: ["ap-south-1", "eu-central-1"],
      zoneId: "Z0123",
      stateBucket: "a-state",
      schedulerRole: "workshop-scheduler",
    });
    const role = ["--role", "river-scheduler", "--scheduler", "123456789012"];
    const { schedulerRole, schedulerOf } = parsePolicyArguments(role);
    assert.deepEqual([schedulerRole, schedulerOf], ["river-scheduler", "123456789012"]);
  });

  it("refuses what is none of these, all at once", () => {
    const wrong = ["--region", "Mumbai", "--zone", "example.org", "--bucket", "No_Bucket"];
    wrong.push("--role", "no role", "--scheduler", "me");
    assert.throws(
      () => parsePolicyArguments(wrong),
      /5 problems[^]*received: Mumbai[^]*received: example\.org[^]*received: No_Bucket[^]*received: me\n[^]*mend: /,
    );
    assert.throws(() => parsePolicyArguments(["--regoin", "x"]), /allowed: {2}--region, --zone/);
  });

  const print = (...args: string[]): unknown =>
    JSON.parse(
      execFileSync(
        process.execPath,
        ["--require", require.resolve("tsx/cjs"), path.join(ROOT, "scripts/policy.ts"), ...args],
        { encoding: "utf8", env: { PATH: "" } },
      ),
    );

  it("prints JSON alone, and needs neither AWS nor Pulumi", () => {
    const schedulerRole = "workshop-scheduler";
    assert.deepEqual(
      print("-z", "Z1"),
      operatorPolicy({ regions: ["ap-south-1"], zoneId: "Z1", schedulerRole }),
    );
  });

  it("prints the role of AWS's scheduler, as an account stack makes it", () => {
    assert.deepEqual(print("--scheduler", "123456789012", "--region", "cn-north-1"), {
      RoleName: "workshop-scheduler",
      AssumeRolePolicyDocument: schedulerTrust("123456789012"),
      Policy: schedulerPolicy("aws-cn"),
    });
  });
});
