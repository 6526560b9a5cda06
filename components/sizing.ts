/** How many participants a machine holds, and how much of it each may take. Pure. */
import type { Problem } from "./text";

/**
 * GiB for what is there once: Ubuntu, the hub (162 MiB measured) and its proxy (49), and the page cache
 * without which every import reads the disk.
 */
export const SYSTEM_GIB = 1.5;

/**
 * GiB of a participant at work, of which 0.15 are measured: JupyterLab's server (105 MiB) and one
 * kernel (50). The rest is a decision: some 0.25 for the guide's packages when they are imported, and
 * 0.3 for data, so that the guide's t3.xlarge holds its 20. Not all need it at the same moment; whose
 * work needs more says so by `instanceType`.
 */
export const PARTICIPANT_GIB = 0.7;

/** GiB below which a kernel with the guide's packages does not start reliably. */
export const LEAST_LIMIT_GIB = 0.5;

/** GiB of the data volume for each participant: a clone of the course, and its outputs. */
export const HOME_GIB = 0.25;

/** GiB of the root volume: system 4, TLJH and the guide's packages 6, room to update them 2. */
export const ROOT_GIB = 12;

/** What EC2 says of an instance type. */
export interface Machine {
  instanceType: string;
  vcpus: number;
  memoryGiB: number;
}

/** x86_64 types from small to large, each with its GiB of memory; facts that never change at AWS. */
const LADDER: readonly (readonly [type: string, memoryGiB: number])[] = [
  ["t3.small", 2],
  ["t3.medium", 4],
  ["t3.large", 8],
  ["t3.xlarge", 16],
  ["t3.2xlarge", 32],
  ["m5.4xlarge", 64],
  ["m5.8xlarge", 128],
  ["m5.12xlarge", 192],
  ["m5.24xlarge", 384],
];

/** Types among which the smallest that would do is looked for. */
export const LADDER_TYPES: readonly string[] = LADDER.map(([type]) => type);

/** How many participants a machine of so many GiB holds. */
export function holds(memoryGiB: number): number {
  return Math.max(0, Math.floor((memoryGiB - SYSTEM_GIB) / PARTICIPANT_GIB));
}

/**
 * The smallest type that holds so many.
 *
 * @param offered types of the ladder that the region has
 * @returns undefined when none of them does
 */
export function smallestFor(participants: number, offered: readonly string[]): string | undefined {
  return LADDER.find(([type, gib]) => offered.includes(type) && holds(gib) >= participants)?.[0];
}

/** Most memory that one participant's server may take. */
export interface MemoryLimit {
  /** Whole quarters of a GiB, unless it was configured. */
  gib: number;
  /** How it came about, for a person. */
  formula: string;
}

/**
 * Twice the fair share, since not all compute at once; never more than half of the machine, so that
 * nobody alone can take it down; never less than a kernel needs.
 *
 * @param configured `memoryGiB`, if it is set
 */
export function memoryLimit(
  memoryGiB: number,
  participants: number,
  configured?: number,
): MemoryLimit {
  if (configured !== undefined) return { gib: configured, formula: "memoryGiB" };
  const ram = rounded(memoryGiB);
  const half = memoryGiB / 2;
  const share =
    participants > 0 ? (2 * Math.max(0, memoryGiB - SYSTEM_GIB)) / participants : Infinity;
  // A hair more: 0.75 must not become 0.5 because a computer cannot write it.
  const gib = Math.max(LEAST_LIMIT_GIB, Math.floor(Math.min(share, half) * 4 + 1e-9) / 4);
  const formula =
    participants > 0
      ? `min(2 × (${ram} − ${SYSTEM_GIB}) / ${participants}, ${ram} / 2), in quarters, at least ${LEAST_LIMIT_GIB}`
      : `${ram} / 2, in quarters, at least ${LEAST_LIMIT_GIB}`;
  return { gib, formula };
}

/** A number of GiB as a person writes it. */
export function rounded(gib: number): string {
  return String(Number(gib.toFixed(2)));
}

/** What is configured, beside the machine. */
export interface Wanted {
  participants: number;
  diskGiB: number;
  dataGiB: number;
  memoryGiB?: number;
  cpus?: number;
}

/** What no machine of this type can give; refused. */
export function nonsense(machine: Machine, { memoryGiB, cpus }: Wanted): Problem[] {
  const { instanceType, vcpus } = machine;
  const problems: Problem[] = [];
  if (memoryGiB !== undefined && memoryGiB > machine.memoryGiB) {
    problems.push({
      wrong: "memoryGiB is more than the machine has",
      received: `${memoryGiB}; ${instanceType} has ${rounded(machine.memoryGiB)}`,
      allowed: `up to ${rounded(machine.memoryGiB)}, or nothing: then it is computed`,
      mend: "pulumi config rm memoryGiB",
    });
  }
  if (cpus !== undefined && cpus > vcpus) {
    problems.push({
      wrong: "cpus is more than the machine has",
      received: `${cpus}; ${instanceType} has ${vcpus}`,
      allowed: `up to ${vcpus}, or nothing: no limit`,
      mend: "pulumi config rm cpus",
    });
  }
  return problems;
}

/** What is too small for those who are to come, each with the command that mends it. */
export function shortages(
  machine: Machine,
  { participants, diskGiB, dataGiB }: Wanted,
  smallest: string | undefined,
): string[] {
  const found: string[] = [];
  if (holds(machine.memoryGiB) < participants) {
    found.push(
      smallest === undefined
        ? "No type that is looked at holds so many: make two workshops"
        : `To mend it: pulumi config set instanceType ${smallest}`,
    );
  }
  const data = Math.ceil(participants * HOME_GIB);
  if (dataGiB < data) {
    found.push(
      `The data volume of ${dataGiB} GiB is less than ${HOME_GIB} GiB each: pulumi config set dataGiB ${data}`,
    );
  }
  if (diskGiB < ROOT_GIB) {
    found.push(
      `The root volume of ${diskGiB} GiB is small for the guide's packages: pulumi config set diskGiB 20`,
    );
  }
  return found;
}

/** The one line about size. */
export function sizeText(
  machine: Machine,
  wanted: Wanted,
  limit: MemoryLimit,
  smallest: string | undefined,
): string {
  const { instanceType, vcpus, memoryGiB } = machine;
  const { participants, dataGiB } = wanted;
  const each = participants > 0 ? dataGiB / participants : dataGiB;
  return [
    `Size: ${instanceType} (${vcpus} vCPU, ${rounded(memoryGiB)} GiB) holds about ${holds(memoryGiB)} participants of ${PARTICIPANT_GIB} GiB, and ${participants} are configured`,
    `The smallest type that would do is ${smallest ?? "not among those that are looked at"}`,
    ...shortages(machine, wanted, smallest),
    `Each has at most ${rounded(limit.gib)} GiB of memory (${limit.formula})${
      wanted.cpus === undefined ? "" : `, ${wanted.cpus} vCPU`
    } and a share of ${each.toFixed(1)} GiB of the data volume`,
  ].join(". ");
}
