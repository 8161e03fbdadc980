/** A port whose link is shaped by the tester itself, for kernels and drivers that cannot shape. */
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { Shaper } from './forward/shaper.ts';
import type { WayShape } from './forward/types.ts';
import { WireError, type WirePacket, type WirePort } from './types.ts';

/** What the link does to packets of both ways, seen from the tester's end. */
export interface LinkShape {
  toSut?: WayShape | undefined;
  fromSut?: WayShape | undefined;
}

/** Where packets go, and chance. */
export interface ShapedPortParts {
  shape: LinkShape;
  /** Hears of packets as they leave the tester and as they come out of the link: what is lost is sent and never comes. */
  onPacket: (packet: WirePacket) => void;
  /** Uniform in 0..1. */
  random: () => number;
  /** Opens the port beneath, which is told nothing of what this one does. */
  open: (onPacket: (packet: WirePacket) => void) => WirePort;
}

class ShapedPort implements WirePort {
  readonly link: string;
  readonly #port: WirePort;
  readonly #parts: ShapedPortParts;
  readonly #up: Shaper;
  readonly #down: Shaper;
  readonly #underWay = new Map<NodeJS.Timeout, () => void>();
  /** Settled when the last packet of each way has left the link. */
  #lastUp = Promise.resolve();
  #lastDown = Promise.resolve();
  #failure: WireError | undefined;
  #closed = false;

  constructor(parts: ShapedPortParts) {
    this.#parts = parts;
    this.#up = new Shaper(parts.shape.toSut ?? {}, parts.random);
    this.#down = new Shaper(parts.shape.fromSut ?? {}, parts.random);
    this.#port = parts.open((packet) => {
      if (packet.direction === 'in') this.#arrive(packet);
    });
    this.link = this.#port.link;
  }

  async send(bytes: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    // A closed port says so itself.
    if (this.#closed) return this.#port.send(bytes);
    const at = performance.now();
    const copy = new Uint8Array(bytes);
    this.#parts.onPacket({ at, direction: 'out', link: this.link, bytes: copy });
    const admission = this.#up.admit(at, bytes.length);
    if ('fate' in admission) return;
    this.#lastUp = this.#later(admission.leavesAt, () => {
      this.#port.send(copy).catch((error: unknown) => {
        this.#failure ??= error instanceof WireError ? error : new WireError(String(error), { cause: error });
      });
    });
  }

  /** The fence goes behind all that is under way, there and back, and is never lost. */
  async echo(timeoutMs: number): Promise<number> {
    const start = performance.now();
    const { toSut, fromSut } = this.#parts.shape;
    await Promise.all([this.#lastUp, delay(toSut?.delay ?? 0)]);
    if (this.#failure !== undefined) throw this.#failure;
    await this.#port.echo(timeoutMs);
    await Promise.all([this.#lastDown, delay(fromSut?.delay ?? 0)]);
    return performance.now() - start;
  }

  close(): void {
    this.#closed = true;
    for (const [timer, settle] of this.#underWay) {
      clearTimeout(timer);
      settle();
    }
    this.#underWay.clear();
    this.#port.close();
  }

  #arrive(packet: WirePacket): void {
    const admission = this.#down.admit(performance.now(), packet.bytes.length);
    if ('fate' in admission) return;
    this.#lastDown = this.#later(admission.leavesAt, () => this.#parts.onPacket({ ...packet, at: performance.now() }));
  }

  #later(at: number, work: () => void): Promise<void> {
    return new Promise((settle) => {
      const timer = setTimeout(
        () => {
          this.#underWay.delete(timer);
          work();
          settle();
        },
        Math.max(0, at - performance.now()),
      );
      this.#underWay.set(timer, settle);
    });
  }
}

/**
 * Opens a port that treats packets as the link's shape says. Timers count in milliseconds, so packets that follow each
 * other within one come together; order is kept.
 */
export function openShapedPort(parts: ShapedPortParts): WirePort {
  return new ShapedPort(parts);
}
