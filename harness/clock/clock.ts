/** Time as a parameter: code that waits takes a clock, so that a driver in memory can advance time at once. */

/** Cancels a timer; harmless when it has fired. */
export type Cancel = () => void;

/** A monotonic clock with timers. */
export interface Clock {
  /** Milliseconds since the clock began; fractions count. */
  now(): number;
  /** Wall-clock time of `now() === 0`: milliseconds since 1970-01-01 UTC. */
  readonly epoch: number;
  /** Runs `action` once, `milliseconds` from now; never before this call has returned. */
  after(milliseconds: number, action: () => void): Cancel;
}

/** The machine's time. */
export const realClock: Clock = {
  now: () => performance.now(),
  get epoch() {
    return Date.now() - performance.now();
  },
  after(milliseconds, action) {
    const timer = setTimeout(action, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** Resolves after some milliseconds of a clock. */
export function sleep(clock: Clock, milliseconds: number): Promise<void> {
  return new Promise((resolve) => void clock.after(milliseconds, resolve));
}
