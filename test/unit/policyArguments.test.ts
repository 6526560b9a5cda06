import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import path from "node:path";
import { operatorPolicy } from "../../components/operatorPolicy";
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
    });
  });

  it("refuses what is none of these, all at once", () => {
    const wrong = ["--region", "Mumbai", "--zone", "example.org", "--bucket", "No_Bucket"];
    assert.throws(
      () => parsePolicyArguments(wrong),
      /3 problems[^]*received: Mumbai[^]*received: example\.org[^]*received: No_Bucket[^]*mend: /,
    );
    assert.throws(() => parsePolicyArguments(["--regoin", "x"]), /allowed: {2}--region, --zone/);
  });

  it("prints JSON alone, and needs neither AWS nor Pulumi", () => {
    const printed = execFileSync(
      process.execPath,
      ["--require", require.resolve("tsx/cjs"), path.join(ROOT, "scripts/policy.ts"), "-z", "Z1"],
      { encoding: "utf8", env: { PATH: "" } },
    );
    assert.deepEqual(
      JSON.parse(printed),
      operatorPolicy({ regions: ["ap-south-1"], zoneId: "Z1" }),
    );
  });
});
