/** Prices for the commands that a person runs: AWS's price list, or the program's table. */
import { pricesOf, type Prices } from "../components/prices";
import type { StackAws } from "./stackAws";

export { MONTH_HOURS, type Prices } from "../components/prices";

/** A person who asks for prices has a moment more than `pulumi up`. */
const LIMIT_MS = 4_000;

/**
 * What things cost in a region; see `components/prices.ts`.
 *
 * @param instanceType whose hour is priced. Default: the guide's t3.xlarge, where only volumes,
 *   snapshots and addresses are of interest
 * @param region default: the stack's own
 */
export function stackPrices(
  aws: StackAws,
  instanceType = "t3.xlarge",
  region = aws.region,
): Promise<Prices> {
  return pricesOf(aws, instanceType, region, LIMIT_MS);
}
