/**
 * An image (AMI) of the configured machine, from which other stacks start much faster: the guide's
 * backup strategy, without what an image of the whole machine would have in it.
 *
 *   npm run bake                    makes one; the machine goes on, nobody notices
 *   npm run bake -- list            what there is, and what it costs at most
 *   npm run bake -- remove ami-…    with its snapshot
 *
 * With `--stack NAME`. The system, the hub and all packages are copied to a blank volume, and no account,
 * home folder, token, key, log or id of the machine: see scripts/server/bake/keep.py. What was never
 * written there is in no block of it, as it would be of a copy in which it was deleted. The copy is
 * searched for all secrets that the stack and the machine know; then a snapshot is made of it, and an
 * image of that.
 *
 * Costs by GiB and month, what is in the image: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-snapshots.html
 * Meanwhile a volume as large as the root volume, for some minutes; it is removed in any case.
 */
import { AttachVolumeCommand } from "@aws-sdk/client-ec2";
import { serverPrograms } from "../components/server";
import { formatProblem } from "../components/text";
import { askPulumi } from "./askPulumi";
import { settled } from "./backupSnapshots";
import { parseBakeArguments } from "./bakeArguments";
import * as images from "./bakeImages";
import { secretsOf, type ConfigWithSecrets } from "./bakeSecrets";
import { bakedText, imagesText } from "./bakeText";
import { notRunning, seeMachine } from "./machineState";
import { stackPrices } from "./prices";
import { awsOf, shownConfig } from "./stackAws";
import { askAws, type Place } from "./stackPlace";
import { selectedStack, stackServer, type StackServer } from "./stackServer";

/** Copying some GiB by a busy machine. */
const COPY_SECONDS = 3600;
const VOLUME_SECONDS = 300;
const POLL_MS = 1000;
/** Name under which the volume is attached; the data volume has the letter before. */
const DEVICE = "/dev/sdg";

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

interface BakingPlace extends Place {
  config: ConfigWithSecrets;
}

function problem(wrong: string, received: string, allowed: string, mend: string): Error {
  return new Error(formatProblem({ wrong, received, allowed, mend }));
}

/** One image while it is being made: what there is of it, and that it goes away again. */
class Baking {
  private volumeId = "";
  private snapshotId = "";
  private copying = false;
  private readonly gaveUp: Promise<never>;

  constructor(
    private readonly place: BakingPlace,
    private readonly server: StackServer,
  ) {
    this.gaveUp = new Promise((_, reject) => {
      for (const signal of ["SIGINT", "SIGTERM"] as const) {
        process.on(signal, () => {
          console.error("Given up: what was made so far is being removed");
          reject(problem("The image was given up", signal, "some minutes of time", place.again));
        });
      }
    });
    // Whoever waits for it is told.
    this.gaveUp.catch(() => undefined);
  }

  /** A step, unless a person gives it up. */
  private step<T>(what: string, work: Promise<T>): Promise<T> {
    return Promise.race([askAws(this.place, what, work), this.gaveUp]);
  }

  private async reached(wanted: string): Promise<void> {
    const { ec2, again } = this.place;
    const end = Date.now() + VOLUME_SECONDS * 1000;
    for (;;) {
      const state = await askAws(
        this.place,
        "DescribeVolumes",
        images.volumeState(ec2, this.volumeId),
      );
      if (state === wanted) return;
      if (Date.now() > end) {
        throw problem("The image's volume does not get ready", state, wanted, again);
      }
      await sleep(POLL_MS);
    }
  }

