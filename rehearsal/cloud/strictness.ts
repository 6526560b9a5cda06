/**
 * What AWS refuses and moto lets through. Each rule is one that moto was seen to lack; REAL.md
 * lists them with AWS's page and the test.
 */

import type { EC2Client } from "@aws-sdk/client-ec2";
import type { Call } from "./call";
import { Look } from "./look";
import { addressRules } from "./rules/addresses";
import { instanceRules } from "./rules/instances";
import { networkRules } from "./rules/network";
import { volumeRules } from "./rules/volumes";

/** Limits of the account in one region. Undefined is none. */
export interface Quotas {
  /** vCPUs of all running instances. */
  vcpus?: number | undefined;
  /** Elastic IPs. */
  addresses?: number | undefined;
}

export interface Circumstances {
  look: Look;
  quotas: Quotas;
  isMounted: (volumeId: string) => Promise<boolean>;
}

/** Throws an AwsRefusal when AWS would refuse. */
export type Rule = (call: URLSearchParams, circumstances: Circumstances) => Promise<void>;

const RULES: ReadonlyMap<string, Rule> = new Map(
  Object.entries({ ...networkRules, ...addressRules, ...instanceRules, ...volumeRules }),
);

/** @throws AwsRefusal when AWS would refuse the call */
export async function checkAsAws(
  call: Call,
  ec2: EC2Client,
  others: Omit<Circumstances, "look">,
): Promise<void> {
  await RULES.get(call.action)?.(call.parameters, { ...others, look: new Look(ec2) });
}
