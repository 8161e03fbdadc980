/** A clock of discrete events: when nothing is left to run, time jumps to the next timer. */
import type { Cancel, Clock } from './clock.ts';

interface Timer {
  at: number;
  /** Order of making: timers of the same time fire in it. */
  order: number;
  action: () => void;
}

/** Wall-clock time at which virtual clocks begin: 2020-01-01 UTC. */
const EPOCH = Date.UTC(2020, 0, 1);

/**
 * Virtual time. It stands still while promises settle, and jumps when the process has nothing else to do; so what waits
 * for real input or output (a file, a child process) must not do so while timers of this clock run.
 */
export class VirtualClock implements Clock {
  readonly epoch = EPOCH;
  readonly #timers = new TimerHeap();
  #now = 0;
  #order = 0;
  #isRunning = false;
  #isStopped = false;

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, action: () => void): Cancel {
    if (this.#isStopped) return nothing;
    const timer: Timer = { at: this.#now + Math.max(0, milliseconds), order: this.#order++, action };
    this.#timers.push(timer);
    this.#run();
    return () => {
      timer.action = nothing;
    };
  }

  /** No timer fires any more. */
  stop(): void {
    this.#isStopped = true;
    this.#timers.clear();
  }

  /** An immediate comes after all promises that have settled, and all that they led to. */
  #run(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    setImmediate(() => {
      this.#isRunning = false;
      const timer = this.#timers.pop();
      if (timer === undefined) return;
      this.#now = timer.at;
      try {
        timer.action();
      } finally {
        if (!this.#timers.isEmpty) this.#run();
      }
    });
  }
}

function nothing(): void {
  // Replaces the action of a cancelled timer.
}

/** Timers, the earliest first; cancelled ones are dropped when their time comes. */
class TimerHeap {
  #items: Timer[] = [];

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  clear(): void {
    this.#items = [];
  }

  push(timer: Timer): void {
    let at = this.#items.push(timer) - 1;
    for (let parent = (at - 1) >> 1; at > 0 && this.#isBefore(at, parent); at = parent, parent = (at - 1) >> 1)
      this.#swap(at, parent);
  }

  /** Removes and returns the earliest timer that was not cancelled. */
  pop(): Timer | undefined {
    for (;;) {
      const first = this.#take();
      if (first === undefined || first.action !== nothing) return first;
    }
  }

  #take(): Timer | undefined {
    const first = this.#items[0];
    const last = this.#items.pop();
    if (first === undefined || last === undefined || first === last) return first;
    this.#items[0] = last;
    for (let at = 0; ;) {
      const left = 2 * at + 1;
      const right = left + 1;
      let least = at;
      if (left < this.#items.length && this.#isBefore(left, least)) least = left;
      if (right < this.#items.length && this.#isBefore(right, least)) least = right;
      if (least === at) return first;
      this.#swap(at, least);
      at = least;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const one = this.#items[a];
    const other = this.#items[b];
    if (one === undefined || other === undefined) return false;
    return one.at < other.at || (one.at === other.at && one.order < other.order);
  }

  #swap(a: number, b: number): void {
    const one = this.#items[a];
    const other = this.#items[b];
    if (one === undefined || other === undefined) return;
    this.#items[a] = other;
    this.#items[b] = one;
  }
}
