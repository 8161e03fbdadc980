/** Data on its way from one application to the other, with the time of each delivery and its hash. */
import { performance } from 'node:perf_hooks';
import { AgentRefused, type Agent } from '../sut/types.ts';
import { patternDigest } from './pattern.ts';

/** Bytes after which a delivery is noted. */
const STRIDE = 16 * 1024;
/** A transfer that takes longer has come to a standstill; steps give up sooner. */
const LONGEST_MS = 100_000;

/** Some bytes that the receiving application got. */
export interface Delivery {
  /** Milliseconds, monotonic clock. */
  at: number;
  /** Bytes so far. */
  total: number;
}

/** A socket of a host. */
export interface Socket {
  agent: Agent;
  fd: string;
}

/** Progress of the streams of a connection, for several transfers on one. */
export interface StreamPlace {
  bytes: number;
}

/** One transfer. */
export class Transfer {
  readonly name: string;
  readonly size: number;
  readonly startedAt = performance.now();
  readonly deliveries: Delivery[] = [];
  /** Resolves when it has ended, by success or error. */
  readonly ended: Promise<void>;
  /** `running`, `intact`, `altered` (complete, but bytes differ), or the error that ended it: `ECONNRESET`. */
  outcome = 'running';
  readonly #onChange: () => void;
  #altered = false;

  /**
   * Begins the transfer.
   *
   * @param place where the direction's stream stands; moved on by this transfer
   * @param onChange is called after every delivery and at the end
   */
  constructor(name: string, size: number, from: Socket, to: Socket, place: StreamPlace, onChange: () => void) {
    this.name = name;
    this.size = size;
    this.#onChange = onChange;
    const offset = place.bytes;
    place.bytes += size;
    this.ended = this.#move(from, to, offset);
  }

  /** Bytes that the receiver has read. */
  get delivered(): number {
    return this.deliveries.at(-1)?.total ?? 0;
  }

  /** Whether the outcome is known. */
  get hasEnded(): boolean {
    return this.outcome !== 'running';
  }

  /** Milliseconds from the start to the last delivery. */
  get duration(): number {
    return (this.deliveries.at(-1)?.at ?? this.startedAt) - this.startedAt;
  }

  /** Bits a second that the application got, from a time on; undefined of nothing. */
  goodput(since = this.startedAt): number | undefined {
    const first = this.deliveries.findLast((one) => one.at <= since) ?? { at: this.startedAt, total: 0 };
    const last = this.deliveries.at(-1);
    if (last === undefined || last.at <= Math.max(first.at, since)) return undefined;
    return ((last.total - first.total) * 8000) / (last.at - Math.max(since, this.startedAt));
  }

  /** The longest time without a delivery from a time on, milliseconds, and when it began. */
  gap(since: number): { length: number; at: number } {
    let longest = { length: 0, at: since };
    let before = Math.max(since, this.startedAt);
    for (const { at } of this.deliveries) {
      if (at < since) continue;
      if (at - before > longest.length) longest = { length: at - before, at: before };
      before = at;
    }
    return longest;
  }

  async #move(from: Socket, to: Socket, offset: number): Promise<void> {
    const failures: string[] = [];
    const fails = (error: unknown): void => {
      // An agent that is gone fails the next request to it, too: there it becomes the scenario's error.
      failures.push(error instanceof AgentRefused ? error.code : String(error));
    };
    const sending = from.agent
      .request('send', { fd: from.fd, fill: this.size, offset, timeout: LONGEST_MS })
      .catch(fails);
    try {
      await this.#receive(to, offset);
    } catch (error) {
      fails(error);
    }
    // The receiver's failure comes first; a sender whose bytes have all arrived has nothing to add.
    if (this.delivered < this.size && failures.length === 0) {
      await sending;
    }
    this.outcome = failures[0] ?? (this.delivered < this.size ? 'cut short' : this.#altered ? 'altered' : 'intact');
    this.#onChange();
  }

  async #receive({ agent, fd }: Socket, offset: number): Promise<void> {
    for (let total = 0; total < this.size;) {
      const wanted = Math.min(STRIDE, this.size - total);
      const answer = await agent.request('recv', {
        fd,
        bytes: wanted,
        offset: offset + total,
        show: 0,
        timeout: LONGEST_MS,
      });
      const got = Number(answer['bytes'] ?? 0);
      if (got > 0) {
        this.deliveries.push({ at: performance.now(), total: total + got });
        this.#altered ||= answer['digest'] !== patternDigest(offset + total, got);
        this.#onChange();
      }
      total += got;
      if (answer['eof'] === '1') return;
    }
  }
}
