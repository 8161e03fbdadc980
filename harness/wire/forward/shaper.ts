/** Rate, delay, loss and queue of one way of a path, on a virtual clock. Pure: time and chance come from outside. */
import type { Fate, WayShape } from './types.ts';

/** What {@link Shaper.admit} says of a packet: when it leaves the path, or why it never does. */
export type Admission = { leavesAt: number } | { fate: Exclude<Fate, 'passed' | 'silent' | 'middlebox'> };

/**
 * A bottleneck with a queue before it and a wire behind it. Packets leave in the order in which they came. Since the
 * bottleneck's time is reckoned and not slept, the rate is exact over time however coarse the timers are.
 */
export class Shaper {
  readonly #random: () => number;
  #shape: WayShape;
  /** When the bottleneck has sent all that it took so far. */
  #busyUntil = 0;
  #lastLeavesAt = 0;

  /** @param random uniform in 0..1, one call for each packet of a lossy way */
  constructor(shape: WayShape, random: () => number) {
    this.#shape = shape;
    this.#random = random;
  }

  get shape(): WayShape {
    return this.#shape;
  }

  /** Changes the shape; what was taken keeps its time. */
  reshape(shape: WayShape): void {
    this.#shape = shape;
  }

  /** Octets that wait at the bottleneck. */
  backlog(now: number): number {
    const { rate } = this.#shape;
    return rate === undefined ? 0 : (Math.max(0, this.#busyUntil - now) * rate) / 8000;
  }

  /**
   * Takes a packet, or drops it.
   *
   * @param now milliseconds
   * @param length octets of the IP packet
   */
  admit(now: number, length: number): Admission {
    const { rate, delay = 0, loss = 0, queue = Infinity, mtu = Infinity } = this.#shape;
    if (length > mtu) return { fate: 'too-big' };
    if (loss > 0 && this.#random() < loss) return { fate: 'lost' };
    if (rate === undefined) return { leavesAt: this.#inOrder(now + delay) };
    // An empty queue takes any packet, or a small queue would let nothing through.
    const waiting = this.backlog(now);
    if (waiting > 0 && waiting + length > queue) return { fate: 'queue' };
    this.#busyUntil = Math.max(now, this.#busyUntil) + (length * 8000) / rate;
    return { leavesAt: this.#inOrder(this.#busyUntil + delay) };
  }

  /** A delay that was cut must not let packets overtake those before them. */
  #inOrder(at: number): number {
    this.#lastLeavesAt = Math.max(this.#lastLeavesAt, at);
    return this.#lastLeavesAt;
  }
}
