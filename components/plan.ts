/** What is there to make a workshop of, what it holds and what it costs: before anything is created. */
import * as pulumi from "@pulumi/pulumi";
import { stackClients, type Settings } from "./config";
import { CostOutput, costOutput, costText, type Paid } from "./cost";
import { lookUp, type Found } from "./lookups";
import { pricesOf, type Prices } from "./prices";
import { memoryLimit, shortages, sizeText } from "./sizing";
import { forStack } from "./text";

export interface Plan extends Found {
  /** Most memory of one participant's server, in MiB. */
  memoryMiB: number;
  cost: CostOutput;
}

/**
 * Looks up all that a stack needs of AWS, and says in a line each what the machine holds and what it
 * costs. Too small is a warning: who knows that only half of the class computes may go on.
 *
 * @throws ConfigurationError when AWS does not have what is asked for
 */
export async function plan(settings: Settings): Promise<Plan> {
  const [found, prices] = await Promise.all([lookUp(settings), stackPrices(settings)]);
  const { machine, smallestType, changesType } = found;
  const limit = memoryLimit(machine.memoryGiB, settings.participants, settings.memoryGiB);
  const text = forStack(sizeText(machine, settings, limit, smallestType), pulumi.getStack());
  const isShort = shortages(machine, settings, smallestType).length > 0;
  await (isShort ? pulumi.log.warn(text) : pulumi.log.info(text));
  const paid: Paid = { ...settings, prices, vcpus: machine.vcpus };
  await pulumi.log.info(costText(paid));
  if (changesType) {
    await pulumi.log.warn(
      `instanceType becomes ${machine.instanceType}: the machine is stopped and started again, which stops everybody for about 3 minutes. Saved files stay; what runs is lost`,
    );
  }
  return { ...found, memoryMiB: limit.gib * 1024, cost: costOutput(paid) };
}

/** Prices for a stack. Never fails, and takes no longer than the look-ups by much. */
function stackPrices({ instanceType }: Settings): Promise<Prices> {
  return pricesOf(stackClients(), instanceType);
}
