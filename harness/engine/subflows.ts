/** The table of a scenario's subflows, by name and by addresses and ports. */
import type { Randomness } from '../clock/random.ts';
import { isOpeningSyn, type Packet } from '../packet/types.ts';
import type { Scenario } from '../scenario/suite.ts';
import { familyOn } from '../topology/link-family.ts';
import type { Cell, CellLink } from '../topology/contract.ts';
import { Connection, Subflow } from './endpoint.ts';
import { NotKnownYet } from '../notation/evaluate.ts';

/** Port that the SUT (as responder) or the tester (as its peer) listens on. */
export const LISTEN_PORT = 5001;

/** Ports that the tester's subflows begin from. */
const FIRST_PORT = 20_000;
const PORTS = 40_000;

/** The subflows of one scenario. */
export class Subflows {
  /** Those that lines can name now. */
  readonly byName = new Map<string, Subflow>();
  /** The subflow of each conversation seen, by tuple; kept for the record after `forget`. */
  readonly tuples = new Map<string, Subflow>();
  connection: Connection;
  readonly #scenario: Scenario;
  readonly #cell: Cell;
  readonly #random: Randomness;
  /** Ports that subflows of the tester's have begun from. */
  readonly #taken = new Set<number>();

  constructor(scenario: Scenario, cell: Cell, random: Randomness) {
    for (const tuple of cell.earlier?.keys() ?? []) this.#taken.add(Number(tuple.split(' ')[1]));
    this.#scenario = scenario;
    this.#cell = cell;
    this.#random = random;
    this.connection = new Connection(scenario.profile, random);
  }

  /** A link by its number in the topology, from 1. @throws RangeError */
  link(number: number): CellLink {
    const link = this.#cell.links[number - 1];
    if (link === undefined) throw new RangeError(`topology ${this.#cell.topology.name} has no link ${number}`);
    return link;
  }

  /** The link that a subflow of this name uses. @throws RangeError */
  linkOf(name: string): CellLink {
    return this.link(this.#spec(name).link);
  }

  /** The subflow whose packets have this tuple; late packets of one that was forgotten belong to none. */
  current(tuple: string, packet: Packet): Subflow | 'forgotten' | undefined {
    const subflow = this.tuples.get(tuple);
    if (subflow === undefined || this.byName.get(subflow.name) === subflow) return subflow;
    // A SYN of another number reuses the ports of a forgotten subflow.
    if (!beginsAnew(packet, subflow)) return 'forgotten';
    this.tuples.delete(tuple);
    return undefined;
  }

  /**
   * A subflow that the tester begins.
   *
   * @param portOf the port that the subflow's first line names, or the one given
   */
  open(name: string, portOf: (field: 'sport' | 'dport', otherwise: number) => number): Subflow {
    const spec = this.#spec(name);
    const link = this.link(spec.link);
    const family = familyOn(link, this.#scenario.family);
    return this.#register(name, {
      active: true,
      local: { address: link.tester[family], port: portOf('sport', this.#freshPort()) },
      remote: { address: link.sut[family], port: portOf('dport', this.#cell.servicePort ?? LISTEN_PORT) },
    });
  }

  /** A subflow that a SYN of the stack begins. */
  accept(name: string, { ip, tcp }: Packet): Subflow {
    return this.#register(name, {
      active: false,
      local: { address: ip.dst, port: tcp.dstPort },
      remote: { address: ip.src, port: tcp.srcPort },
    });
  }

  /** Forgets the connection and its subflows. */
  forgetAll(): void {
    this.byName.clear();
    this.connection = new Connection(this.#scenario.profile, this.#random);
  }

  /** Forgets one subflow, so that its name can begin another of the same connection. @throws NotKnownYet */
  forget(name: string): Subflow {
    const subflow = this.byName.get(name);
    if (subflow === undefined) throw new NotKnownYet(`subflow ${name} does not exist yet`);
    this.byName.delete(name);
    return subflow;
  }

  #register(name: string, ends: Pick<Subflow, 'active' | 'local' | 'remote'>): Subflow {
    const { connection } = this;
    const first = ![...this.tuples.values()].some((one) => one.connection === connection);
    const subflow = new Subflow({ name, spec: this.#spec(name), connection, first, ...ends });
    this.byName.set(name, subflow);
    const tuple = tupleOfSubflow(subflow);
    this.tuples.set(tuple, subflow);
    this.#cell.earlier?.delete(tuple);
    return subflow;
  }

  #spec(name: string): Scenario['subflows'][string] {
    return this.#scenario.subflows[name] ?? { link: 1, addressId: 0 };
  }

  /** A port that no subflow of the scenario has had: the stack may still know the conversation that was there. */
  #freshPort(): number {
    const first = this.#random.uint32() % PORTS;
    const untried = Array.from({ length: this.#taken.size + 1 }, (_, step) => FIRST_PORT + ((first + step) % PORTS));
    const port = untried.find((one) => !this.#taken.has(one)) ?? FIRST_PORT + first;
    this.#taken.add(port);
    return port;
  }
}

/** Addresses and ports of a packet, the tester's first. */
export function tupleOf({ ip, tcp }: Packet, direction: 'in' | 'out'): string {
  const source = `${ip.src} ${tcp.srcPort}`;
  const destination = `${ip.dst} ${tcp.dstPort}`;
  return direction === 'out' ? `${source} ${destination}` : `${destination} ${source}`;
}

/** The tuple of a subflow's packets. */
export function tupleOfSubflow({ local, remote }: Subflow): string {
  return `${local.address} ${local.port} ${remote.address} ${remote.port}`;
}

function beginsAnew({ tcp }: Packet, forgotten: Subflow): boolean {
  return isOpeningSyn(tcp) && tcp.seq !== forgotten.remoteIsn;
}
