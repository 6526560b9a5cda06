/**
 * Is anything left in AWS that costs money? Looks into every region for what has this program's tag,
 * and tells what it costs and whether a stack still owns it.
 *
 *   npm run sweep                          of every workshop, in every region
 *   npm run sweep -- --stack NAME          of one; AWS is reached as this stack reaches it
 *   npm run sweep -- --remove              removes what no stack owns, after a question
 *   npm run sweep -- --profile admin       as somebody who may look into all regions
 *
 * With `--all` for all workshops by the way of `--stack NAME`, `--json` for programs. `--remove` leaves
 * snapshots and images, which may be backups, unless `--backups` is given too. Ends with status 0 only
 * when nothing costs money that no stack owns. Costs nothing.
 */
import { createInterface } from "node:readline/promises";
import { formatProblem } from "../components/text";
import { MONTH_HOURS, stackPrices, type Prices } from "./prices";
import { awsOf, shownConfig, type ShownConfig, type StackAws } from "./stackAws";
import { selectedStack } from "./stackServer";
import { parseSweepArguments, type SweepRequest } from "./sweepArguments";
import { lookInto, regionsOf } from "./sweepLook";
import { readOwners } from "./sweepOwners";
import { removeAll } from "./sweepRemove";
import { isClean, leftOver, sweptText, thingsTable, type Swept } from "./sweepText";
import { costOf, orphansOf, ownerOf, type Seen, type Thing } from "./sweepThings";

/** Regions that are asked at a time. */
const AT_ONCE = 12;

/** Does some work for each, some at a time, in their order. */
async function forEach<In, Out>(
  all: readonly In[],
  work: (one: In) => Promise<Out>,
): Promise<Out[]> {
  const results: Out[] = [];
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < all.length; index = next++) {
      const one = all[index];
      if (one !== undefined) results[index] = await work(one);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

async function withCosts(
  aws: StackAws,
  seen: readonly Seen[],
): Promise<[Omit<Thing, "owner">[], string]> {
  const known = new Map<string, Promise<Prices>>();
  const pricesOf = ({ region, runningType }: Seen) => {
    const key = `${region} ${runningType ?? ""}`;
    const asked = known.get(key) ?? stackPrices(aws, runningType, region);
    known.set(key, asked);
    return asked;
  };
  const priced = await Promise.all(
    seen.map(async (one) => ({ ...one, ...costOf(one, await pricesOf(one), MONTH_HOURS) })),
  );
  const sources = await Promise.all([...known.values()]);
  return [priced, [...new Set(sources.map(({ source }) => source))].join("; ")];
}

/** Everything with the tag, in all regions. */
export async function sweep(aws: StackAws, only: string | undefined): Promise<Swept> {
  const regions = await regionsOf(aws.ec2());
  const all = await forEach(regions, (region) => lookInto(aws.ec2(region), region, only));
  const seen = all.flatMap((one) => ("things" in one ? one.things : []));
  const failures = all.flatMap((one) => ("failed" in one ? one : []));
  const owners = readOwners();
  const [priced, prices] = await withCosts(aws, seen);
  return {
    things: priced.map((one) => ({ ...one, owner: ownerOf(one, owners.ids) })),
    looked: all.flatMap((one) => ("things" in one ? one.region : [])),
    refused: failures.flatMap(({ region, refused }) => (refused ? region : [])),
    failed: failures.flatMap(({ region, failed, refused }) =>
      refused ? [] : { region, why: failed },
    ),
    unread: owners.unread,
    backend: owners.backend,
    prices,
  };
}

/** Whether the person types the word. */
async function agrees(question: string, word: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await new Promise<string>((resolve) => {
    lines.once("close", () => resolve(""));
    void lines.question(question).then(resolve);
  });
  lines.close();
  return answer.trim() === word;
}

async function remove(aws: StackAws, swept: Swept, { backups }: SweepRequest): Promise<boolean> {
  // Whose state could not be read, that may own what has its tag.
  const safe = swept.things.filter(({ stack }) => !swept.unread.includes(stack));
  const orphans = orphansOf(safe, backups);
  if (orphans.length === 0) {
    console.log(sweptText(swept));
    return isClean(swept);
  }
  const names = [...new Set(orphans.map(({ stack }) => stack))].join(" ");
  const word = names.trim() === "" ? "remove" : names.trim();
  console.log(thingsTable(orphans));
  console.log("They are removed for good. Nothing of this can be brought back.");
  if (!(await agrees(`To go on, type ${word}: `, word))) {
    throw new Error(
      formatProblem({
        wrong: "Nothing was removed",
        received: "another word, or none",
        allowed: word,
        mend: "npm run sweep -- --remove, and type the word",
      }),
    );
  }
  const removed = await removeAll(orphans, (region) => aws.ec2(region), ({ thing, why }) => {
    const { kind, id, region } = thing;
    console.log(why === undefined ? `${id} removed (${kind}, ${region})` : `${id} stays: ${why}`);
  });
  const stays = removed.filter(({ why }) => why !== undefined);
  const others = leftOver(swept).filter((thing) => !orphans.includes(thing));
  return stays.length === 0 && swept.failed.length === 0 && others.every(({ isPaid }) => !isPaid);
}

/** How the stack reaches AWS, or somebody else in its place. */
function configFor(stack: string, profile: string | undefined): ShownConfig {
  const config = shownConfig(stack);
  if (profile === undefined) return config;
  const keys = { "aws:accessKey": undefined, "aws:secretKey": undefined, "aws:token": undefined };
  return { ...config, ...keys, "aws:profile": { value: profile } };
}

async function main(): Promise<boolean> {
  const request = parseSweepArguments(process.argv.slice(2));
  const stack = request.stack ?? selectedStack();
  const config = configFor(stack, request.profile);
  const name = config["tljh-workshop:name"]?.value || stack;
  const aws = awsOf(config);
  const swept = await sweep(aws, request.all ? undefined : name);
  if (request.remove) return remove(aws, swept, request);
  console.log(request.json ? JSON.stringify(swept, undefined, 2) : sweptText(swept));
  return isClean(swept);
}

if (require.main === module) {
  main().then(
    (isGood) => {
      process.exitCode = isGood ? 0 : 1;
    },
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      process.exitCode = 1;
    },
  );
}
