/** The workshop of this computer: rehearsal and stack `dev`, and the real `pulumi` on it. */

import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { markOf } from "../rehearsal/folder";
import { completeEnv } from "../rehearsal/pulumiEnv";
import type { Rehearsal } from "../rehearsal/rehearsal";
import { loadToolchain } from "../rehearsal/toolchain";

/** Name of the rehearsal and of the stack; Pulumi.dev.yaml names the port. */
export const DEV = { name: "dev", port: 5080 } as const;

/** A Pulumi stack on a rehearsal. */
export interface Stack {
  name: string;
  /** Folder of the Pulumi program. */
  project: string;
  rehearsal: Pick<Rehearsal, "env" | "folder">;
  /** What pulumi prints is not for a person to see. */
  quiet?: boolean | undefined;
}

/** Runs `pulumi` with this terminal; its exit status. Ctrl-C is pulumi's, which ends in order. */
export async function runPulumi(
  { project, rehearsal, quiet }: Stack,
  args: readonly string[],
): Promise<number> {
  const child = spawn(loadToolchain().pulumi, args, {
    cwd: project,
    env: completeEnv(rehearsal.env),
    stdio: quiet ? "ignore" : "inherit",
  });
  const stay = () => undefined;
  process.on("SIGINT", stay);
  try {
    return await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (status) => resolve(status ?? 1));
    });
  } finally {
    process.off("SIGINT", stay);
  }
}

/** Runs `pulumi` and returns what it prints on standard output, parsed. */
export function askPulumi<T>({ project, rehearsal }: Stack, args: readonly string[]): T {
  const printed = execFileSync(loadToolchain().pulumi, [...args, "--json"], {
    cwd: project,
    env: completeEnv(rehearsal.env),
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  return JSON.parse(printed) as T;
}

/** Makes the stack if it isn't there. Its committed configuration stays as it is. */
export async function ensureStack(stack: Stack): Promise<void> {
  const stacks = askPulumi<{ name: string }[]>(stack, ["stack", "ls"]);
  if (stacks.some(({ name }) => name === stack.name)) return;
  // Other stacks of this person stay selected.
  const status = await runPulumi(stack, ["stack", "init", stack.name, "--no-select"]);
  if (status !== 0) throw new Error(`pulumi stack init ${stack.name} failed: see above`);
}

/**
 * Removes the locks of killed `pulumi`s, which a file backend keeps for ever. Pulumi has
 * `pulumi cancel` for that, which also breaks the lock of one that runs.
 */
export function removeDeadLocks(stack: Stack): number {
  const locks = path.join(stack.rehearsal.folder, "pulumi/.pulumi/locks");
  if (!fs.existsSync(locks)) return 0;
  const dead = fs
    .readdirSync(locks, { recursive: true, encoding: "utf8" })
    .filter((file) => path.basename(path.dirname(file)) === stack.name && file.endsWith(".json"))
    .map((file) => path.join(locks, file))
    .filter((file) => {
      const { pid } = JSON.parse(fs.readFileSync(file, "utf8")) as { pid: number };
      return markOf(pid) === undefined;
    });
  for (const file of dead) fs.rmSync(file);
  return dead.length;
}
