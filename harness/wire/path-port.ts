/** A port whose link is shaped or has middleboxes in it: the tester plays the path between itself and the device. */
import { Changes } from '../clock/changes.ts';
import { sleep, type Clock } from '../clock/clock.ts';
import { Timers } from '../clock/timers.ts';
import { Departures } from './forward/departures.ts';
import type { Middlebox } from './forward/middlebox.ts';
import { Path } from './forward/path.ts';
import type { PathShape, Way } from './forward/types.ts';
import { WireError, type WirePacket, type WirePort } from './types.ts';

/** The parts of the path, and the destinations of packets. `up` is from the SUT to the tester. */
export interface PathPortParts {
  clock: Clock;
  shape: PathShape;
  /** The first stands next to the SUT. */
  boxes: readonly Middlebox[];
  /** Decides which packets get lost. */
  seed: string;
  /** Hears of packets as they leave the tester and as they come out of the path: what is lost is sent and never comes. */
  onPacket: (packet: WirePacket) => void;
  /** Opens the port below. */
  open: (onPacket: (packet: WirePacket) => void) => WirePort;
}

class PathPort implements WirePort {
  readonly link: string;
  readonly #parts: PathPortParts;
  readonly #port: WirePort;
  readonly #timers: Timers;
  readonly #path: Path;
  readonly #departures: Departures;
  readonly #changes: Changes;
  #failure: WireError | undefined;
  #isClosed = false;

  constructor(parts: PathPortParts) {
    const { clock } = parts;
    this.#parts = parts;
    this.#timers = new Timers(clock);
    this.#changes = new Changes(clock);
    this.#departures = new Departures(clock, () => [this.#path]);
    this.#path = new Path('link', parts.shape, parts.seed, this.#timers, {
      deliver: (way, bytes) => this.#deliver(way, bytes),
      due: () => this.#departures.schedule(),
    });
    this.#path.install(parts.boxes);
    this.#port = parts.open((packet) => {
      if (packet.direction === 'in') this.#path.take('up', packet.bytes);
    });
    this.link = this.#port.link;
  }

  async send(bytes: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    // A closed port says so itself.
    if (this.#isClosed) return this.#port.send(bytes);
    const copy = new Uint8Array(bytes);
    this.#parts.onPacket({ at: this.#parts.clock.now(), direction: 'out', link: this.link, bytes: copy });
    this.#path.take('down', copy);
  }

  /** The fence follows all that is under way, there and back; it passes the middleboxes and is never lost. */
  async echo(timeoutMs: number): Promise<number> {
    const { clock, shape } = this.#parts;
    const start = clock.now();
    await Promise.all([this.#empty('down'), this.#delay(shape.down.delay)]);
    if (this.#failure !== undefined) throw this.#failure;
    await this.#port.echo(timeoutMs);
    await Promise.all([this.#empty('up'), this.#delay(shape.up.delay)]);
    return clock.now() - start;
  }

  close(): void {
    this.#isClosed = true;
    this.#timers.close();
    this.#departures.close();
    this.#changes.changed();
    this.#port.close();
  }

  /** Resolves once nothing of a way is under way, and middleboxes hold nothing back. */
  async #empty(way: Way): Promise<void> {
    const isEmpty = (): boolean => this.#isClosed || this.#path.isEmpty(way);
    do {
      await this.#timers.idle();
      await this.#changes.until(() => (isEmpty() ? true : undefined), Infinity);
    } while (!this.#timers.isIdle);
  }

  async #delay(milliseconds = 0): Promise<void> {
    if (milliseconds > 0) await sleep(this.#parts.clock, milliseconds);
  }

  #deliver(way: Way, bytes: Uint8Array): void {
    if (this.#isClosed) return;
    if (way === 'up') {
      this.#parts.onPacket({ at: this.#parts.clock.now(), direction: 'in', link: this.link, bytes });
    } else {
      this.#port.send(bytes).catch((error: unknown) => {
        this.#failure ??= error instanceof WireError ? error : new WireError(String(error), { cause: error });
      });
    }
    this.#changes.changed();
  }
}

/**
 * Opens a port that treats packets as the link's shape and middleboxes do. Timers count in milliseconds, so packets that
 * follow each other within one come together; order is kept.
 */
export function openPathPort(parts: PathPortParts): WirePort {
  return new PathPort(parts);
}
