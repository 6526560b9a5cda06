/**
 * What keeps a workshop from being removed, and what is left to do when it is gone. No input or output
 * here; what is seen on the server comes from scripts/server/leaving.sh.
 */
import type { Problem } from "../components/text";

/** What scripts/server/leaving.sh prints. Times are ISO 8601, in UTC; empty: not known. */
export interface Seen {
  /** Participants' servers that run. */
  servers: { name: string; since: string }[];
  /** When the last export and the last backup began that succeeded. */
  saved: { export?: string; backup?: string };
  /** Homes with files that were made or changed later. */
  homes: HomeWork[];
  /** Homes that could not be looked through. */
  unread: { name: string; why: string }[];
}

export interface HomeWork {
  name: string;
  files: number;
  bytes: number;
  /** At most three. */
  newest: { path: string; when: string }[];
}

/** What AWS says of a server that cannot be logged in to. */
export interface SeenInAws {
  /** As AWS calls it, such as stopped; `gone`: terminated, or not known any more. */
  instance: string;
  /** Whether the volume with the home folders is there. */
  hasVolume: boolean;
}

/** What the texts name. */
export interface LeavingPlace {
  stack: string;
  instanceId: string;
  dataVolumeId: string;
}

/** What only people can do, and what goes on costing money. */
export interface Remains {
  stack: string;
  address: string;
  /** Where tokens are revoked; empty: there was none. */
  tokenPage: string;
  /** A records that IT has made, each as a line of a zone file. */
  records: readonly string[];
  /** Of the user's own Elastic IP; empty: the stack's, which goes with it. */
  allocationId: string;
  region: string;
  profile: string;
}

/** Homes that are told of, each with its newest files. */
const MOST = 10;
const KIB = 1024;

/** The command that removes all of it whatever is lost. */
export function overridden(stack: string): string {
  return `WORKSHOP_DESTROY=yes pulumi destroy --stack ${stack}`;
}

/** A time for a person: to the minute, in UTC. */
function minute(when: string): string {
  return when === "" ? "an unknown time" : `${when.slice(0, 10)} ${when.slice(11, 16)} UTC`;
}

function size(bytes: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB"];
  let [value, unit] = [bytes, 0];
  while (value >= KIB && unit < units.length - 1) [value, unit] = [value / KIB, unit + 1];
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** Some of a list, each on a line of its own. */
function rows(texts: readonly string[]): string {
  const more = texts.length > MOST ? [`and ${texts.length - MOST} more`] : [];
  return [...texts.slice(0, MOST), ...more].join("\n            ");
}

function homeText({ name, files, bytes, newest }: HomeWork): string {
  const named = newest.map(({ path, when }) => `${path} (${minute(when)})`).join(", ");
  return `${name}: ${files} ${files === 1 ? "file" : "files"}, ${size(bytes)}; newest: ${named}`;
}

function savedText({ export: exported, backup }: Seen["saved"]): string {
  const times = [
    exported === undefined ? [] : [`export of ${minute(exported)}`],
    backup === undefined ? [] : [`backup of ${minute(backup)}`],
  ].flat();
  return times.length > 0 ? times.join(", ") : "there is none";
}

/** All that speaks against removing a server that can be looked at. */
export function workProblems(seen: Seen, { stack }: LeavingPlace): Problem[] {
  const { servers, homes, unread, saved } = seen;
  const problems: Problem[] = [];
  if (servers.length > 0) {
    problems.push({
      wrong: "Participants' servers run: somebody may be working",
      received: servers
        .map(({ name, since }) => (since === "" ? name : `${name} (since ${minute(since)})`))
        .join(", "),
      allowed: "nobody's server runs",
      mend: `ask them to save and to log out; then npm run end -- --stack ${stack}, which ends their servers too`,
    });
  }
  const save = `npm run export -- --stack ${stack} (to this computer), or npm run backup -- --stack ${stack} (a snapshot in AWS)`;
  if (homes.length > 0) {
    const count = homes.reduce((sum, home) => sum + home.files, 0);
    problems.push({
      wrong: `${count} ${count === 1 ? "file was" : "files were"} made or changed that nobody has saved, of ${homes.length} ${homes.length === 1 ? "person" : "people"}`,
      received: rows([...homes].sort((a, b) => b.files - a.files).map(homeText)),
      allowed: `an export or a backup that began after the newest change; the last one: ${savedText(saved)}`,
      mend: save,
    });
  }
  if (unread.length > 0) {
    problems.push({
      wrong: "Some home folders could not be looked through",
      received: rows(unread.map(({ name, why }) => `${name}: ${why}`)),
      allowed: "homes without files that nobody has saved",
      mend: save,
    });
  }
  return problems;
}

/**
 * What speaks against removing a server that cannot be logged in to; nothing when it and its disk are
 * gone.
 *
 * @param refused why the log-in failed, as a problem
 */
export function unseenProblems(aws: SeenInAws, refused: string, place: LeavingPlace): Problem[] {
  const { stack, instanceId, dataVolumeId } = place;
  const allowed = "a server that can be looked at, so that nobody's work is lost unseen";
  switch (aws.instance) {
    case "terminated":
    case "shutting-down":
    case "gone":
      if (!aws.hasVolume) return [];
      return [
        {
          wrong: "The server is gone, and the disk with everybody's files is still there",
          received: `${instanceId}: ${aws.instance}; ${dataVolumeId} is there`,
          allowed,
          mend: `pulumi up --refresh --stack ${stack}, which makes a new server with these files; then npm run export -- --stack ${stack}`,
        },
      ];
    case "stopped":
    case "stopping":
      return [
        {
          wrong: "The server is stopped, so that nobody can see whether all files are saved",
          received: `${instanceId}: ${aws.instance}`,
          allowed,
          mend: `npm run start -- --stack ${stack}, then pulumi destroy --stack ${stack}`,
        },
      ];
    default:
      return [
        {
          wrong:
            "The server runs and cannot be logged in to, so that nobody can see whether all files are saved",
          received: refused,
          allowed,
          mend: `npm run doors -- open --stack ${stack}, then pulumi destroy --stack ${stack}`,
        },
      ];
  }
}

/** Snapshots of the workshop's disk in AWS. */
export interface Snapshots {
  count: number;
  /** Of the disks that they are of: no more than that is paid for each. */
  gib: number;
}

/** What stays to do, a line each. */
export function remainsOf(remains: Remains, snapshots: Snapshots | undefined): string[] {
  const { stack, address, tokenPage, records, allocationId, region, profile } = remains;
  const as = profile ? ` --profile ${profile}` : "";
  const lines: string[] = [];
  if (tokenPage !== "") lines.push(`Revoke the token of the course: ${tokenPage}`);
  if (allocationId !== "") {
    lines.push(
      `The Elastic IP ${address} is your own: it stays, and costs 0.005 USD an hour, until: aws ec2 release-address --allocation-id ${allocationId} --region ${region}${as}`,
    );
  }
  for (const record of records) {
    lines.push(
      allocationId === ""
        ? `Ask IT to remove this record, or the name leads to somebody else's server: ${record}`
        : `When you release the address, ask IT to remove this record: ${record}`,
    );
  }
  if (snapshots === undefined) {
    lines.push("Whether snapshots are left, AWS did not say");
  } else if (snapshots.count > 0) {
    lines.push(
      `${snapshots.count} ${snapshots.count === 1 ? "snapshot" : "snapshots"} of the disk with everybody's files (at most ${snapshots.gib} GiB) stay, and go on costing money`,
    );
  }
  lines.push(`See whether anything is left that costs money: npm run sweep -- --stack ${stack}`);
  return lines;
}
