/**
 * The only reader of the stack's configuration.
 *
 * `Pulumi.yaml` declares every key with its type, default and description; this file checks what
 * types cannot say. All problems of a stack are reported in one error, before anything is created.
 */
import * as pulumi from "@pulumi/pulumi";
import type { GitAccessMode } from "../providers/gitAccess";
import { accountsOf } from "./accountList";
import { awsClients, type AwsClients, type ClientOptions } from "./awsClients";
import { AccountSettings, parseAccount } from "./accountConfig";
import { CalendarSettings, readCalendar } from "./calendarConfig";
import { ContentEntry, parseContent } from "./content";
import { credentialSources, missingCredentials } from "./credentials";
import { GIT_HOST, PRINTABLE, RawConfig, Reader } from "./configReader";
import { HOME_GIB, LEAST_HOME_GIB, readHomeGiB } from "./homeLimit";
import { HttpsSettings, readHttps } from "./httpsConfig";
import { PackagesSettings, readPackages } from "./packagesConfig";
import { LEAST_LIMIT_GIB } from "./sizing";
import { formatProblems, forStack, Problem } from "./text";

/** The checked configuration of a workshop. Sizes in GiB, times in minutes unless named otherwise. */
export interface Settings extends HttpsSettings, CalendarSettings, PackagesSettings {
  kind: "workshop";
  /** Prefix of every name and tag. */
  name: string;
  /** AWS region of the stack, such as `ap-south-1`. */
  region: string;
  /** AWS profile of the stack, for commands printed to the user; undefined if none is set. */
  profile?: string;
  /** Of EC2, as the AWS provider reaches it. There may be keys in it: secret. */
  ec2: ClientOptions;
  instanceType: string;
  diskGiB: number;
  dataGiB: number;
  /** Most that a participant's home may have; undefined means computed. */
  homeGiB?: number | "none";
  cpuCredits: "standard" | "unlimited";
  /** Most memory of a participant's server; undefined means computed. */
  memoryGiB?: number;
  /** Most vCPUs of a participant's server; undefined means no limit. */
  cpus?: number;
  /** 0: servers are never stopped for being idle. */
  idleTimeoutMinutes: number;
  ubuntuRelease: "22.04" | "24.04";
  /** Snapshot that the data volume is made of; undefined: it starts blank. */
  dataSnapshot?: string;
  /** An image chosen by the user; undefined means Canonical's newest of `ubuntuRelease`. */
  amiId?: string;
  /** IPv4 ranges, and the word `me`. */
  sshCidrs: string[];
  addressService: string;
  /** Allocation id of the user's own Elastic IP; undefined means that the stack makes one. */
  elasticIpAllocationId?: string;
  admins: string[];
  /** May open participants' servers; no sudo. */
  helpers: string[];
  /** Participants' accounts in all. */
  participants: number;
  /** Account names, or persons' names in any script. */
  participantNames: string[];
  spareAccounts: number;
  tljhVersion: string;
  /** Address of TLJH's bootstrap script, with the version filled in. */
  bootstrapUrl: string;
  /** 64 hexadecimal digits in lower case. */
  bootstrapSha256: string;
  /** Port of SSH, on the server and in the security group. */
  sshPort: number;
  sshWaitMinutes: number;
  aptWaitMinutes: number;
  /** Host of the repositories, such as github.com. */
  gitHost: string;
  /** Address of its REST API; undefined means none that is known. */
  gitApi?: string;
  gitUsername: string;
  /** Secret. Undefined means that only public repositories are read. */
  gitToken?: string;
  gitAccess: GitAccessMode;
  /** Such as 2026-12-24. */
  gitTokenExpires?: string;
  content: ContentEntry[];
}

/** The configuration of a stack cannot be used. The message holds every problem, and no secret. */
export class ConfigurationError extends pulumi.RunError {
  constructor(title: string, problems: readonly Problem[]) {
    const stack = pulumi.getStack();
    const mended = problems.map((problem) => ({ ...problem, mend: forStack(problem.mend, stack) }));
    super(formatProblems(title, mended));
    // Pulumi's launcher asks for the stack, shows it to nobody, and looks through the source maps of
    // the whole SDK for it: 11 s during which a person waits for this very message.
    this.stack = this.message;
  }
}

