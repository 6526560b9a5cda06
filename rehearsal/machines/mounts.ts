/** What of this computer is mounted in a folder, and how it goes away. */

import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { asRoot, tryAsRoot } from "./command";

/** A process that has just ended may hold a mount for a moment longer. */
const UNMOUNT_ATTEMPTS = 30;
const UNMOUNT_PAUSE_MS = 100;

interface LoopDevice {
  name: string;
  "back-file": string | null;
}

/** Mount points at and below a folder, the innermost first. `table`: text of a mountinfo file. */
export function mountsAt(folder: string, table: string): string[] {
  return table
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .map((escaped) =>
      // The kernel writes blanks and backslashes as octal numbers.
      escaped.replace(/\\([0-7]{3})/g, (_, octal: string) =>
        String.fromCharCode(Number.parseInt(octal, 8)),
      ),
    )
    .filter((point) => point === folder || point.startsWith(`${folder}/`))
    .reverse();
}

function mounted(folder: string): string[] {
  return mountsAt(folder, fs.readFileSync("/proc/self/mountinfo", "utf8"));
}

/** Whether a file system of its own is mounted on this very folder. */
export function isMountPoint(folder: string): boolean {
  const device = (at: string) => fs.statSync(at, { throwIfNoEntry: false })?.dev;
  return device(folder) !== undefined && device(folder) !== device(path.dirname(folder));
}

/** Unmounts everything at and below a folder. */
export async function unmountAt(folder: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const points = mounted(folder);
    if (points.length === 0) return;
    for (const point of points) {
      const lazy = attempt < UNMOUNT_ATTEMPTS ? [] : ["--lazy"];
      const { exitCode } = await tryAsRoot(["umount", ...lazy, point]);
      if (exitCode !== 0) break;
    }
    if (mounted(folder).length > 0) await sleep(UNMOUNT_PAUSE_MS);
  }
}

/** Gives back the loop devices whose files are below a folder, though they be deleted. */
export async function releaseLoopsBelow(folder: string): Promise<void> {
  const text = await asRoot(["losetup", "--list", "--json", "--output", "NAME,BACK-FILE"]);
  // Without any device there is no output at all.
  if (text.trim() === "") return;
  const { loopdevices } = JSON.parse(text) as { loopdevices: LoopDevice[] };
  const ours = loopdevices.filter((device) => device["back-file"]?.startsWith(`${folder}/`));
  for (const { name } of ours) await tryAsRoot(["losetup", "--detach", name]);
}
