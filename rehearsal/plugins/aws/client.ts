/** The provider's configuration, and the clients that speak to the endpoints it names. */

import { EC2Client } from "@aws-sdk/client-ec2";
import { IAMClient } from "@aws-sdk/client-iam";
import { Route53Client } from "@aws-sdk/client-route-53";
import { S3Client } from "@aws-sdk/client-s3";
import { SchedulerClient } from "@aws-sdk/client-scheduler";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import type { Values } from "../base";
import { awsError, codeOf } from "./errors";
import type { Tags } from "./tags";

const MEND =
  "Use a stack whose configuration names the rehearsal's endpoints: pulumi stack select dev";
const CREDENTIALS_PAGE = "https://www.pulumi.com/registry/packages/aws/installation-configuration/";

/** Configuration keys with a meaning here. Any other is refused: it would be ignored silently. */
const KEYS = [
  "accessKey",
  "allowedAccountIds",
  "defaultTags",
  "endpoints",
  "forbiddenAccountIds",
  "maxRetries",
  "region",
  "retryMode",
  "s3UsePathStyle",
  "secretKey",
  "skipCredentialsValidation",
  "skipMetadataApiCheck",
  "skipRegionValidation",
  "skipRequestingAccountId",
  "token",
] as const;
/** What the engine itself adds to a provider's inputs. */
const OF_ENGINE = ["version", "pluginDownloadURL", "pluginChecksums", "parameterization"];

export type Endpoints = Record<"ec2" | "sts", string> & Partial<Record<Further, string>>;

/** Services without which most stacks do. */
type Further = "iam" | "route53" | "s3" | "scheduler";
const FURTHER: readonly Further[] = ["iam", "route53", "s3", "scheduler"];

export interface Configuration {
  region: string;
  /** Those of further services only where they are named; see `Session`. */
  endpoints: Endpoints;
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  defaultTags: Tags;
  /** The bucket in the path of an address, not in its host. */
  s3UsePathStyle: boolean;
  /** Ask STS who the keys belong to before anything else. */
  validateCredentials: boolean;
  allowedAccountIds: string[];
  forbiddenAccountIds: string[];
  /** Tries of one call that fails for a moment. Default: 3, the SDK's. */
  maxAttempts: number;
}

/** Nested values come as JSON text, scalars as text; an explicit provider may send them as they are. */
function decoded(config: Values, key: string): unknown {
  const value = config[key];
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    throw new Error(`aws:${key} is not valid JSON. Received: ${value}`);
  }
}

function scalar(
  config: Values,
  key: string,
  variables: readonly string[],
  env: NodeJS.ProcessEnv,
): string {
  const value = config[key];
  if (typeof value === "string" && value !== "") return value;
  for (const variable of variables) {
    const inherited = env[variable];
    if (inherited !== undefined && inherited !== "") return inherited;
  }
  return "";
}

function isSet(config: Values, key: string): boolean {
  return config[key] === true || config[key] === "true";
}

function strings(config: Values, key: string): string[] {
  const value = decoded(config, key);
  return Array.isArray(value) ? value.map(String) : [];
}

function endpointsOf(config: Values): Endpoints {
  const given = decoded(config, "endpoints");
  const merged = Object.assign({}, ...(Array.isArray(given) ? (given as object[]) : [])) as Values;
  const endpoint = (service: keyof Endpoints): string => {
    const url = merged[service];
    if (typeof url !== "string" || !URL.canParse(url)) {
      throw new Error(
        "The rehearsal's stand-in for the AWS provider refuses to run without endpoints of its own, " +
          "so that it can never touch a real account. " +
          `Received: aws:endpoints ${JSON.stringify(given ?? null)}. ` +
          `Wanted: a URL for ${service}, such as [{"ec2": "http://127.0.0.1:47600", "sts": "http://127.0.0.1:47600"}]. ` +
          MEND,
      );
    }
    if (/(^|\.)(amazonaws\.com(\.cn)?|api\.aws)$/.test(new URL(url).hostname)) {
      throw new Error(
        "The rehearsal's stand-in for the AWS provider refuses AWS's own endpoints. " +
          `Received: ${url} for ${service}. For a real account use the real plugin: REHEARSAL_PLUGIN_AWS=real npm run setup`,
      );
    }
    return url;
  };
  return {
    ec2: endpoint("ec2"),
    sts: endpoint("sts"),
    ...Object.fromEntries(
      FURTHER.filter((service) => merged[service] !== undefined).map((service) => [
        service,
        endpoint(service),
      ]),
    ),
  };
}

