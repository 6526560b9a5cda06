/** Where a rehearsal keeps everything, and who it belongs to. */

import fs from "node:fs";
import path from "node:path";
import { readJson } from "./setup/cache.mjs";
import { cacheRoot } from "./toolchain";

/** A process that can be told from a later one of the same number. */
export interface ProcessMark {
  pid: number;
  /** Start in clock ticks since boot, and the boot it was in. */
  started: string;
}

/** What a rehearsal is started with; kept, so that it can be started again as it was. */
export interface Settings {
  name: string;
  /** Of the front door, on 127.0.0.1. */
  port: number;
  /** Second number of its Elastic IPs. No other rehearsal of this computer has it. */
  block: number;
  machines: "real" | "none";
  /** Who started it. */
  owner: ProcessMark;
}

/** The parts of `<cache>/rehearsals/<name>/`. */
export function folderOf(name: string) {
  const folder = path.join(rehearsalsFolder(), name);
  return {
    folder,
    settings: path.join(folder, "settings.json"),
    /** The daemon's process. */
    daemon: path.join(folder, "daemon.json"),
    /** Of moto's memory, as it was when Pulumi's state was last known to fit it. */
    birth: path.join(folder, "birth"),
    memory: path.join(folder, "moto.pickle"),
    log: path.join(folder, "rehearsal.log"),
    fleet: path.join(folder, "fleet"),
    github: path.join(folder, "github"),
    /** Authorities of the rehearsal's own, with keys. */
    certificates: path.join(folder, "certificates"),
    /** Pebble's settings, logs and roots. */
    acme: path.join(folder, "acme"),
    /** Certificates that machines trust beside their own. */
    trusted: path.join(folder, "trusted"),
    pulumi: path.join(folder, "pulumi"),
    passphrase: path.join(folder, "passphrase"),
  };
}

export function rehearsalsFolder(): string {
  return path.join(cacheRoot(), "rehearsals");
}

/** Names of all rehearsals that have a folder. */
export function rehearsalNames(): string[] {
  if (!fs.existsSync(rehearsalsFolder())) return [];
  return fs
    .readdirSync(rehearsalsFolder(), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}

export function readSettings(name: string): Settings | undefined {
  return readJson(folderOf(name).settings) as Settings | undefined;
}

/** A number that no other rehearsal uses. Only under the lock of all rehearsals. */
export function freeBlock(name: string): number {
  const taken = rehearsalNames()
    .filter((other) => other !== name)
    .map((other) => readSettings(other)?.block);
  for (let block = 1; block < 255; block++) if (!taken.includes(block)) return block;
  throw new Error(`Too many rehearsals in ${rehearsalsFolder()}: npm run dev:stop, or remove some`);
}

/** The mark of a running process; undefined when there is none, or only its remains. */
export function markOf(pid: number): ProcessMark | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name, in brackets, may hold anything.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z") return undefined;
    const boot = fs.readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return { pid, started: `${fields[19]} ${boot}` };
  } catch {
    return undefined;
  }
}

/** Whether exactly this process still runs. */
export function isRunning(mark: ProcessMark | undefined): mark is ProcessMark {
  return mark !== undefined && markOf(mark.pid)?.started === mark.started;
}

/** The daemon's process, if it runs. */
export function runningDaemon(name: string): ProcessMark | undefined {
  const mark = readJson(folderOf(name).daemon) as ProcessMark | undefined;
  return isRunning(mark) ? mark : undefined;
}
