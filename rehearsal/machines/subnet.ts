/** Chooses addresses: a network for a rehearsal, an address in it for a machine. */

import { createHash } from "node:crypto";
import ipaddr from "ipaddr.js";
import { MachinesError } from "./errors";

const FIRST_TWO = "10.231";

/** Addresses 2 to 254: the first is this computer's, the last is everyone's. */
const MACHINE_NUMBERS = Array.from({ length: 253 }, (_, index) => index + 2);

/** One rehearsal's network. */
export interface Subnet {
  /** Such as 10.231.7.0/24. */
  cidr: string;
  /** This computer's address in it. */
  gateway: string;
}

/**
 * The network for a rehearsal: the one that its name hashes to, or the next free one.
 *
 * @param taken ranges in use, such as 10.0.0.0/8; a range wider than all our networks together is
 *   no hindrance, since the more special route wins
 * @throws MachinesError if none is free
 */
export function chooseSubnet(name: string, taken: readonly string[]): Subnet {
  const ours = ipaddr.parseCIDR(`${FIRST_TWO}.0.0/16`);
  const ranges = taken
    .filter((range) => ipaddr.isValidCIDR(range))
    .map((range) => ipaddr.parseCIDR(range))
    .filter(([address, bits]) => address.kind() === "ipv4" && bits > ours[1])
    .filter(([address]) => address.match(ours));
  const first = createHash("sha256").update(name).digest().readUInt8(0);
  for (let step = 0; step < 256; step++) {
    const start = `${FIRST_TWO}.${(first + step) % 256}`;
    const candidate = ipaddr.parseCIDR(`${start}.0/24`);
    const isTaken = ranges.some(
      ([address, bits]) => address.match(candidate) || candidate[0].match([address, bits]),
    );
    if (!isTaken) return { cidr: `${start}.0/24`, gateway: `${start}.1` };
  }
  throw new MachinesError({
    wrong: "no network is free for the machines",
    received: `${ranges.length} networks in ${FIRST_TWO}.0.0/16`,
    allowed: "one free /24 in it",
    mend: "npm run dev:stop, for the rehearsals that are no longer used",
  });
}

/**
 * The lowest free address of a machine.
 *
 * @param taken addresses of other machines
 * @throws MachinesError if all are taken
 */
export function chooseAddress(gateway: string, taken: readonly string[]): string {
  const start = gateway.slice(0, gateway.lastIndexOf("."));
  const free = MACHINE_NUMBERS.map((number) => `${start}.${number}`).find(
    (address) => !taken.includes(address),
  );
  if (free !== undefined) return free;
  throw new MachinesError({
    wrong: "no address is free for one more machine",
    received: `${taken.length} machines`,
    allowed: `${MACHINE_NUMBERS.length} machines in a rehearsal`,
    mend: "terminate instances that are no longer used",
  });
}
