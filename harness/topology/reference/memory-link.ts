/** A link in memory between the tester and a host: packets of both ways arrive after a fixed time, in order. */
import type { Cancel, Clock } from '../../clock/clock.ts';
import type { Family } from '../../packet/types.ts';
import { WireError, type WirePacket, type WirePort } from '../../wire/types.ts';

/** One-way delay, milliseconds: of the order of a veth pair's. */
export const DELAY_MS = 0.05;

/** The far end of a link. */
export interface FarEnd {
  receive(bytes: Uint8Array): void;
  /** Whether it answers echoes: its device is up. */
  isUp(): boolean;
}

type Hear = (packet: WirePacket) => void;

/** A link of one host. */
export class MemoryLink {
  readonly name: string;
  readonly #clock: Clock;
  readonly #far: FarEnd;
  readonly #ports = new Map<Family, Set<Hear>>();

  constructor(name: string, clock: Clock, far: FarEnd) {
    this.name = name;
    this.#clock = clock;
    this.#far = far;
  }

  /** The stack sends a packet. */
  fromHost(family: Family, bytes: Uint8Array): void {
    this.#clock.after(DELAY_MS, () => {
      const packet: WirePacket = { at: this.#clock.now(), direction: 'in', link: this.name, bytes };
      for (const hear of this.#ports.get(family) ?? []) hear(packet);
    });
  }

  /** Opens the tester's end for one family. */
  open(family: Family, hear: Hear): WirePort {
    const ports = this.#ports.get(family) ?? new Set();
    this.#ports.set(family, ports.add(hear));
    return new MemoryPort(this.name, this.#clock, this.#far, hear, () => ports.delete(hear));
  }
}

class MemoryPort implements WirePort {
  readonly link: string;
  readonly #clock: Clock;
  readonly #far: FarEnd;
  readonly #hear: Hear;
  readonly #leave: () => void;
  readonly #waiting = new Map<Cancel, (error: WireError) => void>();
  #isClosed = false;

  constructor(link: string, clock: Clock, far: FarEnd, hear: Hear, leave: () => void) {
    this.link = link;
    this.#clock = clock;
    this.#far = far;
    this.#hear = hear;
    this.#leave = leave;
  }

  async send(bytes: Uint8Array): Promise<void> {
    this.#check();
    const copy = Uint8Array.from(bytes);
    this.#hear({ at: this.#clock.now(), direction: 'out', link: this.link, bytes: copy });
    this.#clock.after(DELAY_MS, () => this.#far.receive(copy));
    return Promise.resolve();
  }

  /** The echo takes the way of packets, so it follows all that was sent before. */
  async echo(timeoutMs: number): Promise<number> {
    this.#check();
    const start = this.#clock.now();
    return new Promise<number>((resolve, reject) => {
      const late = this.#clock.after(timeoutMs, () => {
        this.#waiting.delete(late);
        reject(new WireError(`link ${this.link}: no answer to an echo within ${timeoutMs} ms: the device is down`));
      });
      this.#waiting.set(late, reject);
      const answer = (): void => {
        late();
        this.#waiting.delete(late);
        resolve(this.#clock.now() - start);
      };
      this.#clock.after(DELAY_MS, () => {
        if (this.#far.isUp()) this.#clock.after(DELAY_MS, answer);
      });
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#leave();
    for (const [cancel, reject] of this.#waiting) {
      cancel();
      reject(new WireError(`link ${this.link}: the port is closed`));
    }
    this.#waiting.clear();
  }

  #check(): void {
    if (this.#isClosed) throw new WireError(`link ${this.link}: the port is closed`);
  }
}
