/** Everything in AWS with this project's tag, with its cost and its owner. */
import { forEach } from "./atOnce";
import { stackPrices } from "./prices";
import { lookInto, regionsOf } from "../components/taggedLook";
import { askAws, type Place } from "./stackPlace";
import { readOwners } from "./sweepOwners";
import type { Swept } from "./sweepText";
import { ownerOf, withCosts, withoutParts } from "../components/taggedThings";

/** Regions that are asked at a time. */
const AT_ONCE = 12;
/** Of those that are asked once more: a slow network or computer was perhaps asked too much at once. */
const AGAIN_AT_ONCE = 3;

/**
 * Looks into all regions.
 *
 * @param only value of the tag `stack`. Undefined: any.
 * @throws Error when AWS does not tell which regions there are, or Pulumi which stacks
 */
export async function sweep(
  place: Omit<Place, "name" | "ec2">,
  only: string | undefined,
): Promise<Swept> {
  const { aws } = place;
  const regions = await askAws(place, "DescribeRegions", regionsOf(aws.ec2()));
  const ask = (region: string) => lookInto(aws.ec2(region), region, only);
  const first = await forEach(regions, AT_ONCE, ask);
  const silent = first.flatMap((one) => ("failed" in one && !one.refused ? one.region : []));
  const again = await forEach(silent, AGAIN_AT_ONCE, ask);
  const all = [...first.filter(({ region }) => !silent.includes(region)), ...again];
  const seen = all.flatMap((one) => ("things" in one ? one.things : []));
  const failures = all.flatMap((one) => ("failed" in one ? one : []));
  const owners = readOwners();
  const { priced, sources } = await withCosts(seen, ({ region, runningType }) =>
    stackPrices(aws, runningType, region),
  );
  const owned = priced.map((one) => ({ ...one, owner: ownerOf(one, owners.ids) }));
  return {
    things: withoutParts(owned, ({ owner }) => owner === ""),
    looked: all.flatMap((one) => ("things" in one ? one.region : [])),
    refused: failures.flatMap(({ region, refused }) => (refused ? region : [])),
    failed: failures.flatMap(({ region, failed, refused }) =>
      refused ? [] : { region, why: failed },
    ),
    unread: owners.unread,
    backend: owners.backend,
    prices: sources.join("; "),
  };
}
