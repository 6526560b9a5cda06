/** Options of AWS's own clients, so that they reach what the stack's AWS provider reaches. */
import type { EC2Client } from "@aws-sdk/client-ec2";

// Pulumi's SDK decides when this project moves on from Node 20.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";

/** What every client of AWS's SDK takes. */
export interface ClientOptions {
  region: string;
  profile?: string;
  endpoint?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
}

export interface AwsClients {
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
  /**
   * Whether a service may be asked. A stack with endpoints of its own has no more of AWS than these:
   * its keys are not for any other.
   */
  reaches(service: string): boolean;
}

/** @param text the value of a key of the namespace `aws`, empty where it is not set */
export function awsClients(text: (key: string) => string): AwsClients {
  const endpoints = endpointsOf(text("endpoints"));
  const profile = text("profile");
  const stackRegion = text("region");
  const accessKeyId = text("accessKey");
  const sessionToken = text("token");
  return {
    region: stackRegion,
    ...(profile && { profile }),
    options: (service, region = stackRegion) => ({
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
    }),
    reaches: (service) => Object.keys(endpoints).length === 0 || endpoints[service] !== undefined,
  };
}

/** Pulumi keeps a list of objects, of which the AWS provider reads all. */
function endpointsOf(text: string): Record<string, string | undefined> {
  const given: unknown = text === "" ? [] : JSON.parse(text);
  const all = Array.isArray(given) ? (given as object[]) : [given as object];
  return Object.assign({}, ...all) as Record<string, string | undefined>;
}

/** Asks EC2 something on the side, with a client that is loaded and made for it alone. */
export async function besideEc2<T>(
  options: ClientOptions,
  ask: (ec2: EC2Client) => Promise<T>,
): Promise<T> {
  const { EC2Client } = await import("@aws-sdk/client-ec2");
  const client = new EC2Client({ ...options, maxAttempts: 2 });
  try {
    return await ask(client);
  } finally {
    client.destroy();
  }
}
