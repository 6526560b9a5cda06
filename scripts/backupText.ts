/** What `npm run backup` prints for a person. */
import type { Backup } from "./backupSnapshots";
import { minute } from "./courseTable";
import { table } from "./userText";

/** What a backup costs at most: all of the volume, or all that is in it. */
export function mostUsd({ sizeGiB, usedGiB }: Backup, gibMonthUsd: number): number {
  return (usedGiB ?? sizeGiB) * gibMonthUsd;
}

/** @param gibMonthUsd price of a GiB for a month; undefined: not known */
export function backupsText(backups: readonly Backup[], gibMonthUsd?: number): string {
  const cost = (it: Backup) =>
    gibMonthUsd === undefined ? "–" : `${mostUsd(it, gibMonthUsd).toFixed(2)} USD`;
  return table([
    ["backup", "begun", "state", "size", "a month, at most"],
    ...backups.map((it) => [
      it.id,
      minute(Date.parse(it.at) / 1000),
      it.state === "pending" ? `${it.progress} %` : it.state,
      `${it.usedGiB ?? it.sizeGiB} GiB`,
      cost(it),
    ]),
  ]);
}

/** How a new stack is made of a backup. */
export function restoreText(id: string, region: string): string {
  return [
    "A new stack of it has these files and accounts:",
    "  pulumi stack init NAME",
    `  pulumi config set aws:region ${region} --stack NAME`,
    `  pulumi config set dataSnapshot ${id} --stack NAME`,
  ].join("\n");
}
