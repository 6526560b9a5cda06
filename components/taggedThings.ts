/** Things in AWS that have this project's tag: what they are, what they cost, who owns them. Pure. */
import { MONTH_HOURS, type Prices } from "./prices";

/** In the order in which they can be removed: what stands later is used by what stands before. */
export const KINDS = [
  "instance",
  "image",
  "snapshot",
  "volume",
  "address",
  "security group rule",
  "security group",
  "route",
  "route table association",
  "subnet",
  "route table",
  "internet gateway",
  "key pair",
  "vpc",
] as const;
export type Kind = (typeof KINDS)[number];

/** What people's work may be in, and what nobody makes by accident. */
export const BACKUPS: readonly Kind[] = ["snapshot", "image"];

/** What AWS tells of one thing. */
export interface Seen {
  region: string;
  kind: Kind;
  id: string;
  /** Value of its tag `stack`; empty: it has none. */
  stack: string;
  /** Value of its tag `Name`; empty: it has none. */
  name: string;
  /** For a person, such as `t3.xlarge, stopped`. */
  what: string;
  /** Of an instance that runs. */
  runningType?: string;
  /** Of storage. For a snapshot the size of its disk, which is the most that it can be. */
  gib?: number;
  /** Other ids that say whose it is: a key pair's name, an instance that a disk is attached to. */
  kin: string[];
  /** Id of what it is a part of, and goes with. */
  partOf?: string;
}

/** What somebody pays for a thing. */
export interface Cost {
  /** USD a month of 730 hours; undefined: costs something that nobody tells. */
  monthly?: number;
  /** Whether it costs anything at all. */
  isPaid: boolean;
}

export interface Thing extends Seen, Cost {
  /** Stack whose state has it; empty: none of those that could be read. */
  owner: string;
}

/** What somebody pays for a thing; nothing for what AWS gives away. */
export function costOf(seen: Seen, prices: Prices, hours: number): Cost {
  const { kind, gib = 0, runningType } = seen;
  const costs = (price: number | undefined, times: number): Cost => ({
    isPaid: true,
    ...(price !== undefined && { monthly: price * times }),
  });
  switch (kind) {
    case "instance":
      return runningType === undefined
        ? { isPaid: false, monthly: 0 }
        : costs(prices.instanceHour, hours);
    case "volume":
      return costs(prices.gp3GiBMonth, gib);
    case "snapshot":
      return costs(prices.snapshotGiBMonth, gib);
    case "address":
      return costs(prices.ipv4Hour, hours);
    default:
      // An image is paid for by its snapshots.
      return { isPaid: false, monthly: 0 };
  }
}

/**
 * Each thing with what it costs, and who says the prices.
 *
 * @param ask for prices: once for each region and type of machine
 */
export async function withCosts(
  seen: readonly Seen[],
  ask: (one: Seen) => Promise<Prices>,
): Promise<{ priced: (Seen & Cost)[]; sources: string[] }> {
  const known = new Map<string, Promise<Prices>>();
  const pricesFor = (one: Seen) => {
    const key = `${one.region} ${one.runningType ?? ""}`;
    const asked = known.get(key) ?? ask(one);
    known.set(key, asked);
    return asked;
  };
  const priced = await Promise.all(
    seen.map(async (one) => ({ ...one, ...costOf(one, await pricesFor(one), MONTH_HOURS) })),
  );
  const answers = await Promise.all([...known.values()]);
  return { priced, sources: [...new Set(answers.map(({ source }) => source))] };
}

/** Ids of AWS and names of key pairs in a stack's state, whatever they belong to. */
export function idsIn(state: string): Set<string> {
  const ids = state.match(
    /\b(?:i|vol|eipalloc|snap|ami|sg|sgr|subnet|rtb|rtbassoc|igw|key|vpc)-[0-9a-f]{8,17}\b/g,
  );
  const routes = state.match(ROUTE) ?? [];
  const names = [...state.matchAll(/"keyName": *"([^"]+)"/g)].map(([, name]) => name ?? "");
  return new Set([...(ids ?? []), ...routes, ...names]);
}

/** A route has no id in AWS. In a state it has its table's, and a checksum of its destination after that. */
const ROUTE = /\br-rtb-[0-9a-f]{17}/g;

/** What the state says of the route of a table; a workshop's has one. */
export function routeIn(table: string): string {
  return `r-${table}`;
}

/** Without parts of what is left over itself: they go with it. */
export function withoutParts<T extends Seen>(
  things: readonly T[],
  isLeft: (it: T) => boolean,
): T[] {
  const left = new Set(things.filter(isLeft).map(({ id }) => id));
  return things.filter((it) => !(isLeft(it) && left.has(it.partOf ?? "")));
}

/** A snapshot that an image is made of is whose the image is; images name theirs as kin. */
export function withImages(things: readonly Seen[]): Seen[] {
  const images = things.filter(({ kind }) => kind === "image");
  return things.map((thing) => {
    const of = images.filter(({ kin }) => thing.kind === "snapshot" && kin.includes(thing.id));
    return of.length === 0 ? thing : { ...thing, kin: [...thing.kin, ...of.map(({ id }) => id)] };
  });
}

/** The stack that has a thing in its state; empty: none. */
export function ownerOf(seen: Seen, owners: ReadonlyMap<string, ReadonlySet<string>>): string {
  const found = [...owners].find(([, ids]) => [seen.id, ...seen.kin].some((id) => ids.has(id)));
  return found?.[0] ?? "";
}

/** What nobody owns, in the order in which it is removed. */
export function orphansOf(things: readonly Thing[], withBackups: boolean): Thing[] {
  return things
    .filter(({ owner, kind }) => owner === "" && (withBackups || !BACKUPS.includes(kind)))
    .sort((one, other) => KINDS.indexOf(one.kind) - KINDS.indexOf(other.kind));
}
