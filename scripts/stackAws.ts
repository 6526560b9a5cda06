/** AWS as the stack's own provider reaches it, for the commands that a person runs beside `pulumi`. */
import { EC2Client } from "@aws-sdk/client-ec2";
import { awsClients, type AwsClients } from "../components/awsClients";
import { askPulumi, type ShownConfig } from "./askPulumi";

export type { ShownConfig } from "./askPulumi";
export type { ClientOptions } from "../components/awsClients";

export interface StackAws extends AwsClients {
  /** @param region default: the stack's own */
  ec2(region?: string): EC2Client;
}

/** The configuration of a stack with its secrets: not to be shown. */
export function shownConfig(stack: string): ShownConfig {
  const text = askPulumi("config", "--json", "--show-secrets", "--stack", stack);
  return JSON.parse(text) as ShownConfig;
}

/**
 * The same region, profile, keys and endpoints that the stack's provider uses.
 *
 * @param stack its name
 * @throws Error when the stack cannot be read
 */
export function stackAws(stack: string): StackAws {
  return awsOf(shownConfig(stack));
}

/** @param config a stack's configuration, with its secrets */
export function awsOf(config: ShownConfig): StackAws {
  const clients = awsClients((key) => config[`aws:${key}`]?.value ?? "");
  return { ...clients, ec2: (region) => new EC2Client(clients.options("ec2", region)) };
}
