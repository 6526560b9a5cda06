/** One set-up at a time: a second one waits for the first. */
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process cannot be signalled, but is there.
    return /** @type {NodeJS.ErrnoException} */ (error).code === "EPERM";
  }
}

/**
 * Process that holds the lock; "nobody" if it was left behind, undefined if it has just gone.
 *
 * @param {string} file
 */
function holder(file) {
  try {
    const pid = Number(fs.readFileSync(file, "utf8"));
    return pid > 0 && isAlive(pid) ? pid : "nobody";
  } catch {
    return undefined;
  }
}

/**
 * A file with our process id, complete at the moment it appears: a link, not an open and a write,
 * so that nobody takes a lock without a process id for one left behind.
 *
 * @param {string} file
 */
function tryTake(file) {
  const own = `${file}.${process.pid}`;
  fs.writeFileSync(own, String(process.pid));
  try {
    fs.linkSync(own, file);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "EEXIST") return false;
    throw error;
  } finally {
    fs.rmSync(own);
  }
}

/**
 * Runs `work` while holding the lock file. A lock whose process is gone is taken over.
 *
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} work
 * @param {(line: string) => void} say
 * @returns {Promise<T>}
 */
export async function withLock(file, work, say) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  let told = false;
  while (!tryTake(file)) {
    const pid = holder(file);
    if (pid === "nobody") fs.rmSync(file, { force: true });
    if (typeof pid !== "number") continue;
    if (!told) say(`waiting for another set-up (process ${pid}) …`);
    told = true;
    await sleep(200);
  }
  try {
    return await work();
  } finally {
    fs.rmSync(file, { force: true });
  }
}
