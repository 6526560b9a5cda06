/** Snapshots of a stack's data volume in AWS. */
import {
  CopySnapshotCommand,
  CreateSnapshotCommand,
  DeleteSnapshotCommand,
  DescribeVolumesCommand,
  paginateDescribeSnapshots,
  type EC2Client,
  type Snapshot,
  type Tag,
  type TagSpecification,
} from "@aws-sdk/client-ec2";
import { named, PROJECT, stackTags } from "../components/tags";
import { IMAGE_TAG } from "./bakeTag";

/** One backup. */
export interface Backup {
  id: string;
  /** When it was begun, in ISO 8601. */
  at: string;
  /** `pending` while AWS is copying, `completed`, or `error`. */
  state: string;
  /** In percent. */
  progress: number;
  /** Of the volume. AWS charges what is in it, and of later ones only what has changed. */
  sizeGiB: number;
  /** What it holds, where AWS tells it; undefined: unknown. */
  usedGiB?: number;
}

const GIB = 2 ** 30;
/** A first snapshot of 40 GiB takes AWS some minutes; later ones are quick. */
const POLL_SECONDS = 5;

/** That a thing is a stack's. */
export const filters = (name: string) => [
  { Name: "tag:project", Values: [PROJECT] },
  { Name: "tag:stack", Values: [name] },
];

/** The data volume of a stack; empty: there is none. */
export async function dataVolumeOf(ec2: EC2Client, name: string): Promise<string> {
  const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({ Filters: filters(name) }));
  const isData = ({ Tags = [] }: { Tags?: Tag[] }) =>
    Tags.some(({ Key, Value }) => Key === "Name" && Value === `${name}-data`);
  return Volumes.find(isData)?.VolumeId ?? "";
}

function backupOf(snapshot: Snapshot): Backup {
  const { SnapshotId = "", StartTime, State = "", Progress, VolumeSize = 0 } = snapshot;
  const used = snapshot.FullSnapshotSizeInBytes;
  return {
    id: SnapshotId,
    at: StartTime?.toISOString() ?? "",
    state: State,
    progress: Number.parseInt(Progress || "0", 10),
    sizeGiB: VolumeSize,
    ...(used && { usedGiB: Math.ceil((used / GIB) * 10) / 10 }),
  };
}

/** All snapshots of a stack, those of its images too. */
async function snapshotsOf(ec2: EC2Client, name: string): Promise<Snapshot[]> {
  const found: Snapshot[] = [];
  const asked = { OwnerIds: ["self"], Filters: filters(name) };
  for await (const page of paginateDescribeSnapshots({ client: ec2 }, asked)) {
    found.push(...(page.Snapshots ?? []));
  }
  return found;
}

/** All backups of a stack, the newest first. */
export async function backupsOf(ec2: EC2Client, name: string): Promise<Backup[]> {
  const isImages = ({ Tags = [] }: Snapshot) => Tags.some(({ Key }) => Key === IMAGE_TAG);
  const found = (await snapshotsOf(ec2, name)).filter((it) => !isImages(it));
  return found.map(backupOf).sort((a, b) => (a.at > b.at ? -1 : 1));
}

/** Tags of a backup; its name has the minute in which it was begun. */
function tagsFor(name: string, at: string): TagSpecification {
  const tags = named(stackTags(name), `${name}-data-${at.slice(0, 16)}Z`);
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  return { ResourceType: "snapshot", Tags };
}

const description = (name: string) => `${name}: home folders, accounts and certificate`;

/** Begins a snapshot: when this returns, what is in it is settled. Its id. */
export async function beginBackup(
  ec2: EC2Client,
  name: string,
  volumeId: string,
  at: string,
): Promise<string> {
  const { SnapshotId = "" } = await ec2.send(
    new CreateSnapshotCommand({
      VolumeId: volumeId,
      Description: description(name),
      TagSpecifications: [tagsFor(name, at)],
    }),
  );
  return SnapshotId;
}

/** Begins a copy in another region; its id there. */
export async function beginCopy(
  there: EC2Client,
  from: { region: string; id: string; name: string; at: string },
): Promise<string> {
  const { SnapshotId = "" } = await there.send(
    new CopySnapshotCommand({
      SourceRegion: from.region,
      SourceSnapshotId: from.id,
      Description: description(from.name),
      Encrypted: true,
      TagSpecifications: [tagsFor(from.name, from.at)],
    }),
  );
  return SnapshotId;
}

/**
 * Waits until AWS has all of a snapshot.
 *
 * @param onProgress is called with percents
 * @returns whether it was completed
 */
export async function settled(
  ec2: EC2Client,
  name: string,
  id: string,
  onProgress: (percent: number) => void,
): Promise<boolean> {
  for (;;) {
    const found = (await snapshotsOf(ec2, name)).map(backupOf).find((it) => it.id === id);
    if (found?.state === "completed") return true;
    // One that AWS does not show yet was made a moment ago.
    if (found?.state === "error") return false;
    onProgress(found?.progress ?? 0);
    await new Promise((resolve) => setTimeout(resolve, POLL_SECONDS * 1000));
  }
}

export async function removeBackup(ec2: EC2Client, id: string): Promise<void> {
  await ec2.send(new DeleteSnapshotCommand({ SnapshotId: id }));
}

/**
 * Those that are to be removed.
 *
 * @param now in ISO 8601
 * @param evenLast whether the newest that is whole may go too
 * @returns and whether the newest would have been among them
 */
export function toRemove(
  backups: readonly Backup[],
  which: { id: string } | { olderThanHours: number },
  now: string,
  evenLast: boolean,
): { removed: Backup[]; kept?: Backup } {
  const before = (hours: number) => new Date(Date.parse(now) - hours * 3_600_000).toISOString();
  const meant = backups.filter((it) =>
    "id" in which ? it.id === which.id : it.at < before(which.olderThanHours),
  );
  const whole = backups.filter(({ state }) => state === "completed");
  const last = whole.find(({ at }) => whole.every((it) => it.at <= at));
  if (evenLast || last === undefined || !meant.includes(last)) return { removed: meant };
  return { removed: meant.filter((it) => it !== last), kept: last };
}
