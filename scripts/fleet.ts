/**
 * Every stack of this project: where it is, whether it runs, what it has cost, and what ends when.
 *
 *   npm run fleet                        a table
 *   npm run fleet -- --page fleet.html   a page too, which needs nothing else
 *   npm run -s fleet -- --json           for scripts
 *
 * Changes nothing. A stack that cannot be read or reached is a row that says so. What a stack has cost
 * is reckoned from AWS's prices, without taxes and traffic; a machine that has been stopped meanwhile
 * has cost at most that. The exit status is 0 when all stacks could be listed.
 */
import fs from "node:fs";
import path from "node:path";
import { askPulumi } from "./askPulumi";
import { parseFleetArguments } from "./fleetArguments";
import { lookAtStack, type ListedStack } from "./fleetLook";
import type { FleetRow } from "./fleetRow";
import { fleetPage, fleetText } from "./fleetTable";
import { asCalled } from "./ownFiles";

/** Stacks looked at together. Each starts two `pulumi`. */
const TOGETHER = 4;
const TEMPLATE = path.join(__dirname, "fleet.html.mustache");

async function lookAtAll(
  stacks: readonly ListedStack[],
  limitSeconds: number,
): Promise<FleetRow[]> {
  const rows: FleetRow[] = [];
  const left = [...stacks.entries()];
  const work = async () => {
    for (let next = left.shift(); next; next = left.shift()) {
      const [index, stack] = next;
      rows[index] = await lookAtStack(stack, limitSeconds);
    }
  };
  await Promise.all(Array.from({ length: TOGETHER }, work));
  return rows;
}

async function main(): Promise<void> {
  const { json, page, limitSeconds } = parseFleetArguments(process.argv.slice(2));
  const listed = JSON.parse(askPulumi("stack", "ls", "--json")) as ListedStack[];
  const rows = await lookAtAll(listed, limitSeconds);
  const now = new Date();
  if (page !== undefined) {
    fs.writeFileSync(asCalled(page), fleetPage(rows, now, fs.readFileSync(TEMPLATE, "utf8")));
    console.error(`${asCalled(page)}  the page`);
  }
  if (json) console.log(JSON.stringify(rows, undefined, 2));
  else if (rows.length === 0) console.log("There is no stack yet: pulumi stack init NAME");
  else console.log(fleetText(rows, now));
}

main().then(
  // Whoever did not answer in time is not waited for.
  () => process.stdout.write("", () => process.exit(0)),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