  private async copy(): Promise<images.BakedFrom> {
    const { stack, config } = this.place;
    const shown = this.server.outputs;
    const hidden = askPulumi("stack", "output", "--json", "--stack", stack);
    const SECRETS = secretsOf(config, shown, JSON.parse(hidden) as Record<string, unknown>);
    this.copying = true;
    const values = {
      ACTION: "copy",
      VOLUME_ID: this.volumeId,
      SECRETS,
      PROGRAMS: serverPrograms("bake"),
    };
    let facts = "";
    const onLine = (line: string) => {
      if (line.startsWith("facts ")) facts = line.slice("facts ".length);
      else console.error(line);
    };
    const options = { limitSeconds: COPY_SECONDS, onLine };
    await Promise.race([this.server.run("bake", values, options), this.gaveUp]);
    this.copying = false;
    return JSON.parse(facts) as images.BakedFrom;
  }

  async make(source: images.Source): Promise<void> {
    const { ec2, name, stack, aws } = this.place;
    const at = new Date();
    try {
      const { rootGiB } = source;
      console.error(`Making a blank volume of ${rootGiB} GiB`);
      // Its id must be known even if it is given up just now.
      this.volumeId = await askAws(
        this.place,
        "CreateVolume",
        images.makeVolume(ec2, name, source),
      );
      await Promise.race([this.reached("available"), this.gaveUp]);
      const InstanceId = this.server.outputs.instanceId;
      const attach = { VolumeId: this.volumeId, InstanceId, Device: DEVICE };
      await this.step("AttachVolume", ec2.send(new AttachVolumeCommand(attach)));
      await Promise.race([this.reached("in-use"), this.gaveUp]);
      const from = await this.copy();
      await Promise.race([this.detach(), this.gaveUp]);
      const what = images.imageName(name, at);
      this.snapshotId = await askAws(
        this.place,
        "CreateSnapshot",
        images.beginSnapshot(ec2, name, this.volumeId, what),
      );
      await Promise.race([this.whole(), this.gaveUp]);
      const registered = images.registerImage(ec2, name, this.snapshotId, source, from, at);
      const id = await askAws(this.place, "RegisterImage", registered);
      // It is the image's now.
      this.snapshotId = "";
      const { snapshotGiBMonth } = await stackPrices(aws);
      const where = { region: aws.region, stack };
      console.log(bakedText(id, from, rootGiB, where, snapshotGiBMonth));
    } finally {
      await this.clean();
    }
  }

  private async detach(): Promise<void> {
    const { ec2 } = this.place;
    await askAws(this.place, "DetachVolume", images.detachVolume(ec2, this.volumeId));
    await this.reached("available");
  }

  private async whole(): Promise<void> {
    const { ec2, name, again } = this.place;
    let shown = -1;
    const waited = settled(ec2, name, this.snapshotId, (percent) => {
      if (percent !== shown) console.error(`${this.snapshotId}: ${percent} %`);
      shown = percent;
    });
    if (await askAws(this.place, "DescribeSnapshots", waited)) return;
    throw problem("AWS could not finish the snapshot", "error", "completed", again);
  }

  /** Removes all that is no image. What cannot be removed now, the next image or sweep removes. */
  private async clean(): Promise<void> {
    const { ec2, stack } = this.place;
    try {
      if (this.copying) {
        await this.server.run("bake", { ACTION: "stop" }, { limitSeconds: 60 });
      }
      if (this.volumeId !== "") {
        await this.detach();
        await askAws(this.place, "DeleteVolume", images.removeVolume(ec2, this.volumeId));
      }
      if (this.snapshotId !== "") {
        await askAws(this.place, "DeleteSnapshot", images.removeSnapshot(ec2, this.snapshotId));
      }
    } catch (error) {
      console.error(error instanceof Error ? error.message : error);
      const left = [this.volumeId, this.snapshotId].filter((id) => id !== "").join(" and ");
      console.error(
        `${left} may be left and cost money until the next npm run bake --stack ${stack}, which removes it`,
      );
    }
  }
}

