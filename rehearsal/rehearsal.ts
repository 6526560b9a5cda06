/** Starts, finds, recovers and removes rehearsals: AWS and its machines on this computer. */

import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isFree } from "./cloud/ports";
import {
  folderOf,
  freeBlock,
  isRunning,
  markOf,
  readSettings,
  rehearsalNames,
  rehearsalsFolder,
  runningDaemon,
  type Settings,
} from "./folder";
import { endDaemon, spawnDaemon, untilReady } from "./daemonProcess";
import { askHealth, codeHash } from "./health";
import { Fleet } from "./machines/fleet";
import { pulumiEnv } from "./pulumiEnv";
import { writeJson } from "./setup/cache.mjs";
import { withLock } from "./setup/lock.mjs";

const PORT_LIMIT_MS = 2_000;

export interface RehearsalOptions {
  /** `dev`, or `test-…`: one that is removed at the next start when its process is gone. */
  name: string;
  /** Of the front door. */
  port: number;
  /** Default: real. None is AWS's answers alone; no root is needed. */
  machines?: "real" | "none";
  say: (line: string) => void;
}

export interface Rehearsal {
  name: string;
  folder: string;
  /** Of EC2, STS, IAM and Route 53. */
  endpoint: string;
  /** Answers with the caller's address. */
  addressService: string;
  /** For `pulumi`, beside the present environment. */
  env: Record<string, string>;
  /**
   * `new`: nothing was there. `running`: it was. `recovered`: it had ended, and goes on with all
   * it knew. `started clean`: it had forgotten what AWS has, and so Pulumi's state was removed.
   */
  found: "new" | "running" | "recovered" | "started clean";
}

/** Starts a rehearsal, or finds it running, or recovers it. */
export async function startRehearsal(options: RehearsalOptions): Promise<Rehearsal> {
  const { name, say } = options;
  if (!/^[a-z][a-z0-9-]{0,30}$/.test(name)) throw new Error(`not a rehearsal's name: ${name}`);
  await removeLeftovers(say);
  return locked(name, () => start(options), say);
}

/** Removes a rehearsal with its machines, disks and Pulumi state, in whatever state it is. */
export async function stopRehearsal(
  name: string,
  say: (line: string) => void = () => {},
): Promise<void> {
  await locked(name, () => remove(name, say), say);
}

async function start(options: RehearsalOptions): Promise<Rehearsal> {
  const { name, port, machines = "real", say } = options;
  const places = folderOf(name);
  let wasRunning = false;
  const daemon = runningDaemon(name);
  if (daemon !== undefined) {
    const health = await askHealth(port);
    wasRunning = health?.name === name && health.ready && health.code === codeHash();
    if (!wasRunning) await endDaemon(name);
  }
  if (!wasRunning) {
    // What a process held that was ended by force is free a moment after the process is gone.
    await refuseTakenPort(port, fs.existsSync(places.daemon) ? PORT_LIMIT_MS : 0);
    await writeSettings({ name, port, machines }, say);
    await spawnDaemon(name);
  }
  const { birth, trouble } = await untilReady(name, port);
  if (trouble !== undefined) {
    say(`Not all machines could be brought back: ${trouble}`);
    say("They are tried again at the next change of AWS");
  }
  return {
    name,
    folder: places.folder,
    endpoint: `http://127.0.0.1:${port}`,
    addressService: `http://127.0.0.1:${port}/address`,
    env: pulumiEnv(name),
    found: settle(places, birth, wasRunning),
  };
}

/** Removes Pulumi's state when it tells of things that the rehearsal has forgotten. */
function settle(
  { birth, pulumi }: ReturnType<typeof folderOf>,
  now: string,
  wasRunning: boolean,
): Rehearsal["found"] {
  const before = fs.existsSync(birth) ? fs.readFileSync(birth, "utf8") : undefined;
  if (before === now) return wasRunning ? "running" : "recovered";
  fs.rmSync(pulumi, { recursive: true, force: true });
  fs.mkdirSync(pulumi, { recursive: true });
  fs.writeFileSync(birth, now);
  return before === undefined ? "new" : "started clean";
}

async function refuseTakenPort(port: number, wait: number): Promise<void> {
  const end = Date.now() + wait;
  for (;;) {
    if (await isFree(port)) return;
    if (Date.now() >= end) break;
    await sleep(50);
  }
  const other = await askHealth(port);
  throw new Error(
    [
      `Port ${port} of 127.0.0.1, where the rehearsal answers as AWS, is taken`,
      `  received: ${other === undefined ? "another program listens there" : `the rehearsal ${other.name} listens there`}`,
      "  allowed:  nothing but this rehearsal",
      `  to mend:  end that program; it is shown by: ss -ltnp 'sport = :${port}'`,
    ].join("\n"),
  );
}

async function writeSettings(
  wanted: Pick<Settings, "name" | "port" | "machines">,
  say: (line: string) => void,
): Promise<void> {
  const places = folderOf(wanted.name);
  const owner = markOf(process.pid);
  if (owner === undefined) throw new Error("no /proc: the rehearsal needs Linux");
  fs.mkdirSync(places.pulumi, { recursive: true });
  await withLock(
    path.join(rehearsalsFolder(), "blocks.lock"),
    async () => {
      const block = readSettings(wanted.name)?.block ?? freeBlock(wanted.name);
      writeJson(places.settings, { ...wanted, block, owner } satisfies Settings);
    },
    say,
  );
}

async function remove(name: string, say: (line: string) => void): Promise<void> {
  const { folder, fleet } = folderOf(name);
  const settings = readSettings(name);
  if (await endDaemon(name)) say(`${name}: ended the front door, moto and the machines' services`);
  if (settings?.machines !== "none") {
    await Fleet.destroy(name, fleet);
    if (settings !== undefined) say(`${name}: removed all machines, their disks and network`);
  }
  if (fs.existsSync(folder)) {
    fs.rmSync(folder, { recursive: true });
    say(`${name}: removed ${folder}, with Pulumi's state of it`);
  }
}

/** Test rehearsals whose process is gone. */
async function removeLeftovers(say: (line: string) => void): Promise<void> {
  for (const name of rehearsalNames()) {
    if (!name.startsWith("test-")) continue;
    const owner = readSettings(name)?.owner;
    if (owner === undefined || isRunning(owner)) continue;
    say(`removing ${name}, which a test has left behind`);
    await stopRehearsal(name);
  }
}

function lockFile(name: string): string {
  return path.join(rehearsalsFolder(), `${name}.lock`);
}

function locked<T>(name: string, work: () => Promise<T>, say: (line: string) => void): Promise<T> {
  return withLock(lockFile(name), work, say);
}
