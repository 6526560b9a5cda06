/** How long each part of a visit takes. */

/** A part of a visit that has ended. */
export interface Phase {
  name: string;
  seconds: number;
}

export class Stopwatch {
  readonly phases: Phase[] = [];

  /** Seconds of all that has ended. */
  get seconds(): number {
    return this.phases.reduce((sum, { seconds }) => sum + seconds, 0);
  }

  /** Does some work; its time is kept when it succeeds. */
  async time<T>(name: string, work: () => Promise<T>): Promise<T> {
    const begin = performance.now();
    const made = await work();
    this.phases.push({ name, seconds: (performance.now() - begin) / 1000 });
    return made;
  }
}
