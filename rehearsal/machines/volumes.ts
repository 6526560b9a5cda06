/** EBS volumes as sparse files, and as the loop devices that machines see. */

import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { asRoot } from "./command";
import { MachinesError } from "./errors";
import { deviceName, volumeOfDevice } from "./names";

/** The kernel gives a loop device back a moment after its last user has gone. */
const RELEASE_ATTEMPTS = 50;
const RELEASE_PAUSE_MS = 100;

const GIB = 2 ** 30;

const SUFFIX = ".img";

/** e2fsck: nothing to mend, or mended. */
const MENDED = [0, 1];

/** The volumes of one rehearsal, in a folder. */
export class Volumes {
  constructor(private readonly folder: string) {}

  /** The file of a volume. */
  file(volumeId: string): string {
    return path.join(this.folder, volumeId + SUFFIX);
  }

  /** Ids of those that have a file. */
  list(): string[] {
    return fs
      .readdirSync(this.folder)
      .filter((name) => name.endsWith(SUFFIX))
      .map((name) => name.slice(0, -SUFFIX.length));
  }

  /** Whether there is a file of it. */
  has(volumeId: string): boolean {
    return this.size(volumeId) >= 0;
  }

  private size(volumeId: string): number {
    return fs.statSync(this.file(volumeId), { throwIfNoEntry: false })?.size ?? -1;
  }

  /** Copies a file to a volume of its own. */
  async copy(source: string, volumeId: string): Promise<void> {
    const file = this.file(volumeId);
    // Under another name first, so that half a copy is never taken for a volume.
    await asRoot(["cp", "--sparse=always", "--reflink=auto", source, `${file}.part`]);
    await asRoot(["mv", `${file}.part`, file]);
  }

  /**
   * Makes a volume, blank or of a copy, or grows one. A machine that has it attached sees the new size;
   * its file system does not grow by that, as on AWS.
   */
  async ensure(volumeId: string, sizeGiB: number, copy?: string): Promise<void> {
    if (this.size(volumeId) >= sizeGiB * GIB) return;
    if (copy !== undefined && !this.has(volumeId)) await this.copy(copy, volumeId);
    await asRoot(["truncate", "--size", `${sizeGiB}G`, this.file(volumeId)]);
    for (const device of await this.devices(volumeId)) {
      await asRoot(["losetup", "--set-capacity", device]);
    }
  }

  /**
   * Makes a root volume from the image, or grows one, with its file system. It must not be
   * mounted: this kernel may refuse to let a mounted one grow.
   */
  async ensureRoot(volumeId: string, sizeGiB: number, image: string): Promise<void> {
    const file = this.file(volumeId);
    const size = this.size(volumeId);
    // It may have been a data volume, or still be held by what ends just now.
    if (size < sizeGiB * GIB) await this.release(volumeId);
    if (size < 0) await this.copy(image, volumeId);
    if (this.size(volumeId) >= sizeGiB * GIB) return;
    await asRoot(["truncate", "--size", `${sizeGiB}G`, file]);
    await asRoot(["e2fsck", "-fp", file], { allowed: MENDED });
    await asRoot(["resize2fs", file]);
  }

  async delete(volumeId: string): Promise<void> {
    await this.release(volumeId);
    await asRoot(["rm", "-f", this.file(volumeId), `${this.file(volumeId)}.part`]);
  }

  /** The loop devices of a volume: one if it is attached. */
  private async devices(volumeId: string): Promise<string[]> {
    if (this.size(volumeId) < 0) return [];
    const columns = ["--noheadings", "--output", "NAME"];
    const text = await asRoot(["losetup", ...columns, "--associated", this.file(volumeId)]);
    return text.split("\n").flatMap((line) => line.trim() || []);
  }

  /** Makes a volume appear in a machine's folder of devices, as far as it hasn't yet. */
  async attach(volumeId: string, folder: string): Promise<void> {
    const file = this.file(volumeId);
    const device =
      (await this.devices(volumeId)).at(0) ??
      (await asRoot(["losetup", "--find", "--show", file])).trim();
    const script = `
      wanted=$(stat -c '%Hr:%Lr' "$1")
      [ "$(stat -c '%Hr:%Lr' "$2" 2>/dev/null)" = "$wanted" ] && exit
      rm -f "$2" && mknod -m 660 "$2" b "\${wanted%:*}" "\${wanted#*:}"`;
    const node = path.join(folder, deviceName(volumeId));
    await asRoot(["sh", "-c", script, "attach", device, node]);
  }

  /** Ids of the volumes in a machine's folder of devices. */
  attached(folder: string): string[] {
    if (!fs.existsSync(folder)) return [];
    return fs.readdirSync(folder).flatMap((name) => volumeOfDevice(name) ?? []);
  }

  async detach(volumeId: string, folder: string): Promise<void> {
    await asRoot(["rm", "-f", path.join(folder, deviceName(volumeId))]);
    await this.release(volumeId);
  }

  /** Gives the loop devices of a volume back, and waits until they are. */
  async release(volumeId: string): Promise<void> {
    for (let attempt = 0; attempt < RELEASE_ATTEMPTS; attempt++) {
      const devices = await this.devices(volumeId);
      if (devices.length === 0) return;
      for (const device of devices) {
        // It may be given back just now by the kernel.
        await asRoot(["losetup", "--detach", device], { allowed: [0, 1] });
      }
      await sleep(RELEASE_PAUSE_MS);
    }
    throw new MachinesError({
      wrong: `volume ${volumeId} is still in use`,
      received: await this.users(volumeId),
      allowed: "a volume that nothing has mounted",
      mend: "unmount it in the machine, or stop the machine",
    });
  }

  /** Mounts a volume's file system. A device that something still holds is used once more. */
  async mount(volumeId: string, folder: string): Promise<void> {
    const device = (await this.devices(volumeId)).at(0);
    const source = device === undefined ? ["-o", "loop", this.file(volumeId)] : [device];
    await asRoot(["mount", ...source, folder]);
  }

  /** Loop devices of a volume, and the processes that have them mounted, for an error. */
  private async users(volumeId: string): Promise<string> {
    const devices = await this.devices(volumeId);
    const script = `
      for device; do
        echo "loop device $device"
        at=$(stat -c '%Hr:%Lr' "$device")
        for table in $(grep -l " $at " /proc/[0-9]*/mountinfo 2>/dev/null | head -n 5); do
          echo "mounted for process $(echo "$table" | cut -d/ -f3) ($(cat "\${table%/*}/comm"))"
        done
      done`;
    const text = await asRoot(["sh", "-c", script, "users", ...devices], { allowed: [0, 1] });
    return text.trim().split("\n").join(", ");
  }

  /** Whether the process's mounts include this volume; `pid` is a machine's init. */
  async isMounted(volumeId: string, pid: number): Promise<boolean> {
    const devices = await this.devices(volumeId);
    if (devices.length === 0) return false;
    const numbers = (await asRoot(["stat", "-c", "%Hr:%Lr", ...devices])).trim().split("\n");
    // The machine may end in between.
    const mounts = await asRoot(["cat", `/proc/${pid}/mountinfo`], { allowed: [0, 1] });
    return mounts.split("\n").some((line) => numbers.includes(line.split(" ")[2] ?? ""));
  }
}
