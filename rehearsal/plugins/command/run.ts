/** One command over one SSH connection. */

import type { Client, ClientChannel } from "ssh2";
import type { Context } from "../base";
import { watchEnvironment } from "./environment";
import { Lines, LONGEST_LINE } from "./lines";

export type Logging = "stdout" | "stderr" | "stdoutAndStderr" | "none";

export interface Task {
  command: string;
  stdin?: string;
  environment: Record<string, string>;
  logging: Logging;
}

export interface Printed {
  stdout: string;
  stderr: string;
}

interface Exit {
  code: number | null;
  signal?: string;
}

/** Signals' numbers, from which a shell makes the exit status 128 + number. */
const SIGNALS: Readonly<Record<string, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  ABRT: 6,
  FPE: 8,
  KILL: 9,
  SEGV: 11,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
};

function exitText({ code, signal }: Exit): string {
  const name = (signal ?? "").replace(/^SIG/, "");
  const status = code ?? 128 + (SIGNALS[name] ?? 0);
  return `Process exited with status ${status}${name === "" ? "" : ` from signal ${name}`}`;
}

function refusedVariable(name: string): string {
  return (
    `Unable to set '${name}'. This only works if your SSH server is configured to accept these ` +
    "variables via AcceptEnv. Alternatively, if a Bash-like shell runs the command on the remote " +
    "host, you could prefix the command itself with the variables in the form 'VAR=value command'"
  );
}

const NO_EXIT = "wait: remote command exited without exit status or exit signal";

const TOO_LONG =
  `printed a line longer than ${LONGEST_LINE / 1024} KiB with logging on, at which the real ` +
  'command plugin can wait for ever; set logging: "none" or print shorter lines';

/** Collects what a command prints, in order, and shows its lines under the resource. */
class Printing {
  private readonly all: Buffer[] = [];
  private readonly parts: Record<keyof Printed, Buffer[]> = { stdout: [], stderr: [] };
  private readonly lines: Partial<Record<keyof Printed, Lines>> = {};

  constructor(logging: Logging, write: (line: string) => void) {
    const both = logging === "stdoutAndStderr";
    if (both || logging === "stdout") this.lines.stdout = new Lines(write);
    if (both || logging === "stderr") this.lines.stderr = new Lines(write);
  }

  push(stream: keyof Printed, chunk: Buffer): void {
    this.parts[stream].push(chunk);
    this.all.push(chunk);
    this.lines[stream]?.push(chunk);
  }

  /** Without the last newline, as a shell's `$(…)` has it. */
  end(): Printed {
    this.lines.stdout?.end();
    this.lines.stderr?.end();
    const text = (parts: Buffer[]): string => Buffer.concat(parts).toString("utf8");
    return {
      stdout: text(this.parts.stdout).replace(/\n$/, ""),
      stderr: text(this.parts.stderr).replace(/\n$/, ""),
    };
  }

  everything(): string {
    return Buffer.concat(this.all).toString("utf8");
  }
}

/**
 * Runs a command and answers what it printed.
 * @throws Error for an exit status other than 0, a signal, or a lost connection: how it ended, the
 * whole text of the command, and all that it printed.
 */
export function run(client: Client, task: Task, context: Context): Promise<Printed> {
  const printing = new Printing(task.logging, (line) => context.log?.(line));
  return new Promise((resolve, reject) => {
    let exit: Exit | undefined;
    let started = false;
    const fail = (reason: string): void => {
      client.destroy();
      printing.end();
      const text = `${reason}: running ${JSON.stringify(task.command)}:\n${printing.everything()}`;
      reject(new Error(text.trimEnd()));
    };
    const cancel = (): void => fail("context canceled");
    const ended = (): void => {
      context.signal?.removeEventListener("abort", cancel);
      if (exit === undefined) return fail(started ? NO_EXIT : "EOF");
      if (exit.code !== 0) return fail(exitText(exit));
      client.end();
      resolve(printing.end());
    };
    const take = (stream: keyof Printed) => (chunk: Buffer) => {
      try {
        printing.push(stream, chunk);
      } catch {
        fail(TOO_LONG);
      }
    };
    const follow = (channel: ClientChannel): void => {
      started = true;
      channel.on("data", take("stdout"));
      channel.stderr.on("data", take("stderr"));
      channel.on("exit", (code: number | null, signal?: string) => {
        exit = signal === undefined ? { code } : { code, signal };
      });
      channel.on("close", ended);
      // A command may end without reading its standard input.
      channel.on("error", () => undefined);
      channel.end(task.stdin ?? "");
    };
    if (context.signal?.aborted === true) return cancel();
    context.signal?.addEventListener("abort", cancel, { once: true });
    client.on("error", () => undefined);
    client.on("close", ended);
    watchEnvironment(client, (name) => context.log?.(refusedVariable(name), "warning"));
    client.exec(task.command, { env: task.environment }, (failure, channel) => {
      if (failure !== undefined) return fail(failure.message);
      follow(channel);
    });
  });
}
