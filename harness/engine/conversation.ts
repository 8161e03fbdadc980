/** The record of a scenario: every packet in the order of the wire, and the stack's packets as steps see them. */
import { isOpeningSyn, type Packet } from '../packet/types.ts';
import type { Subflow } from './endpoint.ts';
import type { Scope } from '../notation/evaluate.ts';
import type { Interposer } from './interposer.ts';
import type { Arrival } from './packet-view.ts';
import { tupleOf, type Subflows } from './subflows.ts';

/** A packet of the record, in the order of the wire. */
export interface RecordedPacket {
  /** Milliseconds since the scenario began. */
  at: number;
  direction: 'in' | 'out';
  link: string;
  packet: Packet;
  tuple: string;
}

/** Everything that came and went. */
export class Conversation {
  readonly record: RecordedPacket[] = [];
  readonly arrivals: Arrival[] = [];
  readonly #interposer: Interposer;
  readonly #subflows: Subflows;
  readonly #scope: Scope;

  constructor(subflows: Subflows, scope: Scope, interposer: Interposer) {
    this.#subflows = subflows;
    this.#scope = scope;
    this.#interposer = interposer;
  }

  /** Notes a packet; one of the stack becomes an arrival, unless a subflow that was forgotten sent it. */
  note(packet: Packet, { at, direction, link }: Omit<RecordedPacket, 'packet' | 'tuple'>): void {
    const tuple = tupleOf(packet, direction);
    this.record.push({ at, direction, link, packet, tuple });
    if (direction === 'out') return;
    const subflow = this.#subflows.current(tuple, packet);
    if (subflow === 'forgotten') return;
    const before = subflow?.before() ?? { receiveNext: 0, dataNext: 1n };
    const arrival = { packet, subflow: undefined, before, at, link, index: this.arrivals.length, consumed: false };
    for (const one of this.#interposer.received(arrival, subflow, this.#scope)) {
      this.#take({ ...arrival, packet: one }, subflow);
    }
  }

  /** The subflow of this tuple is known now: processes the packets that came on it so far. */
  adopt(subflow: Subflow, tuple: string): void {
    for (const arrival of this.arrivals) {
      if (arrival.subflow === undefined && tupleOf(arrival.packet, 'in') === tuple) learn(arrival, subflow);
    }
  }

  /** SYNs by a link that no line has claimed, in order of arrival; those of forgotten connections are not among them. */
  unclaimedSyns(link: string): Arrival[] {
    const forgotten = new Set(this.arrivals.flatMap((one) => (one.consumed ? [synKey(one.packet)] : [])));
    return this.arrivals.filter(
      (one) =>
        one.subflow === undefined &&
        !forgotten.has(synKey(one.packet)) &&
        one.link === link &&
        !this.#subflows.tuples.has(tupleOf(one.packet, 'in')) &&
        isOpeningSyn(one.packet.tcp),
    );
  }

  /** Later steps ignore what came so far: all of it, or that of one subflow. */
  consume(subflow?: Subflow): void {
    for (const arrival of this.arrivals)
      if (subflow === undefined || arrival.subflow === subflow) arrival.consumed = true;
  }

  /** The tester has sent on a subflow: an interposer may let the stack send without cause. */
  testerSent(on: Subflow, at: number): void {
    const extra = this.#interposer.unprompted((name) => {
      const subflow = name === 'any' ? on : this.#subflows.byName.get(name);
      const arrival = this.arrivals.findLast((one) => one.subflow === subflow);
      return subflow === undefined || arrival === undefined ? undefined : { arrival, subflow };
    }, this.#scope);
    if (extra === undefined) return;
    const { arrival, subflow } = extra;
    this.#take({ ...arrival, before: subflow.before(), at, consumed: false }, subflow);
  }

  #take(arrival: Arrival, subflow: Subflow | undefined): void {
    arrival.index = this.arrivals.length;
    this.arrivals.push(arrival);
    if (subflow !== undefined) learn(arrival, subflow);
  }
}

function learn(arrival: Arrival, subflow: Subflow): void {
  arrival.subflow = subflow;
  arrival.before = subflow.before();
  subflow.observe(arrival.packet);
}

/** Tells a SYN, and its retransmissions, from others. */
function synKey(packet: Packet): string {
  return `${tupleOf(packet, 'in')} ${packet.tcp.seq}`;
}
