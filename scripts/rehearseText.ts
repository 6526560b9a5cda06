/** What `npm run rehearse` prints for a person. */
import type { Class } from "./class/attend";
import type { Bottleneck, Times } from "./class/figures";
import type { Visit } from "./class/visit";
import { table } from "./userText";

export function visitText({ name, phases, failed }: Visit): string {
  if (failed) return `✖ ${name}  ${failed.phase}: ${failed.why}`;
  const seconds = phases.reduce((sum, one) => sum + one.seconds, 0);
  return `✔ ${name}  ${seconds.toFixed(1)} s`;
}

export function timesText(times: readonly Times[]): string {
  const second = (value: number) => `${value.toFixed(1)} s`;
  return table([
    ["phase", "p50", "p95", "came through"],
    ...times.map(({ name, p50, p95, count }) => [name, second(p50), second(p95), String(count)]),
  ]);
}

/** What a participant took of memory, as far as the curve tells. */
export function memoryText({ samples, visits }: Class): string {
  const values = samples.map(({ memoryMiB }) => memoryMiB);
  const [first = 0] = values;
  const most = Math.max(0, ...values);
  const each = Math.round(Math.max(0, most - first) / Math.max(1, visits.length));
  const cpu = Math.max(0, ...samples.map((one) => one.cpu));
  const disk = samples.map(({ diskMiB }) => diskMiB);
  const grown = Math.max(0, (disk.at(-1) ?? 0) - (disk[0] ?? 0));
  return `processors ${cpu} % at most; memory ${most} of ${samples[0]?.totalMiB ?? 0} MiB at most, ${each} MiB a participant; ${grown} MiB more on the disk`;
}

export function verdictOf({ visits, seconds }: Class): string {
  const through = visits.filter(({ failed }) => failed === undefined).length;
  return `${through} of ${visits.length} participants came through, the last one ${seconds.toFixed(0)} s after the first had come`;
}

/** What to do about what kept participants waiting. */
export function adviceOf({ what, why, type }: Bottleneck, stack: string): string {
  if (what === "nothing") return `Nothing was scarce: ${why}`;
  const mend =
    type === undefined
      ? "a larger instanceType"
      : `pulumi config --stack ${stack} set instanceType ${type}, then pulumi up --stack ${stack} (everybody off for about 3 minutes)`;
  return `Scarce: ${what}: ${why}\n  mend:     ${mend}`;
}
