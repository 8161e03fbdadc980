/** Waits for a condition that other code changes; it is evaluated again at each notification. */
import type { Clock } from './clock.ts';

/** Wakes the waiters of conditions. */
export class Changes {
  readonly #clock: Clock;
  readonly #waiters = new Set<() => void>();
  #failure: Error | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Something changed: every pending condition is evaluated before this call returns. */
  changed(): void {
    for (const look of [...this.#waiters]) look();
  }

  /** Nothing more can come: every wait, now or later, ends with this error. Only the first one counts. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.changed();
  }

  /** The error that ended all waits. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** @throws Error what {@link fail} was told */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /**
   * Waits until `look` gives a value: it is asked at once, at every change, and when the time is up; never again after
   * it gave one.
   *
   * @param milliseconds how long to wait; `Infinity` is without a limit
   * @returns the value; undefined when the time was up first
   * @throws Error what {@link fail} was told, and what `look` throws
   */
  async until<T>(look: () => T | undefined, milliseconds: number): Promise<T | undefined> {
    this.check();
    const value = look();
    if (value !== undefined || milliseconds <= 0) return value;
    const { promise, resolve, reject } = deferred<T | undefined>();
    const attempt = (isLast: boolean): void => {
      try {
        this.check();
        const found = look();
        if (found === undefined && !isLast) return;
        resolve(found);
      } catch (error) {
        reject(error);
      }
      this.#waiters.delete(again);
    };
    const again = (): void => attempt(false);
    this.#waiters.add(again);
    const cancel = milliseconds === Infinity ? undefined : this.#clock.after(milliseconds, () => attempt(true));
    try {
      return await promise;
    } finally {
      cancel?.();
    }
  }
}

interface Deferred<T> {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (error: unknown) => void;
}

function deferred<T>(): Deferred<T> {
  const parts: Partial<Deferred<T>> = {};
  const promise = new Promise<T>((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return Object.assign(parts, { promise }) as Deferred<T>;
}
