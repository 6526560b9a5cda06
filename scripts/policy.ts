/**
 * Prints the operator's policy as JSON, for an IT department that makes its own users.
 *
 *   npm run -s policy -- --region ap-south-1 --region eu-central-1 --zone Z0123456789ABC --bucket NAME
 *
 *   npm run -s policy -- --scheduler 123456789012      the role of AWS's scheduler in that account
 *
 * Asks neither AWS nor Pulumi. `pulumi up` of an account stack makes a policy of the same text.
 */
import { operatorPolicy, partitionOf } from "../components/operatorPolicy";
import { schedulerPolicy, schedulerTrust } from "../components/schedulerRole";
import { parsePolicyArguments } from "./policyArguments";

try {
  const { schedulerOf, ...scope } = parsePolicyArguments(process.argv.slice(2));
  const printed =
    schedulerOf === undefined
      ? operatorPolicy(scope)
      : {
          RoleName: scope.schedulerRole,
          AssumeRolePolicyDocument: schedulerTrust(schedulerOf),
          Policy: schedulerPolicy(partitionOf(scope.regions[0] ?? "")),
        };
  console.log(JSON.stringify(printed, undefined, 2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
