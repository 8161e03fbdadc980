/** The reference stack on a clock: its packets, results and timers delivered as time goes. */
import type { Cancel, Clock } from '../../clock/clock.ts';
import { decodePacket, isNotTcp, verifyChecksums, type Packet } from '../../packet/index.ts';
import { Host, type Call, type HostOptions, type ResultOutput } from '../../reference/index.ts';

/** A call under way. */
export interface Calling {
  result: Promise<ResultOutput>;
  /** Ends a call that waits: its result is the error ECANCELED. */
  cancel(): void;
}

/** A host with the reference stack. */
export class Machine {
  readonly #clock: Clock;
  readonly #host: Host;
  readonly #onPacket: (device: string, packet: Packet) => void;
  readonly #waiting = new Map<number, (result: ResultOutput) => void>();
  #timer: Cancel = () => undefined;
  #timerAt = Infinity;

  /** @param onPacket takes what the stack sends */
  constructor(clock: Clock, options: HostOptions, onPacket: (device: string, packet: Packet) => void) {
    this.#clock = clock;
    this.#host = new Host(options);
    this.#onPacket = onPacket;
  }

  /** A packet comes in on a device. One that a stack's network layer drops does not reach it. */
  receive(device: string, bytes: Uint8Array): void {
    const sums = verifyChecksums(bytes);
    // The tester's IPv4 header checksum is the kernel's to fill in where there is one.
    if (isNotTcp(sums) || !sums.tcp) return;
    const packet = decodePacket(bytes);
    if (isNotTcp(packet)) return;
    this.#host.receive(device, packet, this.#clock.now());
    this.#deliver();
  }

  /** Starts a call of an application or of the administrator. */
  call(call: Call): Calling {
    const id = this.#host.call(call, this.#clock.now());
    const result = new Promise<ResultOutput>((resolve) => this.#waiting.set(id, resolve));
    this.#deliver();
    return {
      result,
      cancel: () => {
        this.#host.cancel(id, this.#clock.now());
        this.#deliver();
      },
    };
  }

  #deliver(): void {
    for (const output of this.#host.take()) {
      if (output.kind === 'packet') {
        this.#onPacket(output.device, output.packet);
        continue;
      }
      this.#waiting.get(output.id)?.(output);
      this.#waiting.delete(output.id);
    }
    this.#schedule();
  }

  #schedule(): void {
    const next = this.#host.nextTimer() ?? Infinity;
    if (next === this.#timerAt) return;
    this.#timer();
    this.#timerAt = next;
    if (next === Infinity) return;
    this.#timer = this.#clock.after(Math.max(0, next - this.#clock.now()), () => {
      this.#timerAt = Infinity;
      this.#host.tick(this.#clock.now());
      this.#deliver();
    });
  }
}
