/** What tests ask of a rehearsal's scheduler, over the front door. */

import { ask } from "./ask";
import type { Done } from "./scheduler";

export class SchedulerControl {
  /** @param endpoint of the rehearsal's front door */
  constructor(private readonly endpoint: string) {}

  /** It is that time now; what was due in between is not done. */
  async set(time: Date): Promise<void> {
    await ask(this.endpoint, "scheduler", "set", { time: time.toISOString() });
  }

  /** The time until then passes. Ends when all that was due is done, and answers with that. */
  pass(time: Date): Promise<Done[]> {
    return ask(this.endpoint, "scheduler", "pass", { time: time.toISOString() });
  }
}
