/** Reads typed values out of a stack's configuration and collects what is wrong with them. */
import * as ipaddr from "ipaddr.js";
import { nearest, Problem } from "./text";

/** What a stack's configuration holds, as text: `project:key` to value. */
export type RawConfig = Readonly<Record<string, string | undefined>>;

/** Every key of this project's own namespace. `Pulumi.yaml` declares the same ones. */
export const CONFIG_KEYS = [
  "kind",
  "operatorAccess",
  "operatorRegions",
  "name",
  "instanceType",
  "diskGiB",
  "dataGiB",
  "homeGiB",
  "cpuCredits",
  "memoryGiB",
  "cpus",
  "idleTimeoutMinutes",
  "ubuntuRelease",
  "dataSnapshot",
  "amiId",
  "sshCidrs",
  "sshPort",
  "addressService",
  "elasticIp",
  "domain",
  "extraDomains",
  "dnsZone",
  "dnsTtl",
  "dnsResolvers",
  "acmeEmail",
  "acmeServer",
  "acmeCa",
  "admins",
  "helpers",
  "participants",
  "participantNames",
  "spareAccounts",
  "tljhVersion",
  "bootstrapUrl",
  "bootstrapSha256",
  "packages",
  "requirementsUrl",
  "packagesLock",
  "packagesScript",
  "content",
  "gitHost",
  "gitApi",
  "gitUsername",
  "gitToken",
  "gitAccess",
  "gitTokenExpires",
  "firstDay",
  "lastDay",
  "timeZone",
  "nightStop",
  "stopAfterDays",
  "schedulerRole",
  "sshWaitMinutes",
  "aptWaitMinutes",
] as const;
export type Key = (typeof CONFIG_KEYS)[number];

/** A name that a DNS record can have, in lower case. */
export const DOMAIN =
  /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;

export const GIT_HOST =
  /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(:[0-9]{1,5})?$/;

/** An AWS region. */
export const REGION = /^[a-z]{2}(-[a-z]+)+-[0-9]$/;

/** One word of visible ASCII characters. */
export const PRINTABLE = /^[!-~]+$/;

/**
 * A JupyterHub name becomes the Unix user `jupyter-NAME`, and Linux allows 32 characters in all.
 * It starts with a letter because tljh-config takes a value of digits for a number.
 */
const PERSON = /^[a-z][a-z0-9_-]{0,23}$/;

export interface Rule {
  wrong: string;
  allowed: string;
  /** A value that would be accepted, for the command that mends it. */
  example: string;
}

/** Reads typed values from text and collects what is wrong with them. */
export class Reader {
  readonly problems: Problem[] = [];

  constructor(
    private readonly raw: RawConfig,
    private readonly project: string,
  ) {}

  text(key: Key): string {
    return this.raw[`${this.project}:${key}`] ?? "";
  }

  refuse(key: string, rule: Rule, received: string): void {
    this.problems.push({
      wrong: rule.wrong,
      received: received === "" ? "nothing" : received,
      allowed: rule.allowed,
      mend: `pulumi config set ${key} ${rule.example}`,
    });
  }

  matching(key: Key, pattern: RegExp, rule: Rule): string {
    const value = this.text(key).trim();
    if (!pattern.test(value)) this.refuse(key, rule, value);
    return value;
  }

  optional(key: Key, pattern: RegExp, rule: Rule): string | undefined {
    return this.text(key).trim() === "" ? undefined : this.matching(key, pattern, rule);
  }

  name(stack: string): string {
    const value = this.text("name").trim() || stack;
    if (!/^[a-z][a-z0-9-]{0,30}[a-z0-9]$/.test(value)) {
      this.refuse(
        "name",
        {
          wrong: "name cannot be the prefix of names in AWS",
          allowed: "2 to 32 lower-case letters, digits and hyphens, a letter first",
          example: "workshop-central-asia",
        },
        value,
      );
    }
    return value;
  }

  region(): string {
    const value = (this.raw["aws:region"] ?? "").trim();
    if (!REGION.test(value)) {
      this.refuse(
        "aws:region",
        {
          wrong: "aws:region is not an AWS region",
          allowed: "a region such as ap-south-1 (Mumbai)",
          example: "ap-south-1",
        },
        value,
      );
    }
    return value;
  }

  integer(key: Key, least: number, most: number): number {
    const value = this.text(key).trim();
    const number = /^-?[0-9]+$/.test(value) ? Number(value) : NaN;
    if (!(number >= least && number <= most)) {
      this.refuse(
        key,
        {
          wrong: Number.isNaN(number) ? `${key} is not a whole number` : `${key} is out of range`,
          allowed: `a whole number from ${least} to ${most}`,
          example: String(Math.max(least, DEFAULT_EXAMPLES[key] ?? least)),
        },
        value,
      );
    }
    return number;
  }

