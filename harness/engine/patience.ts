/** How long to wait: limits scaled by the measured round trip, and the fence after which nothing more is to come. */
import { Changes } from '../clock/changes.ts';
import { sleep, type Clock } from '../clock/clock.ts';
import type { Agent } from '../sut/types.ts';
import { WireError, type WirePort } from '../wire/types.ts';

/** Limit for a fresh link to answer, and for one attempt; milliseconds. */
const READY_LIMIT = 10_000;
const READY_ECHO = 100;
const READY_PAUSE = 5;
/** Limit for the reply to a fence's echo on an idle machine, milliseconds. */
const FENCE_LIMIT = 5000;
/** Grace periods to wait where the agent cannot tell when the stack has done what it had deferred. */
const UNSETTLED = 4;

/** Limits of waits, milliseconds. */
export interface Waits {
  /** For a packet or answer that a step does not give a time for. */
  answer: number;
  /** After an answered fence, for work that the stack has deferred. */
  grace: number;
}

/** Waits for one scenario. */
export class Patience {
  readonly waits: Waits;
  readonly #clock: Clock;
  readonly #changes: Changes;
  readonly #ports: readonly WirePort[];
  #roundTrip = 1;

  /** @param ports those of all links, in the order of the topology */
  constructor(clock: Clock, waits: Waits, ports: readonly WirePort[]) {
    this.#clock = clock;
    this.#changes = new Changes(clock);
    this.waits = waits;
    this.#ports = ports;
  }

  /** A packet came: waiters evaluate again. */
  changed(): void {
    this.#changes.changed();
  }

  /** A link does not work any more: every wait ends with that. */
  fail(error: Error): void {
    this.#changes.fail(error instanceof WireError ? error : new WireError(error.message, { cause: error }));
  }

  /** Waits are longer where the round trip is: 1 on an idle machine, more under load or in a slow guest. */
  get scale(): number {
    return Math.min(20, Math.max(1, this.#roundTrip / 5));
  }

  /**
   * How long to wait for what takes `milliseconds` on an idle machine. The stack's own timers, which long waits are for,
   * go by the clock however busy the machine is: only as much as an ordinary answer takes is stretched.
   */
  limit(milliseconds: number): number {
    return milliseconds + (this.scale - 1) * Math.min(milliseconds, this.waits.answer);
  }

  /** See {@link Changes.until}. @throws WireError */
  until<T>(look: () => T | undefined, milliseconds: number): Promise<T | undefined> {
    return this.#changes.until(look, milliseconds);
  }

  /**
   * Waits as {@link until} does, for as long as what takes `milliseconds` on an idle machine may take on this one. How
   * long that is, is measured again while waiting: the load may have changed since the scenario began.
   *
   * @returns the value, if any, and how long at most it was waited for, milliseconds
   */
  async patiently<T>(
    look: () => T | undefined,
    milliseconds: number,
  ): Promise<{ value: T | undefined; limit: number }> {
    const begun = this.#clock.now();
    for (let slice = milliseconds; ; slice = this.waits.answer) {
      const left = begun + this.limit(milliseconds) - this.#clock.now();
      const value = await this.until(look, Math.min(slice, left));
      const limit = this.limit(milliseconds);
      if (value !== undefined || left <= slice) return { value, limit };
      await this.#measure();
    }
  }

  /**
   * Waits until every link carries packets both ways (the stack may still be configuring its addresses), and measures
   * the round trip, which scales every wait. @throws WireError
   */
  async ready(): Promise<void> {
    const deadline = this.#clock.now() + READY_LIMIT;
    const trips = await Promise.all(this.#ports.map((port) => this.#firstTrip(port, deadline)));
    this.#roundTrip = Math.max(...trips);
  }

  async #firstTrip(port: WirePort, deadline: number): Promise<number> {
    for (let limit = READY_ECHO; ; limit = Math.min(2 * limit, READY_LIMIT)) {
      try {
        await port.echo(limit);
        // The first one found both ends idle, and says little.
        return await port.echo(READY_LIMIT);
      } catch (error) {
        if (this.#changes.failure !== undefined || this.#clock.now() > deadline) throw error;
      }
      // A link that refuses at once, as one whose host is gone, would keep the processor busy.
      await sleep(this.#clock, READY_PAUSE);
    }
  }

  /** Waits until the stack has dealt with all that was sent: an echo on every link, deferred work, and a grace period. */
  async fence(agents: readonly Agent[]): Promise<void> {
    const limit = FENCE_LIMIT * this.scale;
    const trips = await Promise.all(this.#ports.map((port) => port.echo(limit)));
    this.#roundTrip = Math.max(...trips);
    const settling = agents.map((agent) => agent.features.has('settle'));
    await Promise.all(agents.map((agent, i) => agent.request(settling[i] === true ? 'settle' : 'hello')));
    const grace = settling.every(Boolean) ? this.waits.grace : UNSETTLED * this.waits.grace;
    await this.until(() => undefined, Math.max(grace, 10 * this.#roundTrip));
  }

  /**
   * Measures the round trip once more. A link that does not answer now (the scenario may have taken its address away)
   * tells nothing new; the others do.
   */
  async #measure(): Promise<void> {
    const trips = await Promise.allSettled(this.#ports.map((port) => port.echo(this.waits.answer)));
    const answered = trips.flatMap((trip) => (trip.status === 'fulfilled' ? [trip.value] : []));
    if (answered.length > 0) this.#roundTrip = Math.max(...answered);
  }
}
