/** The reference stack at the tester's end of real links, in real time: a peer for another stack. */
import { realClock, type Clock } from '../../clock/clock.ts';
import { seededRandomness, type Randomness } from '../../clock/random.ts';
import { encodePacket } from '../../packet/index.ts';
import type { Family } from '../../packet/types.ts';
import type { Rules } from '../../reference/index.ts';
import type { WirePacket, WirePort } from '../../wire/types.ts';
import type { Cell, CellLink } from '../contract.ts';
import { openLink } from '../open-link.ts';
import { Machine } from './machine.ts';
import { MemoryAgent } from './memory-agent.ts';
import { randomBytes } from './reference-driver.ts';
import type { Device } from './set-up.ts';

/** Impairments between the stacks, besides those of links. Both directions alike. */
export interface Impairment {
  /** Share of packets that are lost, 0 to 1. */
  loss: number;
  /** Share of packets that come later than those sent after them, 0 to 1. */
  reordered: number;
  /** Largest additional delay, milliseconds. */
  delay: number;
}

/** Options of the stack. */
export interface WiredOptions {
  rules: Rules;
  seed: string;
  family: Family;
  impairment?: Impairment;
}

/** A reference stack whose devices are the tester's ends of a cell's links. */
export class WiredMachine {
  readonly agent: MemoryAgent;
  /** Packets on the links, in order. */
  readonly packets: WirePacket[] = [];
  /** Reason why a link can no longer be used. */
  readonly errors: Error[] = [];
  readonly #clock: Clock = realClock;
  readonly #ports = new Map<string, WirePort>();
  readonly #silent = new Set<string>();
  readonly #random: Randomness;
  readonly #impairment: Impairment | undefined;
  #isClosed = false;

  /** @throws WireError when a link cannot be opened */
  constructor({ links }: Cell, { rules, seed, family, impairment }: WiredOptions) {
    this.#impairment = impairment;
    this.#random = seededRandomness(`${seed} network`);
    const devices = new Map(links.map(({ spec: { name, mtu } }): [string, Device] => [name, { name, mtu, up: true }]));
    const machine = new Machine(
      this.#clock,
      {
        random: randomBytes(seededRandomness(seed)),
        rules,
        devices: links.map(({ spec, tester, prefix }) => ({
          name: spec.name,
          mtu: spec.mtu,
          addresses: [`${tester[family]}/${prefix[family]}`],
        })),
      },
      (device, packet) => this.#carry(device, () => this.#send(device, encodePacket(packet))),
    );
    for (const link of links) this.#ports.set(link.spec.name, this.#open(link, family, machine));
    this.agent = new MemoryAgent(this.#clock, machine, devices, 'reference');
  }

  /** From now on nothing passes on a link in either direction, and neither stack is notified. */
  silence(link: string): void {
    this.#silent.add(link);
  }

  /** Closes the ports; packets under way are lost. */
  close(): void {
    this.#isClosed = true;
    for (const port of this.#ports.values()) port.close();
  }

  #send(device: string, bytes: Uint8Array): void {
    this.#ports
      .get(device)
      ?.send(bytes)
      .catch((error: unknown) => {
        if (!this.#isClosed) this.errors.push(error instanceof Error ? error : new Error(String(error)));
      });
  }

  #open(link: CellLink, family: Family, machine: Machine): WirePort {
    const { name } = link.spec;
    return openLink(
      link,
      family,
      (packet) => {
        this.packets.push(packet);
        if (packet.direction === 'in') this.#carry(name, () => machine.receive(name, packet.bytes));
      },
      (error) => this.errors.push(error),
    );
  }

  #carry(link: string, pass: () => void): void {
    if (this.#isClosed || this.#silent.has(link)) return;
    const { loss = 0, reordered = 0, delay = 0 } = this.#impairment ?? {};
    if (this.#chance() < loss) return;
    const late = this.#chance() < reordered ? this.#chance() * delay : 0;
    if (late === 0) pass();
    else this.#clock.after(late, () => this.#isClosed || pass());
  }

  #chance(): number {
    return this.#random.uint32() / 2 ** 32;
  }
}
