/** Cells in memory: hosts with the reference stack, links without devices, virtual time. Needs no rights and no kernel. */
import { seededRandomness, type Randomness } from '../../clock/random.ts';
import { VirtualClock } from '../../clock/virtual-clock.ts';
import { canonicalAddress, encodePacket } from '../../packet/index.ts';
import type { Rules } from '../../reference/index.ts';
import { prefixesOf } from '../link-plan.ts';
import type { BuildOptions, Cell, CellLink, Driver } from '../contract.ts';
import type { LinkSpec, Topology } from '../types.ts';
import { Machine } from './machine.ts';
import { MemoryAgent } from './memory-agent.ts';
import { MemoryLink } from './memory-link.ts';
import type { Device } from './set-up.ts';

/** Parameters of the stack. */
export interface ReferenceOptions {
  /** Its freedoms and faults. */
  rules: Rules;
  /** Names the stack's version. */
  version: string;
  /** Decides every random number; the same seed gives the same packets. */
  seed: string;
}

class ReferenceDriver implements Driver {
  readonly name = 'reference';
  readonly #options: ReferenceOptions;

  constructor(options: ReferenceOptions) {
    this.#options = options;
  }

  problems(): string[] {
    return [];
  }

  build(topology: Topology, { purpose = '' }: BuildOptions = {}): Promise<Cell> {
    const clock = new VirtualClock();
    const seed = `${this.#options.seed} ${purpose}`;
    const links: CellLink[] = [];
    const agents = new Map<string, MemoryAgent>();
    for (const host of topology.hosts) {
      const own = topology.links.filter((spec) => spec.host === host);
      agents.set(host, this.#host(host, own, clock, seed, links, topology));
    }
    const inOrder = topology.links.flatMap((spec) => links.find((link) => link.spec === spec) ?? []);
    return Promise.resolve({
      topology,
      agents,
      links: inOrder,
      clock,
      random: seededRandomness(`${seed} tester`),
      close: () => {
        clock.stop();
        return Promise.resolve();
      },
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #host(
    host: string,
    specs: readonly LinkSpec[],
    clock: VirtualClock,
    seed: string,
    links: CellLink[],
    topology: Topology,
  ): MemoryAgent {
    const ends = specs.map((spec) => cellEnd(spec, topology.links.indexOf(spec)));
    const devices = new Map(specs.map(({ name, mtu }): [string, Device] => [name, { name, mtu, up: true }]));
    const wires = new Map<string, MemoryLink>();
    const machine = new Machine(
      clock,
      {
        random: randomBytes(seededRandomness(`${seed} ${host}`)),
        rules: this.#options.rules,
        devices: ends.map(({ spec, sut, prefix }) => ({
          name: spec.name,
          mtu: spec.mtu,
          addresses: spec.families.map((family) => `${sut[family]}/${prefix[family]}`),
        })),
      },
      (device, packet) => {
        if (devices.get(device)?.up === true) wires.get(device)?.fromHost(packet.ip.family, encodePacket(packet));
      },
    );
    for (const end of ends) {
      const { name } = end.spec;
      const wire = new MemoryLink(name, clock, {
        receive: (bytes) => machine.receive(name, bytes),
        isUp: () => devices.get(name)?.up === true,
      });
      wires.set(name, wire);
      const isShaped = end.spec.toSut !== undefined || end.spec.fromSut !== undefined;
      links.push({
        ...end,
        open: (family, hear) => wire.open(family, hear),
        ...(isShaped ? { shapedByTester: true } : {}),
      });
    }
    return new MemoryAgent(clock, machine, devices, this.#options.version);
  }
}

/** Both ends of a link. Nothing else is on it, so links of all cells have the same addresses. */
function cellEnd(spec: LinkSpec, index: number): CellLink {
  const { ipv4, ipv6 } = prefixesOf(index + 1);
  return {
    spec,
    device: spec.name,
    sutDevice: spec.name,
    tester: { ipv4: `${ipv4}1`, ipv6: canonicalAddress(`${ipv6}1`) },
    sut: { ipv4: `${ipv4}2`, ipv6: canonicalAddress(`${ipv6}2`) },
    prefix: { ipv4: 24, ipv6: 64 },
  };
}

/** Random bytes for a host. */
export function randomBytes(random: Randomness): (bytes: number) => Uint8Array {
  return (bytes) => {
    const made = new Uint8Array(bytes);
    for (let i = 0; i < bytes; i++) made[i] = random.uint32() >>> 24;
    return made;
  };
}

/** A driver that makes cells in memory. */
export function createReferenceDriver(options: ReferenceOptions): Driver {
  return new ReferenceDriver(options);
}