  /** A number that may have a point; undefined where nothing is set. */
  optionalNumber(
    key: Key,
    range: readonly [least: number, most: number],
    rule: Rule,
    pattern = /^[0-9]+(\.[0-9]+)?$/,
  ): number | undefined {
    const [least, most] = range;
    const value = this.optional(key, pattern, rule);
    if (value === undefined || !pattern.test(value)) return undefined;
    const number = Number(value);
    if (number < least || number > most) this.refuse(key, rule, value);
    return number;
  }

  /** 0 is never. Servers tell the hub of their last use every five minutes. */
  idleMinutes(key: Key): number {
    const minutes = this.integer(key, 0, 10_080);
    if (minutes > 0 && minutes < 10) {
      this.refuse(
        key,
        {
          wrong: `${key} is so short that servers in use would be stopped`,
          allowed:
            "10 to 10080 minutes, or 0 for never: the hub learns only every 5 minutes of use",
          example: "720",
        },
        String(minutes),
      );
    }
    return minutes;
  }

  oneOf<T extends string>(key: Key, allowed: readonly [T, ...T[]]): T {
    const value = this.text(key).trim();
    const found = allowed.find((word) => word === value);
    if (found !== undefined) return found;
    this.refuse(
      key,
      {
        wrong: `${key} is not one of its values`,
        allowed: allowed.join(", "),
        example: nearest(value, allowed) ?? allowed[0],
      },
      value,
    );
    return allowed[0];
  }

  webAddress(key: Key): string {
    const value = this.text(key).trim();
    const protocol = URL.canParse(value) ? new URL(value).protocol : "";
    if (!["http:", "https:"].includes(protocol)) {
      this.refuse(
        key,
        {
          wrong: `${key} is not a web address`,
          allowed: "an address that starts with https:// (or http://)",
          example: "https://…",
        },
        value,
      );
    }
    return value;
  }

  /** GitHub's is known; another host has one only if it is told. */
  gitApi(gitHost: string): string | undefined {
    if (this.text("gitApi").trim() !== "") return this.webAddress("gitApi").replace(/\/+$/, "");
    return gitHost === "github.com" ? "https://api.github.com" : undefined;
  }

  /** Never repeats what it has received. */
  secretToken(key: Key, isEncrypted: boolean): string | undefined {
    const value = this.text(key);
    if (value === "") return undefined;
    const received = `a text of ${value.length} characters`;
    const allowed = "the token alone, encrypted";
    const mend = `pulumi config set --secret ${key}, and paste the token at the prompt`;
    if (!PRINTABLE.test(value)) {
      const wrong = `${key} has a blank, a line break or a letter that no token has`;
      this.problems.push({ wrong, received, allowed, mend });
    } else if (!isEncrypted) {
      const wrong = `${key} is not encrypted in the stack's file, where everybody can read it`;
      const revoke = `${mend}; if the file was ever shared or committed, revoke the token`;
      this.problems.push({ wrong, received, allowed, mend: revoke });
    }
    return value;
  }

  day(key: Key): string | undefined {
    // A day without quotes in the stack's file is a time to YAML.
    const value = this.text(key)
      .trim()
      .replace(/[T ]00:00:00.*$/, "");
    if (value === "") return undefined;
    const time = /^\d{4}-\d{2}-\d{2}$/.test(value) ? Date.parse(`${value}T00:00:00Z`) : NaN;
    const isDay = !Number.isNaN(time) && new Date(time).toISOString().startsWith(value);
    if (!isDay) {
      this.refuse(
        key,
        {
          wrong: `${key} is not a day`,
          allowed: "a day of the calendar, year first, such as 2026-12-17",
          example: "2026-12-17",
        },
        value,
      );
    }
    return value;
  }

  elasticIp(): string | undefined {
    const value = this.text("elasticIp").trim();
    if (value === "managed") return undefined;
    return this.matching("elasticIp", /^eipalloc-[0-9a-f]{8,17}$/, {
      wrong: "elasticIp is neither `managed` nor an allocation id",
      allowed: "managed, or the id of an address you own (eipalloc-…)",
      example: "managed",
    });
  }

  /** Empty: closed to everybody, which only a server that is set up can be. */
  sshCidrs(): string[] {
    const values = this.list("sshCidrs", "me");
    for (const value of values) {
      const wrong = value === "me" ? undefined : cidrFault(value);
      if (wrong !== undefined) {
        this.refuse(
          `--path 'sshCidrs[${values.indexOf(value)}]'`,
          {
            wrong: `sshCidrs: ${wrong}`,
            allowed: "the word me, or an IPv4 range such as 203.0.113.7/32",
            example: nearestCidr(value) ?? "me",
          },
          value,
        );
      }
    }
    return values;
  }

