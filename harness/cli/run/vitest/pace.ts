/** Adapts the number of scenarios that run at once in a worker: fewer while the machine delays the tester. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Interval at which the pace is set, milliseconds. */
const EVERY_MS = 250;
/** The tester is late: a stack's retransmission timeout can be as short as this, milliseconds. */
const LATE_MS = 200;
/** The tester is in time, milliseconds. */
const EARLY_MS = 100;

/** A limit that follows how late the tester is. Pure but for the caller's clock. */
export class Pace {
  readonly #most: number;
  readonly #least: number;
  #limit: number;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /** @param most scenarios at once on an idle machine */
  constructor(most: number) {
    this.#most = most;
    this.#least = Math.min(2, most);
    this.#limit = most;
  }

  /** Scenarios that may run at once now. */
  get limit(): number {
    return this.#limit;
  }

  /** The longest delay of the tester since the last call, milliseconds. */
  late(milliseconds: number): void {
    if (milliseconds >= LATE_MS) this.#limit = Math.max(this.#least, Math.floor(this.#limit * 0.7));
    else if (milliseconds < EARLY_MS) this.#limit = Math.min(this.#most, this.#limit + 1);
    this.#release();
  }

  /** Does the work when its turn comes. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      this.#release();
    });
    try {
      return await work();
    } finally {
      this.#running--;
      this.#release();
    }
  }

  #release(): void {
    while (this.#running < this.#limit) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#running++;
      next();
    }
  }
}

/** Sets the pace by the delays of this process's event loop, for as long as the process lives. */
export function followDelays(pace: Pace): void {
  const delays = monitorEventLoopDelay({ resolution: 20 });
  delays.enable();
  setInterval(() => {
    pace.late(delays.max / 1e6);
    delays.reset();
  }, EVERY_MS).unref();
}
