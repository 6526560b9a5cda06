/** A rehearsal's daemon, seen from outside: start, wait, end. */

import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { folderOf, isRunning, markOf, runningDaemon } from "./folder";
import { askHealth, type Health } from "./health";
import { writeJson } from "./setup/cache.mjs";

const START_LIMIT_MS = 120_000;
const END_LIMIT_MS = 30_000;
const LOG_LINES = 20;

/** Starts it, detached from this process and its terminal. */
export async function spawnDaemon(name: string): Promise<void> {
  const { folder, log } = folderOf(name);
  const out = fs.openSync(log, "a");
  // What a person has set for a real account must not reach what stands in for it.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([key]) => !/^(AWS_|NODE_OPTIONS$)/.test(key)),
  );
  const child = spawn(
    process.execPath,
    ["--require", require.resolve("tsx/cjs"), path.join(__dirname, "daemon.ts"), name],
    { cwd: folder, detached: true, env, stdio: ["ignore", out, out] },
  );
  fs.closeSync(out);
  const { pid } = child;
  child.unref();
  if (pid === undefined) throw new Error(`${process.execPath} cannot be started`);
  writeJson(folderOf(name).daemon, markOf(pid));
}

/**
 * Waits until it answers and has brought machines in line.
 *
 * @throws Error with the last lines of its log, when it has ended instead
 */
export async function untilReady(name: string, port: number): Promise<Health> {
  const end = Date.now() + START_LIMIT_MS;
  for (;;) {
    const health = await askHealth(port);
    if (health?.name === name && health.ready) return health;
    const gone = runningDaemon(name) === undefined;
    if (gone || Date.now() > end) {
      throw new Error(
        [
          `The rehearsal ${name} ${gone ? "ended while starting" : `is not ready after ${START_LIMIT_MS / 1000} s`}`,
          ...lastLines(name).map((line) => `  ${line}`),
          `  to mend:  read ${folderOf(name).log}, then start it again`,
        ].join("\n"),
      );
    }
    await sleep(50);
  }
}

function lastLines(name: string): string[] {
  const { log } = folderOf(name);
  if (!fs.existsSync(log)) return [];
  return fs.readFileSync(log, "utf8").trimEnd().split("\n").slice(-LOG_LINES);
}

/** Ends the daemon in order, or by force when it takes too long. */
export async function endDaemon(name: string): Promise<boolean> {
  const daemon = runningDaemon(name);
  if (daemon === undefined) return false;
  process.kill(daemon.pid, "SIGTERM");
  const end = Date.now() + END_LIMIT_MS;
  while (isRunning(daemon)) {
    if (Date.now() > end) process.kill(daemon.pid, "SIGKILL");
    await sleep(50);
  }
  return true;
}