export { CONFIG_KEYS } from "./configReader";
export type { RawConfig } from "./configReader";

/** Options of AWS's own clients, by the running stack's configuration. */
export function stackClients(): AwsClients {
  return clientsOf(pulumi.runtime.allConfig());
}

function clientsOf(raw: Readonly<Record<string, string | undefined>>): AwsClients {
  return awsClients((key) => raw[`aws:${key}`] ?? "");
}

/**
 * Reads and checks the configuration of the running stack, a workshop's or an account's.
 *
 * @throws ConfigurationError
 */
export function readSettings(): Settings | AccountSettings {
  const project = pulumi.getProject();
  const stack = pulumi.getStack();
  const raw = pulumi.runtime.allConfig();
  const { settings, problems } =
    raw[`${project}:kind`]?.trim() === "account"
      ? parseAccount(raw, project, stack, secretKeys())
      : parseSettings(raw, project, stack, secretKeys());
  const missing = missingCredentials(credentialSources(raw), settings.region);
  if (missing) problems.push(missing);
  if (problems.length > 0) {
    throw new ConfigurationError(`The configuration of stack ${stack} cannot be used`, problems);
  }
  return settings;
}

/** Keys whose values are encrypted in the stack's file, as the engine tells every program. */
function secretKeys(): string[] {
  return JSON.parse(process.env["PULUMI_CONFIG_SECRET_KEYS"] ?? "[]") as string[];
}

/**
 * Checks a workshop's configuration. `settings` is only meaningful when there are no problems.
 *
 * @param encrypted keys, with their namespace, that are encrypted in the stack's file
 */
export function parseSettings(
  raw: RawConfig,
  project: string,
  stack: string,
  encrypted: readonly string[] = [],
): { settings: Settings; problems: Problem[] } {
  const read = new Reader(raw, project);
  const gitHost = read.matching("gitHost", GIT_HOST, {
    wrong: "gitHost is not the name of a host",
    allowed: "a name, with a port if it needs one, without https:// and without a path",
    example: "github.com",
  });
  const { content, problems } = parseContent(read.text("content"), gitHost);
  read.problems.push(...problems);
  const name = read.name(stack);
  const tljhVersion = read.matching("tljhVersion", /^[0-9]+(\.[0-9]+)*[0-9a-z.]*$/, {
    wrong: "tljhVersion is not a version of The Littlest JupyterHub",
    allowed: "a release such as 2.0.0 (a branch is not pinned)",
    example: "2.0.0",
  });
  const bootstrapUrl = read.webAddress("bootstrapUrl").replaceAll("{tljhVersion}", tljhVersion);
  const settings: Settings = {
    kind: readKind(read),
    name,
    region: read.region(),
    profile: raw["aws:profile"],
    ec2: clientsOf(raw).options("ec2"),
    instanceType: read.matching("instanceType", /^[a-z][a-z0-9-]*\.[a-z0-9-]+$/, {
      wrong: "instanceType is not an EC2 instance type",
      allowed: "a type such as t3.xlarge",
      example: "t3.xlarge",
    }),
    diskGiB: read.integer("diskGiB", 10, 16384),
    dataGiB: read.integer("dataGiB", 1, 16384),
    homeGiB: homeGiB(read),
    cpuCredits: read.oneOf("cpuCredits", ["standard", "unlimited"]),
    ...readLimits(read),
    ubuntuRelease: read.oneOf("ubuntuRelease", ["22.04", "24.04"]),
    dataSnapshot: read.optional("dataSnapshot", /^snap-[0-9a-f]{8,17}$/, {
      wrong: "dataSnapshot is not the id of a snapshot",
      allowed:
        "snap- and 8 or 17 hexadecimal digits, as `npm run backup -- list` shows, or nothing",
      example: "snap-0dee22c13ea7a9a67",
    }),
    amiId: read.optional("amiId", /^ami-[0-9a-f]{8,17}$/, {
      wrong: "amiId is not the id of an image",
      allowed: "ami- and 8 or 17 hexadecimal digits, or nothing for Canonical's newest",
      example: "ami-0dee22c13ea7a9a67",
    }),
    sshCidrs: read.sshCidrs(),
    addressService: read.webAddress("addressService"),
    elasticIpAllocationId: read.elasticIp(),
    ...readHttps(read),
    ...readPeople(read),
    tljhVersion,
    bootstrapUrl,
    bootstrapSha256: read
      .matching("bootstrapSha256", /^[0-9a-fA-F]{64}$/, {
        wrong: "bootstrapSha256 is not a SHA-256",
        allowed: "64 hexadecimal digits: the script is run as root, so look at it first",
        example: `"$(curl -fsSL ${bootstrapUrl} | sha256sum | cut -d' ' -f1)"`,
      })
      .toLowerCase(),
    ...readPackages(read),
    sshPort: Number(read.oneOf("sshPort", ["22", "993"])),
    sshWaitMinutes: read.integer("sshWaitMinutes", 0, 60),
    aptWaitMinutes: read.integer("aptWaitMinutes", 0, 120),
    gitHost,
    gitApi: read.gitApi(gitHost),
    gitUsername: read.matching("gitUsername", PRINTABLE, {
      wrong: "gitUsername is not the name of an account",
      allowed: "a name without blanks; GitHub takes any with a token",
      example: "x-access-token",
    }),
    gitToken: read.secretToken("gitToken", encrypted.includes(`${project}:gitToken`)),
    gitAccess: read.oneOf("gitAccess", ["sealed", "shared"]),
    gitTokenExpires: read.day("gitTokenExpires"),
    ...readCalendar(read),
    content,
  };
  read.unknownKeys(encrypted);
  return { settings, problems: read.problems };
}

