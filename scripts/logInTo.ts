/** Logging in to a stack's server, for the commands that a person runs. */
import type { Client } from "ssh2";
import { formatProblem } from "../components/text";
import { DIAL_SECONDS, logIn, refusalError, type Attempt, type Machine } from "../providers/ssh";
import { notRunning, seeMachine } from "./machineState";
import { stackAws } from "./stackAws";

/** After which AWS is asked whether the machine runs at all. A log-in that succeeds is faster. */
const DOUBT_SECONDS = 2;
/** That AWS may take to answer. */
const AWS_SECONDS = 6;

/**
 * Logs in, and says at once when the machine is stopped, where SSH alone would wait for nothing.
 *
 * @throws Error with what to do about it
 */
export async function logInTo(machine: Machine, seconds = DIAL_SECONDS): Promise<Client> {
  const result = await tryToLogIn(machine, seconds);
  if (result.kind !== "in") throw await refusalError(result, machine);
  return result.client;
}

/** @throws Error when AWS says that the machine does not run */
export async function tryToLogIn(machine: Machine, seconds = DIAL_SECONDS): Promise<Attempt> {
  const giveUp = new AbortController();
  const attempt = logIn(machine, seconds, giveUp.signal);
  const first = await Promise.race([attempt, after(DOUBT_SECONDS)]);
  if (first?.kind === "in" || first?.kind === "other-host-key" || first?.kind === "no-login") {
    return first;
  }
  const why = await whyNot(machine);
  if (why === undefined) return attempt;
  giveUp.abort();
  throw why;
}

function after(seconds: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), seconds * 1000).unref());
}

/** Undefined as well when AWS cannot be asked: then SSH's own answer must do. */
async function whyNot(machine: Machine): Promise<Error | undefined> {
  try {
    const ec2 = stackAws(machine.stack).ec2();
    const problem = notRunning(await seeMachine(ec2, machine.instanceId, AWS_SECONDS), machine);
    return problem && new Error(formatProblem(problem));
  } catch {
    return undefined;
  }
}
