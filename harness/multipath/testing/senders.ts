/**
 * For tests: TCP senders with endless data on a virtual clock, through the bottlenecks that scenarios go through. They
 * know slow start, additive increase and halving (RFC 5681), alone or linked (RFC 6356), and nothing else.
 */
import { seededRandom } from '../../clock/random.ts';
import type { Shaper } from '../../wire/forward/shaper.ts';

const PACKET = 1500;
/** A hole counts as a loss once this many later packets have arrived. */
const REORDERING = 3;
const TIMEOUT_MS = 300;
/** Hosts take as long to answer, at most; without it drop-tail queues always hit the same sender. */
const JITTER_MS = 2;

/** A subflow or a connection of its own. */
export class Sender {
  readonly way: Shaper;
  /** One-way delay back, milliseconds. */
  readonly delay: number;
  /** Senders of the same connection, this one included, when their increase is linked. */
  linked: readonly Sender[] = [];
  /** Packets. */
  cwnd = 10;
  ssthresh = Infinity;
  rtt = 100;
  /** Packets that arrived since it was set to 0. */
  arrived = 0;
  #next = 0;
  #recoverFrom = 0;
  #lastAt = 0;
  readonly #outstanding = new Map<number, number>();

  constructor(way: Shaper, delay: number) {
    this.way = way;
    this.delay = delay;
  }

  /** Sends what the window allows. @param arrives hears of each packet that gets through, and when its acknowledgment is back */
  send(now: number, arrives: (number: number, at: number) => void): void {
    if (this.#outstanding.size > 0 && now - this.#lastAt > TIMEOUT_MS) this.#timeOut(now);
    while (this.#outstanding.size < Math.floor(this.cwnd)) {
      const number = this.#next++;
      if (this.#outstanding.size === 0) this.#lastAt = now;
      this.#outstanding.set(number, now);
      const admission = this.way.admit(now, PACKET);
      if ('leavesAt' in admission) arrives(number, admission.leavesAt + this.delay);
    }
  }

  /** Takes an acknowledgment. */
  acknowledged(number: number, now: number): void {
    const sentAt = this.#outstanding.get(number);
    if (sentAt === undefined) return;
    this.#outstanding.delete(number);
    this.#lastAt = now;
    this.rtt = 0.875 * this.rtt + 0.125 * (now - sentAt);
    this.arrived += 1;
    const lost = [...this.#outstanding.keys()].filter((one) => one <= number - REORDERING);
    for (const one of lost) this.#outstanding.delete(one);
    if (lost.some((one) => one >= this.#recoverFrom)) {
      this.ssthresh = this.cwnd = Math.max(2, this.cwnd / 2);
      this.#recoverFrom = this.#next;
    } else if (number >= this.#recoverFrom) {
      this.cwnd += this.cwnd < this.ssthresh ? 1 : this.#increase();
    }
  }

  #timeOut(now: number): void {
    this.ssthresh = Math.max(2, this.cwnd / 2);
    this.cwnd = 1;
    this.#recoverFrom = this.#next;
    this.#outstanding.clear();
    this.#lastAt = now;
  }

  /** RFC 6356, formulas 1 and 2, in packets. */
  #increase(): number {
    const own = 1 / this.cwnd;
    if (this.linked.length === 0) return own;
    const total = this.linked.reduce((sum, one) => sum + one.cwnd, 0);
    const best = Math.max(...this.linked.map((one) => one.cwnd / one.rtt ** 2));
    const alpha = (total * best) / this.linked.reduce((sum, one) => sum + one.cwnd / one.rtt, 0) ** 2;
    return Math.min(alpha / total, own);
  }
}

/** Lets senders send until a time, milliseconds; counts what arrived from `since` on. */
export function race(senders: readonly Sender[], since: number, until: number, seed: string): void {
  const random = seededRandom(seed);
  const waiting: { at: number; sender: Sender; number: number }[] = [];
  const pump = (sender: Sender, now: number): void =>
    sender.send(now, (number, at) => waiting.push({ at: at + random() * JITTER_MS, sender, number }));
  let hasBegun = false;
  for (let now = 0; now < until; now++) {
    if (!hasBegun && now >= since) {
      hasBegun = true;
      for (const sender of senders) sender.arrived = 0;
    }
    const due = waiting.filter(({ at }) => at <= now).sort((a, b) => a.at - b.at);
    waiting.splice(0, waiting.length, ...waiting.filter(({ at }) => at > now));
    for (const { sender, number } of due) {
      sender.acknowledged(number, now);
      pump(sender, now);
    }
    for (const sender of senders) pump(sender, now);
  }
}
