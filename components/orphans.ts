/** What a killed `pulumi up` has left at AWS: it costs money, and no state knows it. */
import { execFile } from "node:child_process";
import * as pulumi from "@pulumi/pulumi";
import { besideEc2 } from "./awsClients";
import { stackClients, type Settings } from "./config";
import { pricesOf } from "./prices";
import { idsIn, ownerOf, withCosts, withoutParts, type Cost, type Seen } from "./taggedThings";
import { formatProblem } from "./text";

/** What a look may take; `up` waits for it. */
const LIMIT_SECONDS = 10;

/** What has this stack's tags and is not among the ids that it knows. */
export function strangers(seen: readonly Seen[], ids: ReadonlySet<string>): Seen[] {
  const known = new Map([["this", ids]]);
  const isStrange = (one: Seen) => ownerOf(one, known) === "";
  return withoutParts(seen, isStrange).filter(isStrange);
}

function priceText({ isPaid, monthly, kind }: Seen & Cost): string {
  if (!isPaid) return kind === "instance" ? "costs nothing while it is stopped" : "costs nothing";
  return monthly === undefined ? "costs what nobody tells" : `${monthly.toFixed(2)} USD a month`;
}

/** The warning. */
export function orphansText(orphans: readonly (Seen & Cost)[], stack: string): string {
  return formatProblem({
    wrong:
      "AWS has more with this stack's tags than the stack knows; an `up` that was killed leaves such things",
    received: orphans
      .map((one) => `${one.id} (${one.kind}, ${one.what}): ${priceText(one)}`)
      .join("\n            "),
    allowed:
      "what is in the stack's state: `up` and `destroy` leave the rest alone, and AWS makes no second rule, route or subnet beside one of the same kind",
    mend: `npm run sweep -- --stack ${stack} --remove, which shows all of it and asks first; then pulumi refresh --stack ${stack} --clear-pending-creates, which forgets what was under way; then pulumi up`,
  });
}

/** The stack's state as it was before this `up`. */
function readState(): Promise<string> {
  const args = ["stack", "export", "--non-interactive", "--stack", pulumi.getStack()];
  const options = { encoding: "utf8", maxBuffer: 256 * 1024 * 1024 } as const;
  return new Promise((resolve, reject) => {
    execFile("pulumi", args, options, (error, text) =>
      error ? reject(new Error(error.message)) : resolve(text),
    );
  });
}

/** Whether an `up` has not heard what became of something that it asked for: AWS may have it, even without a tag. */
export function isUncertain(state: string): boolean {
  const { deployment } = JSON.parse(state) as {
    deployment?: { pending_operations?: { type: string }[] };
  };
  return (deployment?.pending_operations ?? []).some(({ type }) => type === "creating");
}

/** What is at AWS and in no state. One question and the state, unless there is something. */
async function leftOver({ name, region, ec2 }: Settings): Promise<Seen[]> {
  const { lookForStack } = await import("./taggedLook");
  return besideEc2(ec2, async (client) => {
    const look = lookForStack(client, region, name, LIMIT_SECONDS);
    const ids = await look.ids();
    // A new stack has nothing there, and its state is not asked for.
    if (ids.length === 0) return [];
    const state = await readState();
    const known = idsIn(state);
    if (ids.every((id) => known.has(id)) && !isUncertain(state)) return [];
    return strangers(await look.made(), known);
  });
}

/**
 * Warns of what has this stack's tags at AWS and is not in its state. Never fails: it only says what
 * `npm run sweep` would.
 *
 * Costs nothing.
 */
export async function nameOrphans(settings: Settings): Promise<void> {
  try {
    const orphans = await leftOver(settings);
    if (orphans.length === 0) return;
    const { priced } = await withCosts(orphans, ({ runningType }) =>
      pricesOf(stackClients(), runningType ?? settings.instanceType),
    );
    await pulumi.log.warn(orphansText(priced, pulumi.getStack()));
  } catch (error) {
    await pulumi.log.debug(`What else has this stack's tags was not seen: ${String(error)}`);
  }
}
