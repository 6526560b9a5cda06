/** The server of a stack, for the commands that a person runs between two `pulumi up`s. */
import { scriptSource, SSH_USER } from "../components/server";
import { assignments, type ShellValue } from "../components/shell";
import { formatProblem } from "../components/text";
import { runLoggedIn, type Machine, type Ran } from "../providers/ssh";
import { askPulumi } from "./askPulumi";
import { logInTo } from "./logInTo";

export { askPulumi } from "./askPulumi";

/** Outputs of a stack, as far as commands need them. */
export interface StackOutputs {
  publicIp: string;
  instanceId: string;
  region: string;
  sshPrivateKey: string;
  /** A line of a known_hosts file. */
  sshKnownHosts: string;
  sshPort: number;
  url: string;
  [other: string]: unknown;
}

export interface RunOptions {
  /** After which the server ends it. Default 300. */
  limitSeconds?: number;
  /** Is called with each line that the script prints. */
  onLine?: (line: string) => void;
  /** For the log-in. Default 10. */
  dialSeconds?: number;
  /** Ends the connection, and with it a script that writes. */
  signal?: AbortSignal;
}

export interface StackServer {
  stack: string;
  outputs: StackOutputs;
  machine: Machine;
  /**
   * Runs a file of `scripts/server` (without its ending) as root on the server, after `lib.sh`.
   *
   * @throws Error with the script's own error text when it fails, or at once when the machine is stopped
   */
  run(script: string, values?: Record<string, ShellValue>, options?: RunOptions): Promise<Ran>;
}

/** Name of the stack that is selected. */
export function selectedStack(): string {
  const stacks = JSON.parse(askPulumi("stack", "ls", "--json")) as {
    name: string;
    current: boolean;
  }[];
  const found = stacks.find(({ current }) => current);
  if (found) return found.name;
  throw new Error(
    formatProblem({
      wrong: "No stack is selected",
      received: `stacks: ${stacks.map(({ name }) => name).join(", ") || "none"}`,
      allowed: stacks.length > 0 ? "one of them, by --stack NAME or selected" : "a stack",
      mend: stacks[0] ? `pulumi stack select ${stacks[0].name}` : "pulumi stack init workshop",
    }),
  );
}

/** Whether the stack has ever been brought up. */
export function isUp(stack: string): boolean {
  const outputs = JSON.parse(askPulumi("stack", "output", "--json", "--stack", stack)) as object;
  return "publicIp" in outputs;
}

/**
 * The server of a stack, from the stack's outputs.
 *
 * @param stack its name; default: the one that is selected
 * @throws Error when there is no such stack, or nothing is up
 */
export function stackServer(stack = selectedStack()): StackServer {
  const text = askPulumi("stack", "output", "--json", "--show-secrets", "--stack", stack);
  const outputs = JSON.parse(text) as StackOutputs;
  if (!outputs.publicIp || !outputs.sshPrivateKey || !outputs.sshKnownHosts) {
    throw new Error(
      formatProblem({
        wrong: `The stack ${stack} has no server`,
        received: `outputs: ${Object.keys(outputs).join(", ") || "none"}`,
        allowed: "a stack that `pulumi up` has brought up",
        mend: `pulumi up --stack ${stack}`,
      }),
    );
  }
  const machine: Machine = {
    address: outputs.publicIp,
    user: SSH_USER,
    privateKey: outputs.sshPrivateKey,
    hostKey: outputs.sshKnownHosts.replace(/^\S+ /, ""),
    port: outputs.sshPort,
    instanceId: outputs.instanceId,
    region: outputs.region,
    stack,
  };
  return {
    stack,
    outputs,
    machine,
    async run(script, values = {}, { limitSeconds = 300, onLine, dialSeconds, signal } = {}) {
      const client = await logInTo(machine, dialSeconds);
      signal?.addEventListener("abort", () => client.end());
      if (signal?.aborted) client.end();
      const text = scriptText(script, { STACK: stack, ...values });
      const ran = await runLoggedIn(client, text, limitSeconds, onLine);
      if (ran.status !== 0) throw new Error(failureOf(script, ran, limitSeconds));
      return ran;
    },
  };
}

/** A script of `scripts/server` as it is sent: its values, what the steps share, itself. */
export function scriptText(script: string, values: Record<string, ShellValue>): string {
  return assignments(values) + scriptSource(script);
}

function failureOf(script: string, { status, stderr }: Ran, limitSeconds: number): string {
  if (status !== 124 && status !== -1 && stderr.trim() !== "") return stderr.trimEnd();
  return formatProblem({
    wrong: `${script} was not finished on the server`,
    received:
      status === 124
        ? `it took longer than ${limitSeconds} s`
        : `status ${status}: the connection broke`,
    allowed: "an answer in time",
    mend: "the same command once more",
  });
}
