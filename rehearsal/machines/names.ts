/** Everything on this computer that belongs to one rehearsal is found by these names. */

import { createHash } from "node:crypto";
import { MachinesError } from "./errors";

/** Label with the rehearsal's name, on containers and networks. */
export const REHEARSAL_LABEL = "tljh-workshop.rehearsal";

/** Label with the instance id, on containers. */
export const INSTANCE_LABEL = "tljh-workshop.instance";

/** Names of what one rehearsal makes on this computer. */
export interface Names {
  rehearsal: string;
  /** Of the podman network. */
  network: string;
  /** Of the nft table, in the family inet. */
  table: string;
  /** Two ends of a cable of which one is plugged into the network's bridge. */
  cable: readonly [string, string];
  /** Of an instance's container. */
  container(instanceId: string): string;
}

/** @throws MachinesError if the name doesn't fit into all of those */
export function namesOf(rehearsal: string): Names {
  if (!/^[a-z][a-z0-9-]{0,29}$/.test(rehearsal)) {
    throw new MachinesError({
      wrong: "the rehearsal's name can't be used",
      received: JSON.stringify(rehearsal),
      allowed: "a small letter, then up to 29 small letters, digits and hyphens",
      mend: "choose another name",
    });
  }
  // The kernel allows 15 characters for an interface.
  const short = createHash("sha256").update(rehearsal).digest("hex").slice(0, 8);
  return {
    rehearsal,
    network: `tljh-rehearsal-${rehearsal}`,
    table: `tljh_rehearsal_${rehearsal.replaceAll("-", "_")}`,
    cable: [`tljh${short}a`, `tljh${short}b`],
    container: (instanceId) => `tljh-rehearsal-${rehearsal}-${instanceId}`,
  };
}

/**
 * Where a volume appears in a machine, under /dev/disk/by-id: the name that udev gives it on EC2.
 *
 * @param volumeId such as vol-0123456789abcdef0
 */
export function deviceName(volumeId: string): string {
  return `nvme-Amazon_Elastic_Block_Store_${volumeId.replace("-", "")}`;
}

/** The volume id of a name made by `deviceName`, or undefined. */
export function volumeOfDevice(name: string): string | undefined {
  const hex = /^nvme-Amazon_Elastic_Block_Store_vol([0-9a-f]+)$/.exec(name)?.[1];
  return hex === undefined ? undefined : `vol-${hex}`;
}
