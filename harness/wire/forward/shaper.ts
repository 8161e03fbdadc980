/** Rate, delay, loss and queue of one way of a path, on a virtual clock. Pure: time and chance come from outside. */
import type { Fate, WayShape } from './types.ts';

/** Result of {@link Shaper.admit}: the time at which a packet leaves the path, or the reason why it never does. */
export type Admission = { leavesAt: number } | { fate: Exclude<Fate, 'passed' | 'dropped' | 'silent' | 'middlebox'> };

/**
 * Where packets wait for each other: a rate and the queue before it. Since its time is reckoned and not slept, the rate
 * is exact over time however coarse the timers are. Several ways may lead through one.
 */
class Bottleneck {
  /** Time at which it has sent everything that it accepted so far. */
  #busyUntil = 0;

  /** Bytes that wait, at a rate in bits a second. */
  backlog(now: number, rate: number): number {
    return (Math.max(0, this.#busyUntil - now) * rate) / 8000;
  }

  /**
   * Takes a packet, unless the queue has no room for it.
   *
   * @param now milliseconds
   * @param length bytes of the IP packet
   * @param rate bits a second
   * @param queue bytes of room for waiting packets
   * @returns when the packet has been sent, milliseconds; undefined when it is dropped
   */
  take(now: number, length: number, rate: number, queue: number): number | undefined {
    // An empty queue takes any packet, or a small queue would let nothing through.
    const waiting = this.backlog(now, rate);
    if (waiting > 0 && waiting + length > queue) return undefined;
    this.#busyUntil = Math.max(now, this.#busyUntil) + (length * 8000) / rate;
    return this.#busyUntil;
  }
}

/** A bottleneck with a queue before it and a wire after it. Packets leave in the order in which they came. */
export class Shaper {
  readonly #random: () => number;
  readonly #bottleneck = new Bottleneck();
  readonly #owner: Shaper;
  #shape: WayShape;
  #lastLeavesAt = 0;

  /**
   * @param random uniform in 0..1, one call for each packet of a lossy way
   * @param owner whose bottleneck this way leads through, at that one's rate and in its queue; its own unless told
   */
  constructor(shape: WayShape, random: () => number, owner?: Shaper) {
    this.#shape = shape;
    this.#random = random;
    this.#owner = owner ?? this;
  }

  /** The shape in effect. */
  get shape(): WayShape {
    return this.#shape;
  }

  /** Changes the shape; what was taken keeps its time. */
  reshape(shape: WayShape): void {
    this.#shape = shape;
  }

  /** Bytes that wait at the bottleneck. */
  backlog(now: number): number {
    const { rate } = this.#owner.#shape;
    return rate === undefined ? 0 : this.#owner.#bottleneck.backlog(now, rate);
  }

  /**
   * Takes a packet, or drops it.
   *
   * @param now milliseconds
   * @param length bytes of the IP packet
   */
  admit(now: number, length: number): Admission {
    const { delay = 0, loss = 0, mtu = Infinity } = this.#shape;
    if (length > mtu) return { fate: 'too-big' };
    if (loss > 0 && this.#random() < loss) return { fate: 'lost' };
    const { rate, queue = Infinity } = this.#owner.#shape;
    if (rate === undefined) return { leavesAt: this.#inOrder(now + delay) };
    const sentAt = this.#owner.#bottleneck.take(now, length, rate, queue);
    return sentAt === undefined ? { fate: 'queue' } : { leavesAt: this.#inOrder(sentAt + delay) };
  }

  /** A delay that was cut must not let packets overtake those before them. */
  #inOrder(at: number): number {
    this.#lastLeavesAt = Math.max(this.#lastLeavesAt, at);
    return this.#lastLeavesAt;
  }
}
