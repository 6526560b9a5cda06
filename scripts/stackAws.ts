/** AWS as the stack's own provider reaches it, for the commands that a person runs beside `pulumi`. */
import { EC2Client } from "@aws-sdk/client-ec2";
import { askPulumi } from "./askPulumi";

// Pulumi's SDK decides when this project moves on from Node 20.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";

/** What `pulumi config --json` prints, which has the project's defaults in it. */
export type ShownConfig = Record<string, { value?: string; objectValue?: unknown } | undefined>;

/** What every client of AWS's SDK takes. */
export interface ClientOptions {
  region: string;
  profile?: string;
  endpoint?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
}

export interface StackAws {
  region: string;
  /** The AWS profile that is configured, for commands shown to a person. */
  profile?: string;
  /**
   * Options of a client.
   *
   * @param service as in `aws:endpoints`, such as ec2
   * @param region default: the stack's own
   */
  options(service: string, region?: string): ClientOptions;
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
  const text = (key: string) => config[`aws:${key}`]?.value ?? "";
  const endpoints = endpointsOf(text("endpoints"));
  const profile = text("profile");
  const stackRegion = text("region");
  const accessKeyId = text("accessKey");
  const sessionToken = text("token");
  const options: StackAws["options"] = (service, region = stackRegion) => ({
    region,
    ...(profile && { profile }),
    ...(endpoints[service] && { endpoint: endpoints[service] }),
    ...(accessKeyId && {
      credentials: {
        accessKeyId,
        secretAccessKey: text("secretKey"),
        ...(sessionToken && { sessionToken }),
      },
    }),
  });
  return {
    region: stackRegion,
    ...(profile && { profile }),
    options,
    ec2: (region) => new EC2Client(options("ec2", region)),
  };
}

/** Pulumi keeps a list of objects, of which the AWS provider reads all. */
function endpointsOf(text: string): Record<string, string | undefined> {
  const given: unknown = text === "" ? [] : JSON.parse(text);
  const all = (Array.isArray(given) ? given : [given]) as Record<string, string>[];
  return Object.fromEntries(all.flatMap((one) => Object.entries(one)));
}
