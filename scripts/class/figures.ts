/** What a rehearsed class came to: times of each phase, what the machine lacked, the type that has it. */
import { LADDER_TYPES } from "../../components/sizing";
import { PHASES, type Visit } from "./visit";

/** What scripts/server/load.sh tells each second. */
export interface Sample {
  /** Seconds after the first arrival. */
  at: number;
  /** Percent of all processors. */
  cpu: number;
  /** Percent that the host gave to others, though it was wanted. */
  steal: number;
  cpus: number;
  memoryMiB: number;
  totalMiB: number;
  diskMiB: number;
}

export interface Times {
  name: string;
  count: number;
  /** Seconds. */
  p50: number;
  p95: number;
}

/** Value below which this share of all lies: the nearest rank. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

function timesOf(name: string, values: readonly number[]): Times {
  return {
    name,
    count: values.length,
    p50: percentile(values, 0.5),
    p95: percentile(values, 0.95),
  };
}

/** Each phase of those who came through it, and `in all` of those who came through all. */
export function phaseTimes(visits: readonly Visit[]): Times[] {
  const phases = PHASES.map((name) =>
    timesOf(
      name,
      visits.flatMap((one) => one.phases.filter((it) => it.name === name).map((it) => it.seconds)),
    ),
  ).filter(({ count }) => count > 0);
  const whole = visits
    .filter(({ failed }) => failed === undefined)
    .map(({ phases: all }) => all.reduce((sum, { seconds }) => sum + seconds, 0));
  return whole.length > 0 ? [...phases, timesOf("in all", whole)] : phases;
}

export interface Bottleneck {
  what: "memory" | "processors" | "credits" | "nothing";
  why: string;
  /** A type that has twice of what lacked; undefined: it is not the type. */
  type?: string;
}

/** Less than this of the memory is not left alone by Linux' own cache. */
const LEAST_FREE = 0.1;
/** Busier in half of all seconds: everybody waits for a processor. */
const BUSY_PERCENT = 85;
const STOLEN_PERCENT = 10;

const SIZES = ["micro", "small", "medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge"];
/** The first of the ladder with more than two processors. */
const FOUR_PROCESSORS = "t3.xlarge";
/** Always gives what it has, and has the same memory a processor as T types. */
const GENERAL = "m5";

/** The type with twice the processors and twice the memory: of the ladder, else of its own family. */
export function twice(type: string): string | undefined {
  const step = LADDER_TYPES.indexOf(type);
  if (step >= 0) {
    return LADDER_TYPES[Math.max(step + 1, LADDER_TYPES.indexOf(FOUR_PROCESSORS))];
  }
  const [family = "", size = ""] = type.split(".");
  const next = SIZES[SIZES.indexOf(size) + 1];
  return SIZES.includes(size) && next !== undefined ? `${family}.${next}` : undefined;
}

/** What kept participants waiting. */
export function bottleneck(samples: readonly Sample[], type: string): Bottleneck {
  const larger = twice(type);
  const withType = larger === undefined ? {} : { type: larger };
  const [first] = samples;
  if (!first) return { what: "nothing", why: "the machine was not watched" };
  const most = Math.max(...samples.map(({ memoryMiB }) => memoryMiB));
  if (most > (1 - LEAST_FREE) * first.totalMiB) {
    const why = `${most} of ${first.totalMiB} MiB of memory were in use`;
    return { what: "memory", why, ...withType };
  }
  const stolen = percentile(
    samples.map(({ steal }) => steal),
    0.5,
  );
  if (stolen > STOLEN_PERCENT) {
    const why = `the host kept back ${stolen} % of the processors: a T type without credits`;
    const [, size = "xlarge"] = type.split(".");
    return { what: "credits", why, type: `${GENERAL}.${size}` };
  }
  const busy = percentile(
    samples.map(({ cpu }) => cpu),
    0.5,
  );
  if (busy >= BUSY_PERCENT) {
    const why = `the ${first.cpus} processors were busy for ${busy} % in half of the time or more`;
    return { what: "processors", why, ...withType };
  }
  const peak = Math.max(...samples.map(({ cpu }) => cpu));
  return {
    what: "nothing",
    why: `processors ${peak} % and memory ${most} of ${first.totalMiB} MiB at most`,
  };
}