function credentialsOf(config: Values, env: NodeJS.ProcessEnv): Configuration["credentials"] {
  const accessKeyId = scalar(config, "accessKey", ["AWS_ACCESS_KEY_ID"], env);
  const secretAccessKey = scalar(config, "secretKey", ["AWS_SECRET_ACCESS_KEY"], env);
  const sessionToken = scalar(config, "token", ["AWS_SESSION_TOKEN"], env);
  if (accessKeyId === "" || secretAccessKey === "") {
    throw new Error(
      "No valid credential sources found.\n" +
        `Please see ${CREDENTIALS_PAGE} for more information about providing credentials.`,
    );
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken === "" ? {} : { sessionToken }) };
}

function regionOf(config: Values, env: NodeJS.ProcessEnv): string {
  const region = scalar(config, "region", ["AWS_REGION", "AWS_DEFAULT_REGION"], env);
  if (region === "") {
    throw new Error(
      "missing region information\n" +
        "Make sure you have set your AWS region, e.g. `pulumi config set aws:region us-west-2`.",
    );
  }
  if (!isSet(config, "skipRegionValidation") && !/^[a-z]{2,}(-[a-z]+)+-\d+$/.test(region)) {
    throw new Error(`invalid AWS Region: ${region}`);
  }
  return region;
}

function defaultTagsOf(config: Values): Tags {
  const given = decoded(config, "defaultTags") as { tags?: Record<string, unknown> } | undefined;
  return Object.fromEntries(
    Object.entries(given?.tags ?? {}).map(([key, value]) => [key, String(value)]),
  );
}

/**
 * Reads the provider's configuration as the engine sends it.
 * @throws Error in one clear text: unknown key, no endpoints, no region, no credentials.
 */
export function readConfiguration(
  config: Values,
  env: NodeJS.ProcessEnv = process.env,
): Configuration {
  const known: readonly string[] = [...KEYS, ...OF_ENGINE];
  const unknown = Object.keys(config).filter(
    (key) => !known.includes(key) && !key.startsWith("__"),
  );
  if (unknown.length > 0) {
    throw new Error(
      `The rehearsal's stand-in for the AWS provider doesn't know the configuration ` +
        `${unknown.map((key) => `aws:${key}`).join(", ")}. It knows: ${KEYS.join(", ")}. ` +
        `Remove it: pulumi config rm aws:${unknown[0] ?? ""}`,
    );
  }
  const maxRetries = Number(config["maxRetries"] ?? 3);
  return {
    region: regionOf(config, env),
    endpoints: endpointsOf(config),
    credentials: credentialsOf(config, env),
    defaultTags: defaultTagsOf(config),
    s3UsePathStyle: isSet(config, "s3UsePathStyle"),
    validateCredentials: !isSet(config, "skipCredentialsValidation"),
    allowedAccountIds: strings(config, "allowedAccountIds"),
    forbiddenAccountIds: strings(config, "forbiddenAccountIds"),
    maxAttempts: Number.isInteger(maxRetries) && maxRetries > 0 ? maxRetries : 3,
  };
}

interface Middleware {
  middlewareStack: {
    add(
      middleware: (
        next: (args: never) => Promise<unknown>,
        context: { clientName?: string; commandName?: string },
      ) => (args: never) => Promise<unknown>,
      options: { step: "initialize"; name: string; priority: "high" },
    ): void;
  };
}

/** Makes every failure of a client one that names service, operation, code and message. */
function wordErrors(client: unknown): void {
  (client as Middleware).middlewareStack.add(
    (next, context) => async (args) => {
      try {
        return await next(args);
      } catch (failure) {
        const service = (context.clientName ?? "").replace(/Client$/, "").replace("53", " 53");
        throw awsError(service, (context.commandName ?? "").replace(/Command$/, ""), failure);
      }
    },
    { step: "initialize", name: "wordErrors", priority: "high" },
  );
}

