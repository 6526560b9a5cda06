/** Accounts for as long as a command runs: made on the hub, recorded nowhere, removed afterwards. */
import { newPassword } from "../../components/password";
import { askAccounts } from "../accountsServer";
import type { Account } from "../participant/participant";
import { SIGNALS } from "../signals";
import type { StackServer } from "../stackServer";

/** Removing many takes long: each one's server is stopped first. */
const AT_ONCE = 10;

/** The command was ended from outside; its accounts are removed. */
export class Ended extends Error {
  constructor(signal: NodeJS.Signals) {
    super(`ended by ${signal}`);
  }
}

async function remove(server: StackServer, names: readonly string[]): Promise<void> {
  for (let from = 0; from < names.length; from += AT_ONCE) {
    const removed = names.slice(from, from + AT_ONCE);
    await askAccounts(server, { do: "remove", removed, files: true });
  }
}

/** Longer than any rehearsal. */
const HELD_SECONDS = 6 * 3600;

/**
 * Keeps other runs of the same command from these names: each would remove the other's accounts.
 *
 * @returns ends that
 * @throws Error when another run has them
 */
async function hold(server: StackServer, name: string): Promise<() => Promise<void>> {
  const end = new AbortController();
  let holding: Promise<unknown> = Promise.resolve();
  await new Promise<void>((resolve, reject) => {
    const onLine = (line: string) => line === "held" && resolve();
    const options = { limitSeconds: HELD_SECONDS, signal: end.signal, onLine };
    holding = server.run("guests", { NAME: name }, options).catch(reject);
  });
  return async () => {
    end.abort();
    await holding;
  };
}

/**
 * Makes accounts as `npm run user` does, lets them be used, and removes them with their files: also
 * after a failure and after Ctrl-C. What a killed run left is removed by the next one of these names. One
 * run at a time has them.
 *
 * @param work is given a signal, which tells that it is to end
 * @throws Ended after Ctrl-C
 */
export async function withGuests<T>(
  server: StackServer,
  names: readonly string[],
  work: (guests: Account[], signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const end = (signal: NodeJS.Signals): void => stop.abort(new Ended(signal));
  for (const signal of SIGNALS) process.on(signal, end);
  const stopped = new Promise<never>((_, reject) => {
    stop.signal.addEventListener("abort", () => reject(stop.signal.reason as Error));
  });
  stopped.catch(() => undefined);
  try {
    const release = await hold(server, names[0] ?? "");
    try {
      stop.signal.throwIfAborted();
      await remove(server, names);
      stop.signal.throwIfAborted();
      const guests = names.map((name) => ({ name, password: newPassword() }));
      const accounts = guests.map((guest) => ({ ...guest, role: "participant" as const }));
      await askAccounts(server, { do: "set", accounts });
      stop.signal.throwIfAborted();
      return await Promise.race([work(guests, stop.signal), stopped]);
    } finally {
      await remove(server, names).finally(release);
    }
  } finally {
    for (const signal of SIGNALS) process.off(signal, end);
  }
}
