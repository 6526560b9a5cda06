/** That the backup which the data volume is made of fits into it. */
import { besideEc2 } from "./awsClients";
import { Refusal } from "./awsErrors";
import type { Settings } from "./config";

const LIMIT_SECONDS = 10;

/**
 * Asks AWS how large the disk of `dataSnapshot` was. A snapshot that is gone refuses nothing: a volume
 * that has been made of it needs it no more, and for a new one AWS says so itself.
 *
 * @throws Refusal when `dataGiB` is less, which AWS would refuse after the network is there
 */
export async function checkDataSnapshot(settings: Settings): Promise<void> {
  const { dataSnapshot, dataGiB } = settings;
  if (dataSnapshot === undefined) return;
  const least = await snapshotGiB(settings, dataSnapshot);
  if (least <= dataGiB) return;
  throw new Refusal([
    {
      wrong: "dataGiB is smaller than the backup that the data volume is made of",
      received: `${dataGiB} GiB; ${dataSnapshot} is of a disk of ${least} GiB`,
      allowed: `${least} or more`,
      mend: `pulumi config set dataGiB ${least}`,
    },
  ]);
}

/** 0: AWS does not tell. */
async function snapshotGiB({ ec2 }: Settings, id: string): Promise<number> {
  const { DescribeSnapshotsCommand } = await import("@aws-sdk/client-ec2");
  const abortSignal = AbortSignal.timeout(LIMIT_SECONDS * 1000);
  const ask = new DescribeSnapshotsCommand({ SnapshotIds: [id] });
  try {
    const { Snapshots = [] } = await besideEc2(ec2, (client) => client.send(ask, { abortSignal }));
    return Snapshots[0]?.VolumeSize ?? 0;
  } catch {
    return 0;
  }
}
