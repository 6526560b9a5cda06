/** Runs the programs of this computer that make machines, as root. */

import { spawn } from "node:child_process";
import { searchPath } from "../setup/run.mjs";
import { MachinesError } from "./errors";

/** Lines of a failed command's output that its error repeats. */
const LAST_LINES = 20;

/** What a program wrote, and its exit status. */
export interface Finished {
  stdout: string;
  stderr: string;
  exitCode: number;
}

/** What one command may do differently. */
export interface CommandOptions {
  /** For its standard input. Default: nothing. */
  input?: string;
  /** Exit statuses that are no failure. Default: only 0. */
  allowed?: readonly number[];
  /** Where to look when it fails. Default: the set-up of this computer. */
  mend?: string;
}

/** Runs `command` as root, whatever its exit status. */
export function tryAsRoot(command: readonly string[], input = ""): Promise<Finished> {
  const full = process.getuid?.() === 0 ? command : ["sudo", "-n", ...command];
  const [program = "", ...args] = full;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: { ...process.env, PATH: searchPath(), LC_ALL: "C.UTF-8" },
      stdio: "pipe",
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (data: Buffer) => stdout.push(data));
    child.stderr.on("data", (data: Buffer) => stderr.push(data));
    child.on("error", (error) => reject(failed(command, error.message)));
    child.on("close", (code, signal) =>
      resolve({
        stdout: Buffer.concat(stdout).toString("utf8"),
        stderr: Buffer.concat(stderr).toString("utf8") + (signal ? `ended by ${signal}\n` : ""),
        exitCode: code ?? 128,
      }),
    );
    // A program may end without reading all that it is given.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}

/**
 * Runs `command` as root.
 *
 * @returns what it wrote to standard output
 * @throws MachinesError with its last lines, if it fails
 */
export async function asRoot(
  command: readonly string[],
  { input, allowed = [0], mend }: CommandOptions = {},
): Promise<string> {
  const { stdout, stderr, exitCode } = await tryAsRoot(command, input);
  if (allowed.includes(exitCode)) return stdout;
  const output = `${stdout}${stderr}`.trimEnd().split("\n").slice(-LAST_LINES).join("\n");
  throw failed(command, `exit status ${exitCode}\n${output}`, mend);
}

/** All of `works`, to their end; then the first failure, if there is any. */
export async function all<T>(works: readonly Promise<T>[]): Promise<T[]> {
  const done = await Promise.allSettled(works);
  const failure = done.find((one) => one.status === "rejected");
  if (failure) throw failure.reason;
  return done.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
}

function failed(command: readonly string[], received: string, mend = "npm run setup"): Error {
  return new MachinesError({
    wrong: `\`${command.slice(0, 4).join(" ")}\` failed`,
    received,
    allowed: "exit status 0, as root or by `sudo -n`",
    mend,
  });
}
