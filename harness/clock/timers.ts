/** Timers with one owner: cancelled together; a caller can wait until none is left. */
import { Changes } from './changes.ts';
import type { Cancel, Clock } from './clock.ts';

/** The timers of one owner. */
export class Timers {
  readonly clock: Clock;
  readonly #running = new Set<Cancel>();
  readonly #changes: Changes;
  #isClosed = false;

  constructor(clock: Clock) {
    this.clock = clock;
    this.#changes = new Changes(clock);
  }

  /** Runs `action` once, `milliseconds` from now, unless the owner closes first. */
  after(milliseconds: number, action: () => void): void {
    if (this.#isClosed) return;
    const cancel = this.clock.after(milliseconds, () => {
      this.#running.delete(cancel);
      action();
      this.#changes.changed();
    });
    this.#running.add(cancel);
  }

  /** Whether no timer is set. */
  get isIdle(): boolean {
    return this.#running.size === 0;
  }

  /** Resolves once no timer runs: all that was put off has been done, or was cancelled by `close`. */
  async idle(): Promise<void> {
    await this.#changes.until(() => (this.isIdle ? true : undefined), Infinity);
  }

  /** Cancels all, and takes no more. */
  close(): void {
    this.#isClosed = true;
    for (const cancel of this.#running) cancel();
    this.#running.clear();
    this.#changes.changed();
  }
}
