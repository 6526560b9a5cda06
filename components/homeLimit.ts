/** How large a participant's home may get: the limit that scripts/server/class/homes.py keeps. */

export interface HomeLimitArgs {
  dataGiB: number;
  participants: number;
  spareAccounts: number;
  /** Of the configuration; undefined: computed. */
  homeGiB?: number | "none";
}

const MIB_EACH_GIB = 1024;
/** A file system keeps a twentieth for root (mke2fs(8), -m): with it hub and log-ins go on when all is full. */
const USABLE = 0.95;
/** Nobody uses all there is: so many times the equal share. */
const TIMES_SHARE = 2;
const LEAST_MIB = 256;

/**
 * MiB that a participant's home may have, 0: no limit. Computed: twice the equal share of the data
 * volume, at most half of it, at least 256 MiB, in steps of 64 MiB.
 */
export function homeMiB({ homeGiB, dataGiB, participants, spareAccounts }: HomeLimitArgs): number {
  if (homeGiB === "none") return 0;
  if (homeGiB !== undefined) return Math.round(homeGiB * MIB_EACH_GIB);
  const usable = dataGiB * MIB_EACH_GIB * USABLE;
  const share = (TIMES_SHARE * usable) / Math.max(1, participants + spareAccounts);
  return Math.max(LEAST_MIB, Math.floor(Math.min(share, usable / 2) / 64) * 64);
}

/** What the key `homeGiB` may hold. */
export const HOME_GIB = /^(none|[0-9]+(\.[0-9]+)?)$/;
export const LEAST_HOME_GIB = 0.1;

/** The key's value; undefined where nothing is set, or nothing that fits. */
export function readHomeGiB(text: string | undefined): number | "none" | undefined {
  if (text === undefined || !HOME_GIB.test(text)) return undefined;
  return text === "none" ? text : Number(text);
}
