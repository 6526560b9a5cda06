/** What things cost at AWS, and who says so. */
import type { AwsClients } from "./awsClients";
import { askPriceList } from "./priceList";
import { RegionPrices, TABLE_DATE, tablePrices } from "./priceTable";

/** Prices of one region in USD, without taxes; undefined where nobody tells. */
export interface Prices extends RegionPrices {
  region: string;
  instanceType: string;
  /**
   * An hour of a public IPv4 address, in use or not, in every region since February 2024:
   * https://aws.amazon.com/vpc/pricing/
   */
  ipv4Hour: number;
  /**
   * An hour of a vCPU above the baseline of a T type that is set to `unlimited` (Linux):
   * https://aws.amazon.com/ec2/pricing/on-demand/#T2.2FT3.2FT4g_Unlimited_Mode_Pricing
   * Undefined for other types, which have no credits.
   */
  surplusVcpuHour?: number;
  /** Who says so and since when, as words in a sentence. */
  source: string;
}

const IPV4_HOUR = 0.005;
const SURPLUS_VCPU_HOUR: Readonly<Record<string, number>> = { t2: 0.05, t3: 0.05, t3a: 0.05 };

/** How long the price list may take, so that no `pulumi up` waits for it noticeably. */
export const PRICE_LIMIT_MS = 1_500;

/** Hours of a month in AWS's bills for what is priced by the month. */
export const MONTH_HOURS = 730;

/**
 * Prices from AWS's price list, or from the table in `priceTable.ts` where it is silent or refuses.
 * Never fails, and never guesses.
 *
 * @param instanceType such as t3.xlarge; what the list does not have is undefined
 * @param region default: the stack's own
 * @param limitMs after which the list counts as silent. Default 1,500.
 */
export async function pricesOf(
  aws: AwsClients,
  instanceType: string,
  region = aws.region,
  limitMs = PRICE_LIMIT_MS,
): Promise<Prices> {
  const surplus = SURPLUS_VCPU_HOUR[instanceType.split(".")[0] ?? ""];
  const always = {
    region,
    instanceType,
    ipv4Hour: IPV4_HOUR,
    ...(surplus !== undefined && { surplusVcpuHour: surplus }),
  };
  try {
    const { since, ...listed } = await askPriceList(aws, region, instanceType, limitMs);
    const source = `AWS's price list${since && `, in force since ${since}`}`;
    return { ...always, ...listed, source };
  } catch {
    const source = `the program's table of ${TABLE_DATE}, since AWS's price list did not answer`;
    return { ...always, ...tablePrices(region, instanceType), source };
  }
}
