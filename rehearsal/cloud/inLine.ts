import { isDeepStrictEqual } from "node:util";
import type { Desired } from "../machines/desired";

interface Run {
  desired: Desired;
  done: Promise<void>;
}

/**
 * Brings machines in line, one run at a time. Those who come while one is under way share the
 * next, which takes the newest of what they bring. What is in line already costs nothing.
 */
export class InLine {
  private reached: Desired | undefined;
  private current: Promise<void> = Promise.resolve();
  private next: Run | undefined;

  constructor(private readonly work: (desired: Desired) => Promise<void>) {}

  /** Ends when all is as desired, or as a newer call desired it. */
  bring(desired: Desired): Promise<void> {
    if (this.next !== undefined) {
      this.next.desired = desired;
      return this.next.done;
    }
    const run: Run = { desired, done: Promise.resolve() };
    run.done = this.current.then(() => {
      this.next = undefined;
      return this.once(run.desired);
    });
    this.next = run;
    this.current = run.done.catch(() => undefined);
    return run.done;
  }

  private async once(desired: Desired): Promise<void> {
    if (isDeepStrictEqual(this.reached, desired)) return;
    this.reached = undefined;
    await this.work(desired);
    this.reached = desired;
  }
}
