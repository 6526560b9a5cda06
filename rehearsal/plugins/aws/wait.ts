/** Waiting for AWS: quick looks at first, slower ones later, always with an end. */

import { codeOf } from "./errors";

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 3_000;
const GROWTH = 1.6;

/** What one look saw. */
export interface Sighting {
  /** The thing's state in AWS's words. */
  state: string;
  /** AWS's reason for that state, if it gave one. */
  reason?: string | undefined;
}

export interface Wait {
  /** What is awaited, for the error text: "EC2 Instance (i-0abc) create". */
  what: string;
  /** The state that ends the wait. */
  wanted: readonly string[];
  /** States on the way to it. Any other state is an error. Empty means any. */
  passing: readonly string[];
  timeoutSeconds: number;
  look(): Promise<Sighting>;
}

function pauses(): () => Promise<void> {
  let pause = FIRST_PAUSE_MS;
  return async () => {
    const now = pause;
    pause = Math.min(pause * GROWTH, LONGEST_PAUSE_MS);
    await new Promise((resolve) => setTimeout(resolve, now));
  };
}

/** Seconds as Go writes them: 90 → "1m30s". */
export function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const rest = Math.round((seconds - minutes * 60) * 1000) / 1000;
  return minutes > 0 ? `${minutes}m${rest}s` : `${rest}s`;
}

/** Waits for a state; a state that leads nowhere, or the end of the time, is an error. */
export async function waitFor(wait: Wait): Promise<void> {
  const end = Date.now() + wait.timeoutSeconds * 1000;
  const pause = pauses();
  const target = wait.wanted.join(", ");
  for (;;) {
    const { state, reason } = await wait.look();
    if (wait.wanted.includes(state)) return;
    if (wait.passing.length > 0 && !wait.passing.includes(state)) {
      throw new Error(
        `waiting for ${wait.what}: unexpected state '${state}', wanted target '${target}'.` +
          (reason === undefined ? "" : ` last error: ${reason}`),
      );
    }
    if (Date.now() >= end) {
      throw new Error(
        `waiting for ${wait.what}: timeout while waiting for state to become '${target}' ` +
          `(last state: '${state}', timeout: ${duration(wait.timeoutSeconds)})`,
      );
    }
    await pause();
  }
}

/** Repeats what AWS refuses only for now (another resource still uses this one), for a limited time. */
export async function retryWhile<T>(
  codes: readonly string[],
  timeoutSeconds: number,
  work: () => Promise<T>,
): Promise<T> {
  const end = Date.now() + timeoutSeconds * 1000;
  const pause = pauses();
  for (;;) {
    try {
      return await work();
    } catch (failure) {
      if (!codes.includes(codeOf(failure) ?? "") || Date.now() >= end) throw failure;
    }
    await pause();
  }
}
