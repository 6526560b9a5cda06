/** What is known of a workshop: what its server tells, what AWS tells, what is seen from here. */
import type { Door } from "../doorsText";
import type { NameAnswers } from "../../providers/dnsFindings";
import type { Found } from "../../providers/contentProblems";

/** A look that failed, or did not end in time. */
export interface Failed {
  error: string;
}

export type Known<T> = T | Failed;

export function isKnown<T>(known: Known<T> | undefined): known is T {
  return known !== undefined && !(typeof known === "object" && known && "error" in known);
}

export interface Disk {
  /** All of it, what others than root have left, and what root alone may still write, in bytes. */
  bytes: number;
  free: number;
  reserved: number;
  inodes: number;
  freeInodes: number;
}

/** A line of a log, without secrets. */
export interface Complaint {
  /** Seconds of the epoch. */
  when: number;
  text: string;
}

export interface Complaints {
  count: number;
  last: Complaint[];
}

/** What scripts/server/doctor prints; times are seconds of the epoch. */
export interface ServerFacts {
  disks: Known<{ root: Disk; data: Disk }>;
  memory: Known<{
    bytes: number;
    free: number;
    /** Programs of units that the machine's kernel has ended. */
    killed: { unit: string; when: number }[];
    /** Participants whose notebook's kernel has ended by itself. */
    died: { name: string; when: number }[];
  }>;
  load: Known<{
    one: number;
    five: number;
    processors: number;
    /** Shares of the processors' time. */
    idle: number;
    steal: number;
    /** Seconds since the start. */
    uptime: number;
  }>;
  units: Known<{ failed: string[]; off: string[] }>;
  reboot: Known<{ asked: boolean; packages: string[] }>;
  updates: Known<{ last: number; timer: string }>;
  clock: Known<{ now: number; synchronized: boolean }>;
  sshd: Known<{ ports: number[]; passwords: boolean; root: boolean; wrong: string }>;
  homes: Known<{
    count: number;
    measured: { name: string; bytes: number }[];
    /** Bytes that each may have, and who has more; null: there is no limit. */
    limit: number | null;
    held: string[];
  }>;
  hub: Known<{ answers: boolean; version?: string; said?: string }>;
  people: Known<{
    accounts: number;
    servers: { name: string; ready: boolean; since: string | null; used: string | null }[];
  }>;
  hubErrors: Known<Complaints>;
  proxyErrors: Known<Complaints & { certificate: Complaint[] }>;
  python: Known<{
    pip: string;
    pipFor: string;
    pipVersion: string;
    pipPlace: string;
    executable: string;
    kernel: string;
    wrong: string;
  }>;
  packages: Known<{ count: number; broken: string[]; log: boolean }>;
  /** Who has packages in the home that are there for all in another version. */
  ownPackages: Known<{
    people: {
      name: string;
      folder: string;
      packages: { package: string; own: string; shared: string }[];
    }[];
  }>;
  git: Known<{ token: boolean; drift: string[] }>;
  content: Known<{ found: Found[] }>;
  reading: Known<{ read: { repository: string; wrong: string; lock: boolean }[] }>;
}

/** What AWS tells. */
export interface AwsFacts {
  /** `gone`: AWS does not know the instance any more. */
  state: string;
  /** AWS's own checks of the machine: ok, initializing, impaired …; empty: not told. */
  systemCheck: string;
  instanceCheck: string;
  /** What AWS is going to do to the machine, such as instance-retirement. */
  events: string[];
  type: string;
  /** Rules of its security groups for incoming connections. */
  doors: Door[];
}

/** A certificate as a visitor is shown it. */
export interface Certificate {
  issuer: string;
  /** Milliseconds of the epoch. */
  ends: number;
  names: string[];
}

/** What is seen from this computer. */
export interface HereFacts {
  /** This computer's address; undefined: not known. */
  address?: string;
  /** Of the ports for browsers and of SSH: whether a connection gets through, or why not. */
  ports: { port: number; said: string }[];
  /** Undefined: there is no domain. */
  certificate?: Known<Certificate>;
  /** Undefined: there is no domain. */
  names?: NameAnswers[];
  /** The key that `npm run ssh-key` saves: where, and what is wrong with it; empty: nothing. */
  keyFile: { file: string; wrong: "" | "missing" | "open" | "other"; mode: string };
  /** Between which the server told its own time, in milliseconds of the epoch. */
  asked?: { from: number; to: number };
}

/** What a stack says of itself, as far as the doctor needs it. */
export interface StackFacts {
  stack: string;
  region: string;
  profile?: string;
  instanceId: string;
  publicIp: string;
  sshCommand: string;
  sshPort: number;
  /** Names of the server, the one that participants use first; none: there is no domain. */
  domains: string[];
  dnsRecord: string;
  /** Whether Pulumi makes the record. */
  isZoneManaged: boolean;
  gitHost: string;
  /** What is in force; undefined: there is none. */
  token?: { fingerprint: string; validUntil: string; access: string };
  /** Of the token in the configuration; undefined: there is none. */
  configuredToken?: string;
  content: {
    name: string;
    repo: string;
    path: string;
    host: string;
    branch: string;
    open: string;
    app: "lab" | "notebook";
  }[];
}

export interface Facts {
  stack: StackFacts;
  aws: Known<AwsFacts>;
  here: HereFacts;
  /** Why the server could not be asked, or what it told. */
  server: Known<ServerFacts>;
  /** Milliseconds of the epoch. */
  now: number;
}