  /** Names of accounts, none of them among others. */
  private people(key: Key, others: readonly string[] = []): string[] {
    const values = this.list(key, "nicolas");
    values.forEach((value, index) => {
      const twice = values.indexOf(value) !== index || others.includes(value);
      if (PERSON.test(value) && !twice) return;
      this.refuse(
        `--path '${key}[${index}]'`,
        {
          wrong: twice
            ? `${key} names somebody twice${others.includes(value) ? ", who is an administrator too" : ""}`
            : `${key} holds a name that Linux does not accept for a user`,
          allowed: "1 to 24 characters: lower-case letters, digits, - and _, a letter first",
          example: suggestName(value),
        },
        value,
      );
    });
    return values;
  }

  helpers(admins: readonly string[]): string[] {
    return this.people("helpers", admins);
  }

  admins(): string[] {
    const values = this.people("admins");
    if (values.length === 0) {
      this.refuse(
        "--path 'admins[0]'",
        {
          wrong: "admins is empty, so nobody could administer the server",
          allowed: "at least one name",
          example: "nicolas",
        },
        "[]",
      );
    }
    return values;
  }

  /** A list of texts; empty where nothing is set. */
  list(key: Key, example: string): string[] {
    const value = this.text(key).trim();
    if (value === "") return [];
    let parsed: unknown;
    try {
      parsed = JSON.parse(value);
    } catch {
      parsed = undefined;
    }
    if (Array.isArray(parsed) && parsed.every((item) => typeof item === "string")) {
      return parsed.map((item: string) => item.trim());
    }
    this.refuse(
      `--path '${key}[0]'`,
      { wrong: `${key} is not a list of texts`, allowed: "a list of texts", example },
      value,
    );
    // Not empty, so that the same key is not reported a second time as an empty list.
    return [example];
  }

  /**
   * Reports keys of this project's namespace that nothing reads: a misspelt one would be ignored.
   *
   * @param encrypted keys, with their namespace, whose values are not to be shown
   */
  unknownKeys(encrypted: readonly string[]): void {
    const prefix = `${this.project}:`;
    for (const full of Object.keys(this.raw)) {
      if (!full.startsWith(prefix)) continue;
      const key = full.slice(prefix.length);
      if ((CONFIG_KEYS as readonly string[]).includes(key)) continue;
      const meant = nearest(key, CONFIG_KEYS);
      const value = this.raw[full] ?? "";
      // The value is kept, unless it may be a secret, or is no text that a shell takes as it is.
      const isMoved =
        meant !== undefined && !encrypted.includes(full) && /^[\w.:/@-]{1,80}$/.test(value);
      const set = isMoved && meant !== "gitToken" ? `pulumi config set ${meant} ${value} && ` : "";
      this.problems.push({
        wrong: `The configuration has a key that does not exist${meant ? `; ${meant} is meant?` : ""}`,
        received: key,
        allowed: CONFIG_KEYS.join(", "),
        mend: `${set}pulumi config rm ${key}`,
      });
    }
  }
}

/** Values that the mending command suggests where the least allowed one would be a poor choice. */
const DEFAULT_EXAMPLES: Partial<Record<Key, number>> = {
  diskGiB: 20,
  dataGiB: 40,
  dnsTtl: 3600,
  idleTimeoutMinutes: 720,
  participants: 20,
  spareAccounts: 3,
  stopAfterDays: 3,
  sshWaitMinutes: 5,
  aptWaitMinutes: 15,
};

/** Says what is wrong with an IPv4 range, or nothing. */
export function cidrFault(value: string): string | undefined {
  if (!ipaddr.IPv4.isValidCIDRFourPartDecimal(value)) return "not an IPv4 range";
  const network = ipaddr.IPv4.networkAddressFromCIDR(value).toString();
  const [address, prefix] = value.split("/");
  if (network !== address) return `the range starts at ${network}, write ${network}/${prefix}`;
  return undefined;
}

/** The range that is meant: of one address, or from where it starts. */
function nearestCidr(value: string): string | undefined {
  const range = value.includes("/") ? value : `${value}/32`;
  if (!ipaddr.IPv4.isValidCIDRFourPartDecimal(range)) return undefined;
  return `${ipaddr.IPv4.networkAddressFromCIDR(range).toString()}/${range.split("/")[1]}`;
}

function suggestName(value: string): string {
  const cleaned = value
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, "-")
    .replace(/^[^a-z]+|-+$/g, "")
    .slice(0, 24);
  return cleaned === "" ? "nicolas" : cleaned;
}
