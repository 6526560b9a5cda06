/**
 * Prints the operator's policy as JSON, for an IT department that makes its own users.
 *
 *   npm run -s policy -- --region ap-south-1 --region eu-central-1 --zone Z0123456789ABC --bucket NAME
 *
 * Asks neither AWS nor Pulumi. `pulumi up` of an account stack makes a policy of the same text.
 */
import { operatorPolicy } from "../components/operatorPolicy";
import { parsePolicyArguments } from "./policyArguments";

try {
  const scope = parsePolicyArguments(process.argv.slice(2));
  console.log(JSON.stringify(operatorPolicy(scope), undefined, 2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
