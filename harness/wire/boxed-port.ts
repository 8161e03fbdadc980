/** A port whose link has middleboxes in it, played by the tester itself. */
import { performance } from 'node:perf_hooks';
import { decodePacket, encodePacket, isNotTcp } from '../packet/index.ts';
import { passChain, type Middlebox, type Outlet } from './forward/middlebox.ts';
import type { Way } from './forward/types.ts';
import { WireError, type WirePacket, type WirePort } from './types.ts';

/** What stands in the link, and where packets go. */
export interface BoxedPortParts {
  /** The first stands next to the SUT. */
  boxes: readonly Middlebox[];
  /** Hears of packets as they leave the tester and as they come out of the row of middleboxes. */
  onPacket: (packet: WirePacket) => void;
  /** Opens the port beneath, which is told nothing of what this one does. */
  open: (onPacket: (packet: WirePacket) => void) => WirePort;
}

class BoxedPort implements WirePort {
  readonly link: string;
  readonly #port: WirePort;
  readonly #parts: BoxedPortParts;
  /** What middleboxes hold back: each is settled when its time has come. */
  readonly #held = new Map<NodeJS.Timeout, () => void>();
  #lastHeld: Promise<unknown> = Promise.resolve();
  #failure: WireError | undefined;
  #closed = false;
  readonly #clock: Omit<Outlet, 'send'> = {
    now: () => performance.now(),
    later: (milliseconds, action) => this.#later(milliseconds, action),
  };

  constructor(parts: BoxedPortParts) {
    this.#parts = parts;
    this.#port = parts.open((packet) => {
      if (packet.direction === 'in') this.#enter('up', packet.bytes);
    });
    this.link = this.#port.link;
  }

  async send(bytes: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    // A closed port says so itself.
    if (this.#closed) return this.#port.send(bytes);
    const copy = new Uint8Array(bytes);
    this.#parts.onPacket({ at: performance.now(), direction: 'out', link: this.link, bytes: copy });
    this.#enter('down', copy);
  }

  /** The fence goes behind what middleboxes hold back, there and back, and past them. */
  async echo(timeoutMs: number): Promise<number> {
    await this.#lastHeld;
    if (this.#failure !== undefined) throw this.#failure;
    const roundTrip = await this.#port.echo(timeoutMs);
    await this.#lastHeld;
    return roundTrip;
  }

  close(): void {
    this.#closed = true;
    for (const [timer, settle] of this.#held) {
      clearTimeout(timer);
      settle();
    }
    this.#held.clear();
    this.#port.close();
  }

  /** Middleboxes look at TCP; a segment that is not whole, or something else, goes past them. */
  #enter(way: Way, bytes: Uint8Array): void {
    const packet = decodePacket(bytes);
    if (isNotTcp(packet)) this.#leave(way, bytes);
    else passChain(this.#parts.boxes, way, packet, this.#clock, (to, made) => this.#leave(to, encodePacket(made)));
  }

  #leave(way: Way, bytes: Uint8Array): void {
    if (this.#closed) return;
    if (way === 'up') {
      this.#parts.onPacket({ at: performance.now(), direction: 'in', link: this.link, bytes });
      return;
    }
    this.#port.send(bytes).catch((error: unknown) => {
      this.#failure ??= error instanceof WireError ? error : new WireError(String(error), { cause: error });
    });
  }

  #later(milliseconds: number, action: () => void): void {
    const held = new Promise<void>((settle) => {
      const timer = setTimeout(() => {
        this.#held.delete(timer);
        action();
        settle();
      }, milliseconds);
      this.#held.set(timer, settle);
    });
    this.#lastHeld = Promise.all([this.#lastHeld, held]);
  }
}

/** Opens a port on a link with middleboxes. */
export function openBoxedPort(parts: BoxedPortParts): WirePort {
  return new BoxedPort(parts);
}