/** An account's configuration is read elsewhere: what comes here is a workshop, or misspelt. */
function readKind(read: Reader): "workshop" {
  read.oneOf("kind", ["workshop", "account"]);
  return "workshop";
}

function readLimits(read: Reader): Pick<Settings, "memoryGiB" | "cpus" | "idleTimeoutMinutes"> {
  return {
    memoryGiB: read.optionalNumber("memoryGiB", [LEAST_LIMIT_GIB, 24_576], {
      wrong: "memoryGiB is not an amount of memory",
      allowed: `a number of GiB such as 1.5, at least ${LEAST_LIMIT_GIB}; or nothing: then it is computed`,
      example: "1.5",
    }),
    cpus: read.optionalNumber(
      "cpus",
      [1, 896],
      {
        wrong: "cpus is not a number of vCPUs",
        allowed:
          "a whole number from 1, or nothing: no limit (The Littlest JupyterHub takes no parts)",
        example: "2",
      },
      /^[0-9]+$/,
    ),
    idleTimeoutMinutes: read.idleMinutes("idleTimeoutMinutes"),
  };
}

function homeGiB(read: Reader): Settings["homeGiB"] {
  const rule = {
    wrong: "homeGiB is not what a home may have",
    allowed: `GiB such as 2.5, at least ${LEAST_HOME_GIB}; none for no limit; empty: computed`,
    example: "2.5",
  };
  const value = readHomeGiB(read.optional("homeGiB", HOME_GIB, rule));
  if (typeof value === "number" && value < LEAST_HOME_GIB) {
    read.refuse("homeGiB", rule, String(value));
  }
  return value;
}

function readPeople(
  read: Reader,
): Pick<Settings, "admins" | "helpers" | "participants" | "participantNames" | "spareAccounts"> {
  const admins = read.admins();
  const people = {
    admins,
    helpers: read.helpers(admins),
    participants: read.integer("participants", 0, 500),
    participantNames: read.list("participantNames", "aigul"),
    spareAccounts: read.integer("spareAccounts", 0, 100),
  };
  read.problems.push(...accountsOf(people).problems);
  return people;
}
