/**
 * What is wrong with a workshop, and the command that mends it. Changes nothing.
 *
 *   npm run doctor -- --stack workshop
 *
 * A row for each thing that can be wrong: green, yellow or red. With `--json` for machines, and
 * `--seconds N` for a server that is slow to answer. Ends with status 0 unless a row is red.
 *
 * AWS, the server (over one SSH connection) and what is seen from here are asked side by side, so that
 * it takes less than ten seconds. A machine that is stopped or gone is said at once; where the server
 * cannot be reached, the rows that can be told from here are.
 */
import { parseDoctorArguments } from "./doctor/arguments";
import { askAws } from "./doctor/askAws";
import { askServer, doctorValues } from "./doctor/askServer";
import { isKnown, type Facts, type HereFacts, type Known, type ServerFacts } from "./doctor/facts";
import { lookHere } from "./doctor/lookHere";
import { isWell, rowsOf } from "./doctor/report";
import { stackFacts } from "./doctor/stackFacts";
import { reportText } from "./doctor/text";
import { isRunning } from "./doctor/wayThere";
import { awsOf, shownConfig } from "./stackAws";
import { selectedStack, stackServer } from "./stackServer";

async function main(): Promise<boolean> {
  const request = parseDoctorArguments(process.argv.slice(2));
  const server = stackServer(request.stack ?? selectedStack());
  const config = shownConfig(server.stack);
  const { facts: stack, configured } = stackFacts(server.stack, server.outputs, config);
  const { sshPrivateKey } = server.outputs;

  const asking = askAws(awsOf(config).ec2(), stack.instanceId);
  const looking = lookHere({ ...stack, ...configured, sshPrivateKey });
  const from = Date.now();
  const telling = askServer(
    server,
    doctorValues(stack, configured, request.seconds),
    request.seconds,
  );
  const aws = await asking;
  // A machine that does not run is not waited for.
  const told: Known<ServerFacts> = isRunning({ aws })
    ? await telling
    : { error: `The machine is ${isKnown(aws) ? aws.state : "away"}` };
  const asked = { from, to: Date.now() };
  const here: HereFacts = { ...(await looking), asked };
  const facts: Facts = { stack, aws, here, server: told, now: Date.now() };
  const rows = rowsOf(facts);
  if (request.json) console.log(JSON.stringify({ stack: server.stack, rows }, undefined, 2));
  else {
    const hasColours = process.stdout.isTTY && !process.env["NO_COLOR"];
    console.log(reportText(facts, rows, hasColours));
  }
  return isWell(rows);
}

main().then(
  // A log-in that is still tried is not waited for.
  (isGood) => process.exit(isGood ? 0 : 1),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
