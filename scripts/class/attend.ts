/** A rehearsed class: participants arrive, the machine is watched meanwhile. */
import { setTimeout as sleep } from "node:timers/promises";
import { Participant, type Account } from "../participant/participant";
import type { StackServer } from "../stackServer";
import type { Sample } from "./figures";
import { visit, type Visit } from "./visit";

export interface Class {
  visits: Visit[];
  samples: Sample[];
  /** From the first arrival to the last result. */
  seconds: number;
}

export interface Plan {
  /** In which all arrive, evenly. */
  withinSeconds: number;
  /** What each pulls. */
  link?: string;
  /** Is called when somebody is through, or is not. */
  tell: (visit: Visit) => void;
}

/** Of watching, should this computer never say stop. */
const WATCH_SECONDS = 1800;

/** Watches the machine; call what is returned to end it. */
function watchLoad(
  server: StackServer,
  since: number,
): { samples: Sample[]; end: () => Promise<void> } {
  const samples: Sample[] = [];
  const WATCH = String(process.pid);
  const watching = server
    .run(
      "load",
      { DO: "watch", WATCH, LIMIT: WATCH_SECONDS },
      {
        limitSeconds: WATCH_SECONDS + 30,
        onLine: (line) => {
          if (!line.startsWith("{")) return;
          const at = (performance.now() - since) / 1000;
          samples.push({ at, ...(JSON.parse(line) as Omit<Sample, "at">) });
        },
      },
    )
    // The class counts, not the curves.
    .catch(() => undefined);
  return {
    samples,
    end: async () => {
      await server.run("load", { DO: "stop", WATCH, LIMIT: 0 });
      await watching;
    },
  };
}

/** Lets everybody come, and stops their servers in the end. */
export async function attend(
  server: StackServer,
  guests: readonly Account[],
  plan: Plan,
  signal: AbortSignal,
): Promise<Class> {
  const { url, publicIp } = server.outputs;
  const participants = guests.map(
    (guest) => new Participant(url, guest, { address: publicIp, anyCertificate: true }),
  );
  const begin = performance.now();
  const watch = watchLoad(server, begin);
  try {
    const visits = await Promise.all(
      participants.map(async (participant, index) => {
        const pause = (index * plan.withinSeconds) / participants.length;
        await sleep(pause * 1000, undefined, { signal });
        const arrived = (performance.now() - begin) / 1000;
        const one = await visit(participant, arrived, plan.link, signal);
        plan.tell(one);
        return one;
      }),
    );
    const seconds = (performance.now() - begin) / 1000;
    await watch.end();
    return { visits, samples: watch.samples, seconds };
  } catch (error) {
    await watch.end().catch(() => undefined);
    throw error;
  } finally {
    if (!signal.aborted) await Promise.allSettled(participants.map((one) => one.stopServer()));
    for (const participant of participants) participant.leave();
  }
}