/** What an image that was cut off has left. */
async function clearLeftovers(place: BakingPlace, server: StackServer): Promise<void> {
  const { ec2, name } = place;
  const { volumeIds, snapshotIds } = await askAws(
    place,
    "DescribeVolumes",
    images.leftovers(ec2, name),
  );
  if (volumeIds.length + snapshotIds.length === 0) return;
  // Says so where somebody else is at work.
  await server.run("bake", { ACTION: "free" });
  for (const id of volumeIds) {
    await askAws(place, "DetachVolume", images.detachVolume(ec2, id));
    while ((await askAws(place, "DescribeVolumes", images.volumeState(ec2, id))) === "in-use") {
      await sleep(POLL_MS);
    }
    await askAws(place, "DeleteVolume", images.removeVolume(ec2, id));
    console.error(`${id}, left by an image that was cut off, is removed`);
  }
  for (const id of snapshotIds) {
    await askAws(place, "DeleteSnapshot", images.removeSnapshot(ec2, id));
    console.error(`${id}, left by an image that was cut off, is removed`);
  }
}

async function make(place: BakingPlace): Promise<void> {
  const { ec2, stack, aws } = place;
  const server = stackServer(stack);
  const { instanceId } = server.outputs;
  const seen = await askAws(place, "DescribeInstances", seeMachine(ec2, instanceId));
  const not = notRunning(seen, { stack, instanceId, region: aws.region });
  if (not) throw new Error(formatProblem({ ...not, mend: `${not.mend}; then ${place.again}` }));
  await clearLeftovers(place, server);
  const source = await askAws(place, "DescribeInstances", images.sourceOf(ec2, instanceId));
  if (source === undefined) {
    const allowed = "a machine with a root volume";
    throw problem("The machine has no root volume", instanceId, allowed, place.again);
  }
  await new Baking(place, server).make(source);
}

async function list(place: BakingPlace, json: boolean): Promise<void> {
  const found = await askAws(place, "DescribeImages", images.imagesOf(place.ec2, place.name));
  if (json) return console.log(JSON.stringify(found, undefined, 2));
  if (found.length > 0) {
    const { snapshotGiBMonth, source } = await stackPrices(place.aws);
    console.log(imagesText(found, snapshotGiBMonth));
    return console.log(`Prices: ${source}`);
  }
  console.log(`There is no image of ${place.stack} in ${place.aws.region}. To make one:`);
  console.log(`  npm run bake -- --stack ${place.stack}`);
}

async function remove(place: BakingPlace, id: string): Promise<void> {
  const { ec2, stack, name } = place;
  const found = await askAws(place, "DescribeImages", images.imagesOf(ec2, name));
  const image = found.find((it) => it.id === id);
  if (image === undefined) {
    const allowed = found.map((it) => it.id).join(", ") || "there is none";
    const mend = `npm run bake -- list --stack ${stack}`;
    throw problem(`${stack} has no such image`, id, allowed, mend);
  }
  const users = await askAws(place, "DescribeInstances", images.usersOf(ec2, id));
  if (users.length > 0) {
    throw problem(
      "The image is in use: the next pulumi up of a stack whose image is gone fails",
      `${id}: ${users.join(", ")}`,
      "an image that no instance was started from",
      `npm run end -- --stack NAME, for the stacks that use it; then npm run bake -- remove ${id} --stack ${stack}`,
    );
  }
  await askAws(place, `DeregisterImage ${id}`, images.removeImage(ec2, image));
  console.log(`${id} is removed, and its snapshot ${image.snapshotIds.join(", ")}`);
}

async function main(): Promise<void> {
  const request = parseBakeArguments(process.argv.slice(2));
  const stack = request.stack ?? selectedStack();
  const shown = shownConfig(stack);
  const aws = awsOf(shown);
  const name = shown["tljh-workshop:name"]?.value || stack;
  const words = request.do === "make" ? "" : ` ${request.do}`;
  const again = `npm run bake --${words} --stack ${stack}`;
  const place: BakingPlace = { stack, name, aws, ec2: aws.ec2(), config: shown, again };
  switch (request.do) {
    case "make":
      return make(place);
    case "list":
      return list(place, request.json);
    case "remove":
      return remove(place, request.id);
  }
}

main().then(
  // A copying that was given up may still hold its connection.
  () => process.exit(),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
