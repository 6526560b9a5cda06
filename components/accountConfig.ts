/** The configuration of an account stack (`kind: account`): Phase 1 of the guide. */
import { DOMAIN, RawConfig, Reader, REGION } from "./configReader";
import { MOST_CHARACTERS, operatorPolicy } from "./operatorPolicy";
import type { Problem } from "./text";

/** The checked configuration of one account stack. */
export interface AccountSettings {
  kind: "account";
  /** Prefix of every name. */
  name: string;
  /** Region of the state bucket. */
  region: string;
  /** AWS profile of the administrator; undefined if none is set. */
  profile?: string;
  /** With `administrator` the operator may do everything in the account. */
  access: "leastPrivilege" | "administrator";
  /** Regions in which the operator may make workshops. */
  regions: string[];
  /** Name of a zone in Route 53 whose A records the operator may change. */
  dnsZone?: string;
}

/** Checks an account stack's configuration. `settings` only means something without problems. */
export function parseAccount(
  raw: RawConfig,
  project: string,
  stack: string,
  encrypted: readonly string[] = [],
): { settings: AccountSettings; problems: Problem[] } {
  const read = new Reader(raw, project);
  const region = read.region();
  const settings: AccountSettings = {
    kind: "account",
    name: read.name(stack),
    region,
    profile: raw["aws:profile"],
    access: read.oneOf("operatorAccess", ["leastPrivilege", "administrator"]),
    regions: readRegions(read, region),
    dnsZone: read.optional("dnsZone", DOMAIN, {
      wrong: "dnsZone is not the name of a zone",
      allowed: "the name of a zone in Route 53, or nothing",
      example: "example.org",
    }),
  };
  read.unknownKeys(encrypted);
  return { settings, problems: read.problems };
}

/** None means that of the stack. */
function readRegions(read: Reader, ofStack: string): string[] {
  const values = [...new Set(read.list("operatorRegions", ofStack))];
  values.forEach((value, index) => {
    if (REGION.test(value)) return;
    read.refuse(
      `--path 'operatorRegions[${index}]'`,
      {
        wrong: "operatorRegions holds something else than an AWS region",
        allowed: "regions such as ap-south-1 (Mumbai)",
        example: ofStack,
      },
      value,
    );
  });
  refuseTooMany(read, values);
  return values.length > 0 ? values : [ofStack];
}

/** Of the longest names that a zone and a bucket can have. */
function refuseTooMany(read: Reader, regions: readonly string[]): void {
  const longest = {
    zoneId: "Z".repeat(32),
    stateBucket: "b".repeat(63),
    schedulerRole: "r".repeat(42),
  };
  const size = (some: readonly string[]) =>
    JSON.stringify(operatorPolicy({ ...longest, regions: some })).length;
  if (size(regions) <= MOST_CHARACTERS) return;
  const fitting = regions.filter((_, end) => size(regions.slice(0, end + 1)) <= MOST_CHARACTERS);
  read.refuse(
    "operatorRegions",
    {
      wrong: "operatorRegions makes the policy longer than AWS allows",
      allowed: `the first ${fitting.length} of them; an account stack of another name for the others`,
      example: `--path 'operatorRegions[0]' ${regions[0]}, after pulumi config rm operatorRegions`,
    },
    regions.join(", "),
  );
}
