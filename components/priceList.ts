/**
 * AWS's price list: https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/price-changes.html
 * It is asked for three products of a region; the answer is public, the question needs credentials
 * and the right to `pricing:GetProducts`.
 */
import type { Filter } from "@aws-sdk/client-pricing";
import type { AwsClients } from "./awsClients";
import type { RegionPrices } from "./priceTable";

/** What the price list said. */
export interface Listed extends RegionPrices {
  /** The day since which the youngest of these prices is in force, such as 2026-11-01. */
  since: string;
}

/** A price, as one product of the list has it. */
interface Price {
  usd: number;
  since: string;
}

/** One entry of the list, as far as it is read. */
interface Entry {
  product?: { attributes?: { usagetype?: string } };
  terms?: {
    OnDemand?: Record<
      string,
      {
        effectiveDate?: string;
        priceDimensions?: Record<string, { pricePerUnit?: { USD?: string } }>;
      }
    >;
  };
}

/**
 * The region in which the price list of a region is asked for: it answers in three only, and not for
 * China and GovCloud. https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html
 */
export function priceListRegion(region: string): string | undefined {
  if (/^(cn|us-gov|us-iso|eu-isoe|eusc)/.test(region)) return undefined;
  if (region.startsWith("ap-")) return "ap-south-1";
  return /^(eu|me|af|il)-/.test(region) ? "eu-central-1" : "us-east-1";
}

/**
 * The one price of the entries whose usage is meant. Undefined where there is none, or where they do
 * not agree.
 *
 * @param entries JSON texts, as the list gives them
 * @param usage of the usage type, whose start names the region
 */
export function priceIn(entries: readonly string[], usage: RegExp): Price | undefined {
  const found = entries
    .map((entry) => JSON.parse(entry) as Entry)
    .filter(({ product }) => usage.test(product?.attributes?.usagetype ?? ""))
    .flatMap(({ terms }) => Object.values(terms?.OnDemand ?? {}))
    .flatMap(({ effectiveDate = "", priceDimensions = {} }) =>
      Object.values(priceDimensions).map(({ pricePerUnit }) => ({
        usd: Number(pricePerUnit?.USD),
        since: effectiveDate.slice(0, 10),
      })),
    )
    .filter(({ usd }) => usd > 0);
  const [first] = found;
  return found.every(({ usd }) => usd === first?.usd) ? first : undefined;
}

/**
 * Asks the list.
 *
 * @param limitMs after which it counts as silent
 * @throws Error when it does not answer in time, or refuses
 */
export async function askPriceList(
  aws: AwsClients,
  region: string,
  instanceType: string,
  limitMs: number,
): Promise<Listed> {
  const at = priceListRegion(region);
  if (at === undefined || !aws.reaches("pricing")) {
    throw new Error(`there is no price list for ${region}`);
  }
  // Only here, since it takes a moment and most commands need no prices.
  const { GetProductsCommand, PricingClient } = await import("@aws-sdk/client-pricing");
  const client = new PricingClient({ ...aws.options("pricing", at), maxAttempts: 1 });
  const ask = async (filters: Record<string, string>): Promise<string[]> => {
    const all = Object.entries({ regionCode: region, ...filters });
    const Filters = all.map(([Field, Value]): Filter => ({ Type: "TERM_MATCH", Field, Value }));
    const command = new GetProductsCommand({ ServiceCode: "AmazonEC2", Filters, MaxResults: 100 });
    const abortSignal = AbortSignal.timeout(limitMs);
    // JSON in texts, which the client's types leave open.
    const answer = (await client.send(command, { abortSignal })) as { PriceList?: unknown[] };
    return (answer.PriceList ?? []).map(String);
  };
  const asked = Promise.all([
    ask({
      instanceType,
      operatingSystem: "Linux",
      tenancy: "Shared",
      preInstalledSw: "NA",
      capacitystatus: "Used",
    }),
    ask({ productFamily: "Storage", volumeApiName: "gp3" }),
    ask({ productFamily: "Storage Snapshot" }),
  ]);
  try {
    const [instances, volumes, snapshots] = await within(asked, limitMs);
    return pricesIn(instanceType, instances, volumes, snapshots);
  } finally {
    client.destroy();
  }
}

function pricesIn(
  instanceType: string,
  instances: readonly string[],
  volumes: readonly string[],
  snapshots: readonly string[],
): Listed {
  const ofType = new RegExp(`(^|-)BoxUsage:${instanceType.replace(".", "\\.")}$`);
  const prices = {
    instanceHour: priceIn(instances, ofType),
    gp3GiBMonth: priceIn(volumes, /(^|-)EBS:VolumeUsage\.gp3$/),
    snapshotGiBMonth: priceIn(snapshots, /(^|-)EBS:SnapshotUsage$/),
  };
  const known = Object.entries(prices).filter((pair): pair is [string, Price] => !!pair[1]);
  return {
    ...(Object.fromEntries(known.map(([name, { usd }]) => [name, usd])) as RegionPrices),
    since:
      known
        .map(([, { since }]) => since)
        .sort()
        .at(-1) ?? "",
  };
}

/** Credentials are looked for without a limit of their own: a role's may be waited for. */
async function within<T>(work: Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