/** One configured provider: default region, default tags, and a client for each region asked for. */
export class Session {
  private configuration: Configuration | undefined;
  private readonly ec2Clients = new Map<string, EC2Client>();
  private stsClient: STSClient | undefined;
  private route53Client: Route53Client | undefined;
  private iamClient: IAMClient | undefined;
  private readonly s3Clients = new Map<string, S3Client>();
  private readonly schedulerClients = new Map<string, SchedulerClient>();

  /** Takes the configuration; asks STS where the configuration wants the credentials checked. */
  async configure(config: Values, env: NodeJS.ProcessEnv = process.env): Promise<void> {
    this.configuration = readConfiguration(config, env);
    const { validateCredentials, allowedAccountIds, forbiddenAccountIds } = this.configuration;
    if (!validateCredentials && allowedAccountIds.length + forbiddenAccountIds.length === 0) return;
    const account = await this.account();
    const refused =
      forbiddenAccountIds.includes(account) ||
      (allowedAccountIds.length > 0 && !allowedAccountIds.includes(account));
    if (refused) throw new Error(`AWS account ID not allowed: ${account}`);
  }

  private async account(): Promise<string> {
    try {
      return (await this.sts().send(new GetCallerIdentityCommand({}))).Account ?? "";
    } catch (failure) {
      const hint = codeOf(failure) === "" ? "" : "Invalid credentials configured.\n";
      throw new Error(`${hint}${(failure as Error).message}`, { cause: failure });
    }
  }

  private get settings(): Configuration {
    if (this.configuration === undefined) {
      throw new Error("The AWS provider was used before it was configured.");
    }
    return this.configuration;
  }

  get region(): string {
    return this.settings.region;
  }

  get defaultTags(): Tags {
    return this.settings.defaultTags;
  }

  /** The EC2 client of a region. Default: the configured one. */
  ec2(region = this.region): EC2Client {
    let client = this.ec2Clients.get(region);
    if (client === undefined) {
      const { credentials, maxAttempts, endpoints } = this.settings;
      client = new EC2Client({ region, credentials, maxAttempts, endpoint: endpoints.ec2 });
      wordErrors(client);
      this.ec2Clients.set(region, client);
    }
    return client;
  }

  /** Route 53 is one for all regions. */
  route53(): Route53Client {
    this.route53Client ??= this.worded(new Route53Client(this.globalOptions("route53")));
    return this.route53Client;
  }

  /** IAM is one for all regions. */
  iam(): IAMClient {
    this.iamClient ??= this.worded(new IAMClient(this.globalOptions("iam")));
    return this.iamClient;
  }

  /** The S3 client of a region. */
  s3(region: string): S3Client {
    let client = this.s3Clients.get(region);
    if (client === undefined) {
      const forcePathStyle = this.settings.s3UsePathStyle;
      client = this.worded(new S3Client({ ...this.options("s3"), region, forcePathStyle }));
      this.s3Clients.set(region, client);
    }
    return client;
  }

  /** The client of EventBridge Scheduler of a region. */
  scheduler(region: string): SchedulerClient {
    let client = this.schedulerClients.get(region);
    if (client === undefined) {
      client = this.worded(new SchedulerClient({ ...this.options("scheduler"), region }));
      this.schedulerClients.set(region, client);
    }
    return client;
  }

  private globalOptions(service: Further) {
    return { ...this.options(service), region: "us-east-1" };
  }

  private options(service: Further) {
    const { credentials, maxAttempts, endpoints } = this.settings;
    const endpoint = endpoints[service];
    if (endpoint === undefined) {
      throw new Error(
        `The rehearsal's stand-in for the AWS provider has no endpoint of ${service}. ` +
          `Received: aws:endpoints with ${Object.keys(endpoints).join(", ")}. Wanted: a URL for ${service}. ${MEND}`,
      );
    }
    return { credentials, maxAttempts, endpoint };
  }

  private worded<Client>(client: Client): Client {
    wordErrors(client);
    return client;
  }

  sts(): STSClient {
    if (this.stsClient === undefined) {
      const { region, credentials, maxAttempts, endpoints } = this.settings;
      this.stsClient = new STSClient({ region, credentials, maxAttempts, endpoint: endpoints.sts });
      wordErrors(this.stsClient);
    }
    return this.stsClient;
  }
}
