/** One participant of a rehearsed class: from the log-in page to a result, and pulling the material. */
import { firstVisit } from "../proof/firstVisit";
import type { Participant } from "../participant/participant";
import { Stopwatch, type Phase } from "../participant/phases";

/** In the order in which each participant meets them. */
export const PHASES = ["log-in", "server", "JupyterLab", "pull", "kernel", "run"] as const;

export interface Visit {
  name: string;
  /** Seconds after the first one's arrival. */
  arrived: number;
  phases: Phase[];
  /** The phase in which it ended, and why; undefined: all went well. */
  failed?: { phase: string; why: string };
}

/**
 * Goes through all phases, and stays: the server runs on, as a participant's does.
 *
 * @param link is pulled; undefined: there is no material
 */
export async function visit(
  participant: Participant,
  arrived: number,
  link: string | undefined,
  signal: AbortSignal,
): Promise<Visit> {
  const watch = new Stopwatch();
  const { name } = participant.account;
  let phase = "";
  const during = async <T>(next: (typeof PHASES)[number], work: () => Promise<T>): Promise<T> => {
    signal.throwIfAborted();
    phase = next;
    return watch.time(next, work);
  };
  try {
    await during("log-in", () => participant.logIn());
    await during("server", () => participant.startServer());
    await during("JupyterLab", async () => firstVisit(participant, await participant.openLab()));
    if (link !== undefined) await during("pull", () => participant.pull(link));
    const kernel = await during("kernel", () => participant.startKernel());
    await during("run", async () => {
      const { text, error } = await kernel.run("print(5 * 4)");
      if (text.trim() !== "20") throw new Error(error ?? `5 * 4 gave ${text}`);
    });
    return { name, arrived, phases: watch.phases };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { name, arrived, phases: watch.phases, failed: { phase, why } };
  }
}
