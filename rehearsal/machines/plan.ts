/** What has to be done, from what should be there and what is. */

import type { Desired, DesiredCopy, DesiredMachine, DesiredVolume } from "./desired";

/** What is there. */
export interface Found {
  /** Containers of machines, by instance id, and whether they run. */
  containers: ReadonlyMap<string, { running: boolean }>;
  /** Instance ids that have a folder. */
  homes: readonly string[];
  /** Volume ids attached, by instance id. */
  attached: ReadonlyMap<string, readonly string[]>;
  /** Volume ids that have a file. */
  volumes: readonly string[];
  /** Ids of copies that have a file. */
  copies?: readonly string[];
}

/** A volume and the machine it is attached to. */
export interface Attachment {
  instanceId: string;
  volumeId: string;
}

/** Steps, in the order in which they are to be done; those of one kind in any order. */
export interface Plan {
  /** Before anything changes what is copied. */
  copy: DesiredCopy[];
  deleteCopies: string[];
  /** Machines to shut down; their root volumes are unmounted. */
  stop: string[];
  detach: Attachment[];
  /** Machines of which nothing shall stay but volumes. */
  forget: string[];
  deleteVolumes: string[];
  /** Volumes that are no machine's root: to make blank, or to grow. */
  blankVolumes: DesiredVolume[];
  attach: Attachment[];
  start: DesiredMachine[];
}

/** The steps from `found` to `desired`. */
export function plan(desired: Desired, found: Found): Plan {
  const wanted = new Map(desired.machines.map((machine) => [machine.instanceId, machine]));
  const shouldRun = (id: string): boolean => wanted.get(id)?.state === "running";
  const runs = (id: string): boolean => found.containers.get(id)?.running === true;
  const known = [...new Set([...found.homes, ...found.containers.keys()])];
  const running = desired.machines.filter(({ state }) => state === "running");
  // A stopped machine has no device; its volumes come back when it starts.
  const attachments = running.flatMap(({ instanceId, attachedVolumeIds, rootVolumeId }) =>
    attachedVolumeIds
      .filter((volumeId) => volumeId !== rootVolumeId)
      .map((volumeId) => ({ instanceId, volumeId })),
  );
  const isWanted = (one: Attachment): boolean =>
    attachments.some(
      ({ instanceId, volumeId }) => instanceId === one.instanceId && volumeId === one.volumeId,
    );
  const roots = new Set(desired.machines.map(({ rootVolumeId }) => rootVolumeId));
  const volumeIds = new Set(desired.volumes.map(({ volumeId }) => volumeId));
  const { copies = [] } = desired;
  return {
    copy: copies.filter(({ copyId }) => found.copies?.includes(copyId) !== true),
    deleteCopies: (found.copies ?? []).filter((id) => !copies.some((one) => one.copyId === id)),
    // One that ended by itself, or with this computer, is cleared away before it is started.
    stop: known.filter((id) => !shouldRun(id) || !runs(id)),
    detach: [...found.attached]
      .flatMap(([instanceId, ids]) => ids.map((volumeId) => ({ instanceId, volumeId })))
      .filter((one) => !isWanted(one)),
    forget: known.filter((id) => !wanted.has(id)),
    deleteVolumes: found.volumes.filter((id) => !volumeIds.has(id)),
    blankVolumes: desired.volumes.filter(({ volumeId }) => !roots.has(volumeId)),
    attach: attachments,
    start: running.filter(({ instanceId }) => !runs(instanceId)),
  };
}
