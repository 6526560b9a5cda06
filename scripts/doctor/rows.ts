/** Rows of the doctor's report: one for each thing that can be wrong. */
import { forStack } from "../../components/text";
import { isKnown, type Facts, type Known } from "./facts";

export type Colour = "green" | "yellow" | "red";

/** What one thing came to. */
export interface Verdict {
  colour: Colour;
  /** In a sentence, without a full stop. */
  says: string;
  /** The command that mends it, or that shows more; always there unless all is well. */
  do?: string;
}

export interface Row extends Verdict {
  id: RowId;
}

/** All rows, in the order of the report. */
export const ROW_IDS = [
  "instance",
  "doors",
  "key file",
  "ssh",
  "ssh server",
  "name",
  "ports",
  "certificate",
  "root disk",
  "data disk",
  "homes",
  "memory",
  "load",
  "services",
  "hub",
  "hub errors",
  "proxy errors",
  "people",
  "restart",
  "updates",
  "clock",
  "token",
  "git",
  "git as participant",
  "repositories",
  "paths",
  "pip",
  "packages",
  "notebook Python",
  "own packages",
] as const;

export type RowId = (typeof ROW_IDS)[number];

export function green(says: string): Verdict {
  return { colour: "green", says };
}

export function yellow(says: string, command: string): Verdict {
  return { colour: "yellow", says, do: command };
}

export function red(says: string, command: string): Verdict {
  return { colour: "red", says, do: command };
}

/** The worst of several; of equals the first. */
export function worst(verdicts: readonly Verdict[]): Verdict {
  const order: Colour[] = ["red", "yellow", "green"];
  const [first] = [...verdicts].sort(
    (one, other) => order.indexOf(one.colour) - order.indexOf(other.colour),
  );
  return first ?? green("nothing to look at");
}

/** The verdict on what is known; what is not known is yellow. */
export function judged<T>(
  known: Known<T> | undefined,
  judge: (it: T) => Verdict,
  command: string,
): Verdict {
  if (isKnown(known)) return judge(known);
  return yellow(`not known: ${known?.error ?? "the server did not tell"}`, command);
}

/** A command on the server. */
export function onServer({ stack }: Facts, command: string): string {
  return `${stack.sshCommand} '${command}'`;
}

/** A command for this stack. */
export function here({ stack }: Facts, command: string): string {
  return forStack(command, stack.stack);
}

/** A command of AWS's for this stack's region and profile. */
export function aws({ stack }: Facts, command: string): string {
  const profile = stack.profile === undefined ? "" : ` --profile ${stack.profile}`;
  return `aws ${command} --region ${stack.region}${profile}`;
}

/** Bytes for a person. */
export function size(bytes: number): string {
  const units = ["KiB", "MiB", "GiB", "TiB"];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit] ?? ""}`;
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** A time that has passed, in its largest unit. */
export function ago(seconds: number): string {
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s ago`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86_400)} days ago`;
}
