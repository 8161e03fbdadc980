/** One path: its shape both ways, its middleboxes, and the packets that are under way. */
import { decodePacket, encodePacket, isNotTcp } from '../../packet/index.ts';
import { passChain, type Middlebox, type Outlet } from './middlebox.ts';
import { seededRandom } from '../../clock/random.ts';
import type { Timers } from '../../clock/timers.ts';
import { Shaper } from './shaper.ts';
import type { Entered, Fate, PathShape, Way, WayShape } from './types.ts';

interface UnderWay {
  leavesAt: number;
  bytes: Uint8Array;
}

/** First in, first out, without moving later entries. */
class Queue {
  #items: (UnderWay | undefined)[] = [];
  #head = 0;

  get first(): UnderWay | undefined {
    return this.#items[this.#head];
  }

  push(item: UnderWay): void {
    this.#items.push(item);
  }

  shift(): void {
    this.#items[this.#head] = undefined;
    this.#head += 1;
    if (this.#head > 1024) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
  }
}

/** Events that a path reports to its owner. */
export interface PathEvents {
  entered?(packet: Entered): void;
  /** A packet leaves the path now. */
  deliver(way: Way, bytes: Uint8Array): void;
  /** A packet was too large, and its sender is to be told. */
  tooBig?(way: Way, bytes: Uint8Array, mtu: number): void;
  /** Something has to be done at {@link Path.nextAt}. */
  due(): void;
}

/**
 * A path between a client's link and the servers. Middleboxes stand at the client's end: what the client sends meets
 * them first, and what comes for it meets them last.
 */
export class Path {
  readonly name: string;
  readonly #events: PathEvents;
  readonly #timers: Timers;
  readonly #clock: Omit<Outlet, 'send'>;
  readonly #shapers: Record<Way, Shaper>;
  readonly #queues: Record<Way, Queue> = { up: new Queue(), down: new Queue() };
  readonly #silent: Record<Way, boolean> = { up: false, down: false };
  readonly #toDrop: Record<Way, number> = { up: 0, down: 0 };
  readonly #shares: string | undefined;
  #boxes: readonly Middlebox[] = [];

  /**
   * @param seed decides, with the path's name and the way, which packets get lost
   * @param owner the path that the shape shares the bottleneck of
   */
  constructor(name: string, shape: PathShape, seed: string, timers: Timers, events: PathEvents, owner?: Path) {
    this.name = name;
    this.#timers = timers;
    this.#clock = {
      now: () => timers.clock.now(),
      later: (milliseconds, action) => timers.after(milliseconds, action),
    };
    this.#events = events;
    this.#shares = shape.shares;
    const shaper = (way: Way): Shaper =>
      new Shaper(
        shape[way],
        seededRandom(`${seed} ${name} ${way}`),
        owner === undefined ? undefined : owner.#shapers[way],
      );
    this.#shapers = { up: shaper('up'), down: shaper('down') };
  }

  /** The shape in effect. */
  get shape(): PathShape {
    return {
      up: this.#shapers.up.shape,
      down: this.#shapers.down.shape,
      ...(this.#shares === undefined ? {} : { shares: this.#shares }),
    };
  }

  /** Changes the shape; applies to packets that enter from now on. */
  reshape(shape: PathShape): void {
    this.#shapers.up.reshape(shape.up);
    this.#shapers.down.reshape(shape.down);
  }

  /** Puts middleboxes into the path, the first next to the client; they take the place of those before. */
  install(boxes: readonly Middlebox[]): void {
    this.#boxes = boxes;
  }

  /** Cuts or restores the path. Packets under way are lost when it is cut. */
  silence(isSilent: boolean, ways: readonly Way[] = ['up', 'down']): void {
    for (const way of ways) {
      this.#silent[way] = isSilent;
      if (isSilent) this.#queues[way].clear();
    }
  }

  /** Loses the next packets of a way that have payload. */
  drop(way: Way, count: number): void {
    this.#toDrop[way] = count;
  }

  /** Time at which the next packet leaves; undefined if none is under way. */
  nextAt(): number | undefined {
    const times = [this.#queues.up.first?.leavesAt, this.#queues.down.first?.leavesAt].filter((at) => at !== undefined);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** Whether nothing of a way waits for its time to leave. */
  isEmpty(way: Way): boolean {
    return this.#queues[way].first === undefined;
  }

  /** Accepts a packet from a host. */
  take(way: Way, bytes: Uint8Array): void {
    const at = this.#timers.clock.now();
    const record: Entered = { at, path: this.name, way, bytes, fate: 'passed' };
    this.#events.entered?.(record);
    const settle = (fate: Fate): void => {
      record.fate = fate;
    };
    if (this.#silent[way]) {
      settle('silent');
      return;
    }
    if (this.#toDrop[way] > 0 && hasPayload(bytes)) {
      this.#toDrop[way] -= 1;
      settle('dropped');
      return;
    }
    if (way === 'up' && this.#boxes.length > 0) this.#throughBoxes(way, bytes, settle);
    else this.#admit(way, bytes, settle);
  }

  /** Lets out what is due. */
  release(now: number): void {
    for (const way of ['up', 'down'] as const) {
      const queue = this.#queues[way];
      for (let first = queue.first; first !== undefined && first.leavesAt <= now; first = queue.first) {
        queue.shift();
        this.#depart(way, first.bytes);
      }
    }
  }

  /** A packet has come through queue and delay: what comes for the client now meets the middleboxes. */
  #depart(way: Way, bytes: Uint8Array): void {
    if (way === 'down' && this.#boxes.length > 0) this.#throughBoxes(way, bytes);
    else this.#events.deliver(way, bytes);
  }

  #admit(way: Way, bytes: Uint8Array, settle: (fate: Fate) => void): void {
    const admission = this.#shapers[way].admit(this.#clock.now(), bytes.length);
    if ('fate' in admission) {
      settle(admission.fate);
      const { mtu, tooBig = 'told' } = this.#shapers[way].shape;
      if (admission.fate === 'too-big' && tooBig === 'told' && mtu !== undefined)
        this.#events.tooBig?.(way, bytes, mtu);
      return;
    }
    const queue = this.#queues[way];
    if (queue.first === undefined && admission.leavesAt <= this.#clock.now()) {
      this.#depart(way, bytes);
      return;
    }
    queue.push({ leavesAt: admission.leavesAt, bytes });
    this.#events.due();
  }

  #throughBoxes(way: Way, bytes: Uint8Array, settle: (fate: Fate) => void = () => undefined): void {
    const packet = decodePacket(bytes);
    // Middleboxes process whole TCP segments; other packets pass unchanged.
    if (isNotTcp(packet)) {
      this.#out(way, bytes);
      return;
    }
    const out = new Set<Way>();
    passChain(this.#boxes, way, packet, this.#clock, (to, made) => {
      out.add(to);
      this.#out(to, encodePacket(made));
    });
    // One that waits in a middlebox may come out later; what the record says is where it is now.
    if (!out.has(way)) settle('middlebox');
  }

  #out(way: Way, bytes: Uint8Array): void {
    if (way === 'down') this.#events.deliver(way, bytes);
    else if (!this.#silent.up) this.#admit(way, bytes, () => undefined);
  }
}

function hasPayload(bytes: Uint8Array): boolean {
  const packet = decodePacket(bytes);
  return !isNotTcp(packet) && packet.tcp.payload.length > 0;
}

/** A shape that is the same both ways. */
export function bothWays(shape: WayShape): PathShape {
  return { up: shape, down: shape };
}
