/**
 * Backups of the data volume in AWS: home folders, accounts with their passwords, the certificate.
 *
 *   npm run backup                              makes one, and waits until AWS has all of it
 *   npm run backup -- list                      what there is, and what it costs at most
 *   npm run backup -- remove --older-than 30d   but never the last whole one; that with --even-last
 *   npm run backup -- remove snap-…
 *
 * With `--copy-to REGION` for a copy there, and `--stack NAME`. The volume is held still for the second
 * or two in which a snapshot begins; whoever writes then waits. A stopped instance is backed up as it is.
 *
 * Costs by GiB and month, after the first one only what has changed:
 * https://docs.aws.amazon.com/ebs/latest/userguide/ebs-snapshots.html#how_snapshots_work
 */
import type { EC2Client } from "@aws-sdk/client-ec2";
import { formatProblem } from "../components/text";
import { parseBackupArguments, type BackupRequest } from "./backupArguments";
import {
  backupsOf,
  beginBackup,
  beginCopy,
  dataVolumeOf,
  removeBackup,
  settled,
  toRemove,
} from "./backupSnapshots";
import { backupsText, restoreText } from "./backupText";
import { seeMachine } from "./machineState";
import { stackPrices } from "./prices";
import { awsOf, shownConfig } from "./stackAws";
import { askAws, type Place } from "./stackPlace";
import { standBy } from "./serverStream";
import { scriptText, selectedStack, stackServer, type StackServer } from "./stackServer";

/** How long the volume is held still at most. */
const HELD_SECONDS = 20;

function failed(place: Place, wrong: string, received: string, allowed: string): Error {
  return new Error(formatProblem({ wrong, received, allowed, mend: place.again }));
}

/**
 * Begins a backup while the volume is held still.
 *
 * @returns its id, and the time by the server's clock
 */
async function beginHeld(place: Place, server: StackServer, volumeId: string) {
  const release = await standBy(server.machine, 30);
  let begun: Promise<string> | undefined;
  let at = "";
  const begin = async (): Promise<string> => {
    try {
      return await askAws(
        place,
        "CreateSnapshot",
        beginBackup(place.ec2, place.name, volumeId, at),
      );
    } finally {
      await release(scriptText("hold-data", { STACK: server.stack, ACTION: "release" }));
    }
  };
  const hold = server.run(
    "hold-data",
    { ACTION: "hold", SECONDS_HELD: HELD_SECONDS },
    {
      limitSeconds: HELD_SECONDS + 10,
      onLine: (line) => {
        at = /^held (\S+)$/.exec(line)?.[1] ?? at;
        if (at === "" || begun !== undefined) return;
        begun = begin();
        // It is awaited below, when the volume is free again.
        begun.catch(() => undefined);
      },
    },
  );
  await hold.catch(async (error: unknown) => {
    // A connection that waits for its script would keep this command from ending; and a snapshot that
    // began too late is none of one moment.
    if (begun === undefined) await release("true");
    const late = await begun?.catch(() => undefined);
    if (late !== undefined) await removeBackup(place.ec2, late).catch(() => undefined);
    throw error;
  });
  if (begun === undefined) throw failed(place, "Nothing was held still", "no answer", "an answer");
  return { id: await begun, at };
}

async function make(place: Place, copyTo: string | undefined): Promise<void> {
  const { ec2, name, stack, aws } = place;
  const server = stackServer(stack);
  const { instanceId } = server.outputs;
  const volumeId = await askAws(place, "DescribeVolumes", dataVolumeOf(ec2, name));
  if (volumeId === "") {
    throw failed(place, "The data volume is not there", `no ${name}-data in ${aws.region}`, "one");
  }
  const { state } = await askAws(place, "DescribeInstances", seeMachine(ec2, instanceId));
  const runs = state === "running";
  console.error(`Backing up ${volumeId} of ${stack}${runs ? "" : ", whose instance does not run"}`);
  const begunAt = new Date().toISOString();
  const { id, at } = runs
    ? await beginHeld(place, server, volumeId)
    : {
        id: await askAws(place, "CreateSnapshot", beginBackup(ec2, name, volumeId, begunAt)),
        at: "",
      };
  console.error(`${id} has begun; nobody needs to wait for the rest, which goes on without us`);
  await finish(place, ec2, id);
  if (runs) await server.run("saved", { KIND: "backup", AT: at });
  console.log(`${id}  all of ${volumeId} as of ${at || begunAt}`);
  if (copyTo === undefined) return console.log(restoreText(id, aws.region));
  const there = aws.ec2(copyTo);
  const from = { region: aws.region, id, name, at: at || begunAt };
  const copy = await askAws(place, "CopySnapshot", beginCopy(there, from));
  console.error(`Copying it to ${copyTo} as ${copy}`);
  await finish(place, there, copy);
  console.log(`${copy}  the same in ${copyTo}`);
  console.log(restoreText(copy, copyTo));
}

async function finish(place: Place, ec2: EC2Client, id: string): Promise<void> {
  let shown = -1;
  const whole = await settled(ec2, place.name, id, (percent) => {
    if (percent !== shown) console.error(`${id}: ${percent} %`);
    shown = percent;
  });
  if (whole) return;
  throw failed(place, "AWS could not finish the snapshot", `${id}: error`, "completed");
}

async function list(place: Place, json: boolean): Promise<void> {
  const backups = await askAws(place, "DescribeSnapshots", backupsOf(place.ec2, place.name));
  if (json) return console.log(JSON.stringify(backups, undefined, 2));
  if (backups.length > 0) {
    const { snapshotGiBMonth, source } = await stackPrices(place.aws);
    console.log(backupsText(backups, snapshotGiBMonth));
    return console.log(`Prices: ${source}. Of a later backup AWS charges only what has changed`);
  }
  console.log(`There is no backup of ${place.stack} in ${place.aws.region}. To make one:`);
  console.log(`  npm run backup -- --stack ${place.stack}`);
}

async function remove(place: Place, request: BackupRequest & { do: "remove" }): Promise<void> {
  const { which, evenLast } = request;
  const backups = await askAws(place, "DescribeSnapshots", backupsOf(place.ec2, place.name));
  if ("id" in which && !backups.some(({ id }) => id === which.id)) {
    throw new Error(
      formatProblem({
        wrong: `${place.stack} has no such backup`,
        received: which.id,
        allowed: backups.map(({ id }) => id).join(", ") || "there is none",
        mend: `npm run backup -- list --stack ${place.stack}`,
      }),
    );
  }
  const { removed, kept } = toRemove(backups, which, new Date().toISOString(), evenLast);
  for (const { id, at } of removed) {
    await askAws(place, `DeleteSnapshot ${id}`, removeBackup(place.ec2, id));
    console.log(`${id} of ${at} is removed`);
  }
  if (kept) {
    console.log(`${kept.id} of ${kept.at} stays: it is the last. To remove it too: --even-last`);
    if ("id" in which) process.exitCode = 1;
  } else if (removed.length === 0) console.log("No backup is that old");
}

async function main(): Promise<void> {
  const request = parseBackupArguments(process.argv.slice(2));
  const stack = request.stack ?? selectedStack();
  const config = shownConfig(stack);
  const aws = awsOf(config);
  const name = config["tljh-workshop:name"]?.value || stack;
  const again = `npm run backup --${request.do === "make" ? "" : ` ${request.do}`} --stack ${stack}`;
  const place: Place = { stack, name, aws, ec2: aws.ec2(), again };
  switch (request.do) {
    case "make":
      return make(place, request.copyTo);
    case "list":
      return list(place, request.json);
    case "remove":
      return remove(place, request);
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
