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
import { formatProblem } from "../components/text";
import { askPerson, endQuestions } from "./askPerson";
import { awsOf, shownConfig, type ShownConfig, type StackAws } from "./stackAws";
import { selectedStack } from "./stackServer";
import { sweep } from "./sweepAll";
import { parseSweepArguments, type SweepRequest } from "./sweepArguments";
import { removeAll } from "./sweepRemove";
import { isClean, leftOver, sweptText, thingsTable, type Swept } from "./sweepText";
import { orphansOf } from "../components/taggedThings";

async function remove(aws: StackAws, swept: Swept, { backups }: SweepRequest): Promise<boolean> {
  // It may own any of it: its tag need not be its name.
  if (swept.unread.length > 0) {
    throw new Error(
      formatProblem({
        wrong: "Nothing was removed: what belongs to some stacks is not known",
        received: `stacks whose state could not be read: ${swept.unread.join(", ")}; Pulumi's own words are above`,
        allowed: "the states of all stacks of this project",
        mend: `pulumi stack export --stack ${swept.unread[0]}, until it prints the state; then the same command once more`,
      }),
    );
  }
  const orphans = orphansOf(swept.things, backups);
  if (orphans.length === 0) {
    console.log(sweptText(swept));
    return isClean(swept);
  }
  const names = [...new Set(orphans.map(({ stack }) => stack))].join(" ");
  const word = names.trim() === "" ? "remove" : names.trim();
  console.log(thingsTable(orphans));
  console.log("They are removed for good. Nothing of this can be brought back.");
  if ((await askPerson(`To go on, type ${word}: `)) !== word) {
    throw new Error(
      formatProblem({
        wrong: "Nothing was removed",
        received: "another word, or none",
        allowed: word,
        mend: "npm run sweep -- --remove, and type the word",
      }),
    );
  }
  const removed = await removeAll(
    orphans,
    (region) => aws.ec2(region),
    ({ thing, why }) => {
      const { kind, id, region } = thing;
      console.log(why === undefined ? `${id} removed (${kind}, ${region})` : `${id} stays: ${why}`);
    },
  );
  for (const { region, why } of swept.failed) console.log(`${region} did not answer: ${why}`);
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
  const again = `npm run sweep -- --stack ${stack}${request.all ? " --all" : ""}`;
  const swept = await sweep({ stack, aws, again }, request.all ? undefined : name);
  if (request.remove) return remove(aws, swept, request);
  console.log(request.json ? JSON.stringify(swept, undefined, 2) : sweptText(swept));
  return isClean(swept);
}

main()
  .then(
    (isGood) => {
      process.exitCode = isGood ? 0 : 1;
    },
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      process.exitCode = 1;
    },
  )
  .finally(endQuestions);
