/**
 * Prices for when AWS's price list does not answer: in USD, without taxes, on demand, Linux.
 *
 * Instances: what AWS's price list said when SkyPilot's catalogue was made from it,
 * https://github.com/skypilot-org/skypilot-catalog, catalogs/v8/aws/vms.csv at 00148f2, read on the
 * day below. In these families and regions a size costs a fixed multiple of another one, so that one
 * figure of each is here; the smaller sizes of t3a are rounded to a hundredth of a cent by AWS.
 *
 * Storage: https://aws.amazon.com/ebs/pricing/. The gp3 prices of ap-south-1 and eu-central-1 were
 * seen in public records of answers of the price list; those of the other regions, and all of the
 * snapshots, are from memory and could not be looked up when this was written.
 *
 * Not here: what could not be sourced. An unknown price is better than a wrong one.
 */

/** When the figures were read. */
export const TABLE_DATE = "2026-11-25";

/** How much of an `.xlarge` a size is. */
const SIZES: Readonly<Record<string, number>> = {
  nano: 1 / 32,
  micro: 1 / 16,
  small: 1 / 8,
  medium: 1 / 4,
  large: 1 / 2,
  xlarge: 1,
  "2xlarge": 2,
  "4xlarge": 4,
  "8xlarge": 8,
  "12xlarge": 12,
  "16xlarge": 16,
  "24xlarge": 24,
};

interface Region {
  /** USD an hour of an `.xlarge`, by family. */
  families: Readonly<Record<string, number>>;
  gp3GiBMonth: number;
  snapshotGiBMonth: number;
}

const REGIONS: Readonly<Record<string, Region>> = {
  "ap-south-1": {
    families: { t3: 0.1792, t3a: 0.09855, m5: 0.202 },
    gp3GiBMonth: 0.0912,
    snapshotGiBMonth: 0.05,
  },
  "eu-central-1": {
    families: { t3: 0.192, t3a: 0.1728, m5: 0.23 },
    gp3GiBMonth: 0.0952,
    snapshotGiBMonth: 0.054,
  },
  "eu-west-1": {
    families: { t3: 0.1824, t3a: 0.1632, m5: 0.214 },
    gp3GiBMonth: 0.088,
    snapshotGiBMonth: 0.05,
  },
  "us-east-1": {
    families: { t3: 0.1664, t3a: 0.1504, m5: 0.192 },
    gp3GiBMonth: 0.08,
    snapshotGiBMonth: 0.05,
  },
  "us-west-2": {
    families: { t3: 0.1664, t3a: 0.1504, m5: 0.192 },
    gp3GiBMonth: 0.08,
    snapshotGiBMonth: 0.05,
  },
};

/** Sizes that a family really has; of the others there is no price. */
const SMALL = ["nano", "micro", "small", "medium", "large", "xlarge", "2xlarge"];
const LARGE = ["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"];
const SIZES_OF: Readonly<Record<string, readonly string[]>> = {
  t3: SMALL,
  t3a: SMALL,
  m5: [...LARGE, "24xlarge"],
};

/** Prices of one region, each undefined where it is not known. */
export interface RegionPrices {
  /** USD an hour of the instance while it runs. */
  instanceHour?: number;
  /** USD a month of each GiB of a volume. */
  gp3GiBMonth?: number;
  /** USD a month of each GiB that a snapshot holds. */
  snapshotGiBMonth?: number;
}

/** What the table says. */
export function tablePrices(region: string, instanceType: string): RegionPrices {
  const known = REGIONS[region];
  if (known === undefined) return {};
  const { families, ...storage } = known;
  const [family = "", size = ""] = instanceType.split(".");
  const xlarge = families[family];
  const part = SIZES_OF[family]?.includes(size) ? SIZES[size] : undefined;
  if (xlarge === undefined || part === undefined) return storage;
  return { instanceHour: Number((xlarge * part).toFixed(4)), ...storage };
}
