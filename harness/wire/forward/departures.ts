/** Lets packets out of paths when they are due: one timer for all paths of an owner. */
import type { Cancel, Clock } from '../../clock/clock.ts';
import type { Path } from './path.ts';

/** More than a timer or a garbage collection takes, and as much as the delays that paths have, milliseconds. */
const LATE_MS = 10;

/** The timer of some paths. */
export class Departures {
  readonly #clock: Clock;
  readonly #paths: () => Iterable<Path>;
  #cancel: Cancel = () => undefined;
  #nextAt = Infinity;
  #isClosed = false;
  #released = 0;
  #late = 0;

  /** @param paths all paths of the owner, called each time */
  constructor(clock: Clock, paths: () => Iterable<Path>) {
    this.#clock = clock;
    this.#paths = paths;
  }

  /** Share of the times when packets were due at which this process came far too late: the machine was too busy. */
  get lateness(): number {
    return this.#released === 0 ? 0 : this.#late / this.#released;
  }

  /** A path has something due at a time from now on. */
  schedule(): void {
    const next = this.#earliest();
    if (next >= this.#nextAt || this.#isClosed) return;
    this.#cancel();
    this.#nextAt = next;
    this.#cancel = this.#clock.after(Math.max(0, next - this.#clock.now()), () => this.#release());
  }

  /** Cancels all departures. */
  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }

  #release(): void {
    this.#nextAt = Infinity;
    const now = this.#clock.now();
    this.#released += 1;
    if (now - this.#earliest() > LATE_MS) this.#late += 1;
    for (const path of this.#paths()) path.release(now);
    this.schedule();
  }

  #earliest(): number {
    return Math.min(...[...this.#paths()].map((path) => path.nextAt() ?? Infinity));
  }
}
