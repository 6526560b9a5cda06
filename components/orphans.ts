/** What a killed `pulumi up` has left at AWS: it costs money, and no state knows it. */
import { execFile } from "node:child_process";
import * as pulumi from "@pulumi/pulumi";
import { besideEc2 } from "./awsClients";
import { stackClients, type Settings } from "./config";
import { MONTH_HOURS, pricesOf } from "./prices";
import { costOf, idsIn, ownerOf, type Seen, type Thing } from "./taggedThings";
import { formatProblem } from "./text";

/** What a look may take; `up` waits for it. */
const LIMIT_SECONDS = 10;

/** What has this stack's tags and is not among the ids that it knows. */
export function strangers(seen: readonly Seen[], ids: ReadonlySet<string>): Seen[] {
  return seen.filter((one) => ownerOf(one, new Map([["this", ids]])) === "");
}

/** What is left, with what it costs. */
export type Orphan = Seen & Pick<Thing, "isPaid" | "monthly">;

function priceText({ isPaid, monthly }: Orphan): string {
  if (!isPaid) return "costs nothing while it is stopped";
  return monthly === undefined ? "costs what nobody tells" : `${monthly.toFixed(2)} USD a month`;
}

/** The warning. */
export function orphansText(orphans: readonly Orphan[], stack: string): string {
  return formatProblem({
    wrong:
      "AWS has more with this stack's tags than the stack knows; an `up` that was killed leaves such things",
    received: orphans
      .map((one) => `${one.id} (${one.kind}, ${one.what}): ${priceText(one)}`)
      .join("\n            "),
    allowed: "what is in the stack's state; `up` and `destroy` leave the rest alone",
    mend: `npm run sweep -- --stack ${stack} --remove, which shows all of it and asks first`,
  });
}

async function withCost(one: Seen, instanceType: string): Promise<Orphan> {
  const prices = await pricesOf(stackClients(), one.runningType ?? instanceType);
  return { ...one, ...costOf(one, prices, MONTH_HOURS) };
}

/** Ids in the stack's state as it was before this `up`. */
function idsInState(): Promise<Set<string>> {
  const args = ["stack", "export", "--non-interactive", "--stack", pulumi.getStack()];
  const options = { encoding: "utf8", maxBuffer: 256 * 1024 * 1024 } as const;
  return new Promise((resolve, reject) => {
    execFile("pulumi", args, options, (error, text) =>
      error ? reject(new Error(error.message)) : resolve(idsIn(text)),
    );
  });
}

/** What a stack pays for by the hour, as AWS has it by the stack's tags. */
async function tagged({ name, region, ec2 }: Settings): Promise<Seen[]> {
  const { paidByTheHour } = await import("./taggedLook");
  return besideEc2(ec2, (client) => paidByTheHour(client, region, name, LIMIT_SECONDS));
}

/**
 * Warns of what has this stack's tags at AWS and is not in its state. Never fails: it only says what
 * `npm run sweep` would.
 *
 * Costs nothing.
 */
export async function nameOrphans(settings: Settings): Promise<void> {
  try {
    const seen = await tagged(settings);
    // A new stack has nothing there, and its state is not asked for.
    const orphans = seen.length === 0 ? [] : strangers(seen, await idsInState());
    if (orphans.length === 0) return;
    const priced = await Promise.all(orphans.map((one) => withCost(one, settings.instanceType)));
    await pulumi.log.warn(orphansText(priced, pulumi.getStack()));
  } catch (error) {
    await pulumi.log.debug(`What else has this stack's tags was not seen: ${String(error)}`);
  }
}
