/** One scenario's conversation: its subflows, everything that came and went, and the waiting for more. */
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { decodePacket, encodePacket } from '../packet/index.ts';
import { FLAG, type Packet } from '../packet/types.ts';
import type { Value } from '../notation/expression.ts';
import type { PacketLine } from '../notation/packet-line.ts';
import type { Scenario } from '../scenario/suite.ts';
import { familyOn } from '../topology/link-family.ts';
import type { Cell, CellLink } from '../topology/contract.ts';
import { WireError, type WirePacket, type WirePort } from '../wire/types.ts';
import { composePacket, headerValue, recordSent } from './compose.ts';
import type { Counters } from './counters.ts';
import type { BrokenStack } from './broken-stack.ts';
import { Connection, Subflow, type Randomness } from './endpoint.ts';
import { NotKnownYet, type Scope } from '../notation/evaluate.ts';
import type { Arrival } from './packet-view.ts';

/** Port that the SUT (as responder) or the tester (as its peer) listens on. */
export const LISTEN_PORT = 5001;

/** How long a fresh link may take until it answers, and how long one attempt waits; milliseconds. */
const READY_LIMIT = 10_000;
const READY_ECHO = 100;
const READY_PAUSE = 5;
/** Graces to wait where the agent cannot tell when the stack has done what it had put off. */
const UNSETTLED = 4;

/** A packet of the record, in the order of the wire. */
export interface RecordedPacket {
  at: number;
  direction: 'in' | 'out';
  link: string;
  packet: Packet;
  tuple: string;
}

/** How long to wait for what, milliseconds. */
export interface Waits {
  /** For a packet or answer that a step does not give a time for. */
  answer: number;
  /** After an answered fence, for work that the stack has put off. */
  grace: number;
}

/** What a session is made of. */
export interface SessionParts {
  scenario: Scenario;
  cell: Cell;
  waits: Waits;
  random: Randomness;
  openPort: (link: CellLink, onPacket: (packet: WirePacket) => void, onError: (error: Error) => void) => WirePort;
  /** Hears of every packet, for the capture. */
  onPacket: (packet: WirePacket) => void;
  /** A way in which the stack is made to err. */
  broken?: BrokenStack;
}

/** The conversation between the tester and the SUT in one scenario. */
export class Session {
  readonly scenario: Scenario;
  readonly cell: Cell;
  readonly waits: Waits;
  readonly startedAt = performance.now();
  readonly arrivals: Arrival[] = [];
  readonly record: RecordedPacket[] = [];
  readonly names = new Map<string, Value>();
  readonly collected = new Map<string, Value[]>();
  readonly subflows = new Map<string, Subflow>();
  /** Name of the subflow of each conversation seen, by tuple; kept for the record after `forget`. */
  readonly tuples = new Map<string, Subflow>();
  connection: Connection;
  /** The stack's counters when the scenario began. */
  countersBefore: Counters = new Map();
  /** Index of the first arrival that may answer the current run of stimuli. */
  windowStart = 0;
  /** The last step was a stimulus: the next one belongs to the same run. */
  inStimulus = false;
  /** Packet that the last `expect` matched. */
  lastMatch: { arrival: Arrival; subflow: Subflow } | undefined;
  /** The way in which the stack is made to err, if it is. */
  readonly broken: BrokenStack | undefined;
  /** Label of the alternative that the last `one-of` found. */
  lastLabel: string | undefined;
  readonly #ports: WirePort[];
  /** Ports that subflows of the tester's have begun from. */
  readonly #taken = new Set<number>();
  readonly #parts: SessionParts;
  readonly #waiters = new Set<() => void>();
  #failure: Error | undefined;
  /** Clock of the tester's timestamps, milliseconds. */
  #ticks = 0;
  #lastSent: { link: number; bytes: Uint8Array } | undefined;
  #roundTrip = 1;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.broken = parts.broken;
    this.scenario = parts.scenario;
    this.cell = parts.cell;
    this.waits = parts.waits;
    this.connection = new Connection(parts.scenario.profile, parts.random);
    this.#ports = parts.cell.links.map((link) =>
      parts.openPort(
        link,
        (packet) => this.#onPacket(packet),
        (error) => this.#fail(error),
      ),
    );
  }

  /** Milliseconds since the scenario began. */
  now(): number {
    return performance.now() - this.startedAt;
  }

  /** Waits are longer where the round trip is: 1 on an idle machine, more under load or in a slow guest. */
  get scale(): number {
    return Math.min(20, Math.max(1, this.#roundTrip / 5));
  }

  /**
   * How long to wait for what takes `milliseconds` on an idle machine. The stack's own timers, which long waits are for,
   * go by the clock however busy the machine is: only as much as an ordinary answer takes is stretched.
   */
  patience(milliseconds: number): number {
    return milliseconds + (this.scale - 1) * Math.min(milliseconds, this.waits.answer);
  }

  /** Marks a stimulus: what comes from now on may be its answer. */
  stimulate(): void {
    if (!this.inStimulus) this.windowStart = this.arrivals.length;
    this.inStimulus = true;
  }

  /** Sends what a line describes. @throws NotKnownYet @throws WireError */
  async send(line: PacketLine): Promise<void> {
    const subflow = this.subflows.get(line.subflow) ?? this.#open(line);
    // Each packet has a time of its own, so that whose echo comes has arrived.
    this.#ticks = Math.max(this.#ticks + 1, Math.floor(performance.now()));
    const packet = composePacket(line, subflow, this.scope(), this.#ticks);
    const bytes = encodePacket(packet);
    recordSent(line, subflow, packet);
    await this.#port(subflow.spec.link).send(bytes);
    this.#lastSent = { link: subflow.spec.link, bytes };
    this.#err(subflow);
  }

  /** Sends the last packet once more, as it was. @throws WireError */
  async sendAgain(): Promise<void> {
    if (this.#lastSent !== undefined) await this.#port(this.#lastSent.link).send(this.#lastSent.bytes);
  }

  /** A stack that errs may now send something of its own accord. */
  #err(sent: Subflow): void {
    const name = this.broken?.addsOn;
    const subflow = name === undefined || name === 'any' ? sent : this.subflows.get(name);
    const sample = this.arrivals.findLast((one) => one.subflow === subflow);
    if (name === undefined || subflow === undefined || sample === undefined) return;
    for (const packet of this.broken?.afterSent(sample.packet, subflow, this.scope()) ?? []) {
      this.#take({ ...sample, packet, before: subflow.before(), at: this.now(), consumed: false }, subflow);
    }
  }

  /** The subflow of a line that expects a packet; a SYN of the stack that no line has claimed begins a new one. */
  claim(line: PacketLine): Subflow | undefined {
    const known = this.subflows.get(line.subflow);
    if (known !== undefined || line.subflow === 'any') return known;
    const spec = this.#spec(line.subflow);
    const link = this.#link(spec.link).spec.name;
    const syn = this.arrivals.find(
      (one) =>
        one.subflow === undefined &&
        one.link === link &&
        !this.tuples.has(tupleOf(one.packet, 'in')) &&
        (one.packet.tcp.flags & (FLAG.SYN | FLAG.ACK)) === FLAG.SYN,
    );
    if (syn === undefined) return undefined;
    const { ip, tcp } = syn.packet;
    const subflow = this.#register(
      line.subflow,
      new Subflow({
        name: line.subflow,
        spec,
        connection: this.connection,
        active: false,
        first: this.#isFirst(),
        local: { address: ip.dst, port: tcp.dstPort },
        remote: { address: ip.src, port: tcp.srcPort },
      }),
    );
    for (const arrival of this.arrivals) {
      if (arrival.subflow === undefined && tupleOf(arrival.packet, 'in') === tupleOfSubflow(subflow))
        this.#learn(arrival, subflow);
    }
    return subflow;
  }

  /** Waits until `done` gives a value, looking again at every packet; undefined when the time is up. */
  async until<T>(done: () => T | undefined, milliseconds: number): Promise<T | undefined> {
    const deadline = performance.now() + milliseconds;
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const value = done();
      if (value !== undefined) return value;
      const left = deadline - performance.now();
      if (left <= 0) return undefined;
      await this.#nextPacket(left);
    }
  }

  /**
   * Waits as {@link until} does, for as long as what takes `milliseconds` on an idle machine may take on this one. How
   * long that is, is measured anew while waiting: a machine that was busy when the scenario began need not be so now.
   *
   * @returns the value, if any, and how long at most it was waited for, milliseconds
   */
  async patiently<T>(
    done: () => T | undefined,
    milliseconds: number,
  ): Promise<{ value: T | undefined; limit: number }> {
    const begun = performance.now();
    for (let slice = milliseconds; ; slice = this.waits.answer) {
      const left = begun + this.patience(milliseconds) - performance.now();
      const value = await this.until(done, Math.min(slice, left));
      const limit = this.patience(milliseconds);
      if (value !== undefined || left <= slice) return { value, limit };
      await this.#measure();
    }
  }

  /** Measures the round trip once more; a link that does not answer now tells nothing new. */
  async #measure(): Promise<void> {
    const trips = await Promise.allSettled(this.#ports.map((port) => port.echo(this.waits.answer)));
    const answered = trips.flatMap((trip) => (trip.status === 'fulfilled' ? [trip.value] : []));
    if (answered.length === trips.length) this.#roundTrip = Math.max(...answered);
  }

  /**
   * Waits until every link carries packets both ways (the stack may still be settling its addresses), and measures the
   * round trip, which scales every wait. @throws WireError
   */
  async ready(): Promise<void> {
    const deadline = performance.now() + READY_LIMIT;
    const trips = await Promise.all(
      this.#ports.map(async (port) => {
        for (let limit = READY_ECHO; ; limit = Math.min(2 * limit, READY_LIMIT)) {
          const answered = await port.echo(limit).then(
            () => true,
            (error: unknown) => {
              if (this.#failure !== undefined || performance.now() > deadline) throw error;
              return false;
            },
          );
          // The first one found both ends idle, and says little.
          if (answered) return port.echo(READY_LIMIT);
          // A link that refuses at once, as one whose host is gone, would keep the processor busy.
          await delay(READY_PAUSE);
        }
      }),
    );
    this.#roundTrip = Math.max(...trips);
  }

  /** Waits until the stack has dealt with all that was sent: an echo on every link, what it has put off, and a grace. */
  async fence(): Promise<void> {
    const limit = 5000 * this.scale;
    const trips = await Promise.all(this.#ports.map((port) => port.echo(limit)));
    this.#roundTrip = Math.max(...trips);
    const agents = [...this.cell.agents.values()].map((agent) => ({ agent, settles: agent.features.has('settle') }));
    await Promise.all(agents.map(({ agent, settles }) => agent.request(settles ? 'settle' : 'hello')));
    const grace = agents.every(({ settles }) => settles) ? this.waits.grace : UNSETTLED * this.waits.grace;
    await this.until(() => undefined, Math.max(grace, 10 * this.#roundTrip));
  }

  /** Forgets the connection and its subflows; their late packets are no part of what follows. */
  forget(): void {
    this.subflows.clear();
    this.connection = new Connection(this.scenario.profile, this.#parts.random);
    this.lastMatch = undefined;
    for (const arrival of this.arrivals) arrival.consumed = true;
  }

  /** Forgets one subflow, so that its name can begin another of the same connection. @throws NotKnownYet */
  forgetSubflow(name: string): void {
    const subflow = this.subflows.get(name);
    if (subflow === undefined) throw new NotKnownYet(`subflow ${name} has not begun`);
    this.subflows.delete(name);
    if (this.lastMatch?.subflow === subflow) this.lastMatch = undefined;
    for (const arrival of this.arrivals) if (arrival.subflow === subflow) arrival.consumed = true;
  }

  /** Names that lines can refer to. */
  scope(): Scope {
    return { lookup: (name) => this.names.get(name) ?? this.#lookup(name) };
  }

  close(): void {
    for (const port of this.#ports) port.close();
  }

  #onPacket(wire: WirePacket): void {
    this.#parts.onPacket(wire);
    const packet = decodePacket(wire.bytes);
    if (!('tcp' in packet)) return;
    const tuple = tupleOf(packet, wire.direction);
    const at = wire.at - this.startedAt;
    this.record.push({ at, direction: wire.direction, link: wire.link, packet, tuple });
    if (wire.direction === 'out') return;
    let subflow = this.tuples.get(tuple);
    if (subflow !== undefined && this.subflows.get(subflow.name) !== subflow) {
      // A conversation that was forgotten still talks; nobody listens. With a SYN of another number its ports are reused.
      if (!beginsAnew(packet, subflow)) return;
      this.tuples.delete(tuple);
      subflow = undefined;
    }
    const before = subflow?.before() ?? { receiveNext: 0, dataNext: 1n };
    const arrival: Arrival = {
      packet,
      subflow: undefined,
      before,
      at,
      link: wire.link,
      index: this.arrivals.length,
      consumed: false,
    };
    for (const one of this.broken?.alter(arrival, subflow, this.scope()) ?? [packet]) {
      this.#take({ ...arrival, packet: one }, subflow);
    }
  }

  #take(arrival: Arrival, subflow: Subflow | undefined): void {
    arrival.index = this.arrivals.length;
    this.arrivals.push(arrival);
    if (subflow !== undefined) this.#learn(arrival, subflow);
    this.#wake();
  }

  #learn(arrival: Arrival, subflow: Subflow): void {
    arrival.subflow = subflow;
    arrival.before = subflow.before();
    subflow.observe(arrival.packet);
  }

  /** A subflow that the tester begins: between the ports that its first line names, if it names them. */
  #open(line: PacketLine): Subflow {
    const name = line.subflow;
    const spec = this.#spec(name);
    const link = this.#link(spec.link);
    const family = familyOn(link, this.scenario.family);
    const port = (field: string, auto: number): number =>
      Number(headerValue(line.fields, field, BigInt(auto), this.scope()));
    return this.#register(
      name,
      new Subflow({
        name,
        spec,
        connection: this.connection,
        active: true,
        first: this.#isFirst(),
        local: { address: link.tester[family], port: port('sport', this.#freshPort()) },
        remote: { address: link.sut[family], port: port('dport', LISTEN_PORT) },
      }),
    );
  }

  #isFirst(): boolean {
    return ![...this.tuples.values()].some((one) => one.connection === this.connection);
  }

  #register(name: string, subflow: Subflow): Subflow {
    this.subflows.set(name, subflow);
    this.tuples.set(tupleOfSubflow(subflow), subflow);
    return subflow;
  }

  #spec(name: string): Scenario['subflows'][string] {
    return this.scenario.subflows[name] ?? { link: 1, addressId: 0 };
  }

  #link(number: number): CellLink {
    const link = this.cell.links[number - 1];
    if (link === undefined) throw new RangeError(`topology ${this.cell.topology.name} has no link ${number}`);
    return link;
  }

  /** A port that no subflow of the scenario has had: the stack may still know the conversation that was there. */
  #freshPort(): number {
    const first = this.#parts.random.uint32() % 40_000;
    const untried = Array.from({ length: this.#taken.size + 1 }, (_, step) => 20_000 + ((first + step) % 40_000));
    const port = untried.find((one) => !this.#taken.has(one)) ?? 20_000 + first;
    this.#taken.add(port);
    return port;
  }

  #port(link: number): WirePort {
    const port = this.#ports[link - 1];
    if (port === undefined) throw new RangeError(`topology ${this.cell.topology.name} has no link ${link}`);
    return port;
  }

  #lookup(name: string): Value | undefined {
    const [owner = '', field = ''] = name.split('.');
    const { connection } = this;
    if (owner === 'tester') {
      return {
        key: connection.localKey,
        token: BigInt(connection.localToken),
        idsn: connection.localIdsn,
        checksum: BigInt(connection.checksum),
      }[field];
    }
    if (owner === 'sut') {
      const remoteToken = connection.remoteToken;
      return {
        key: connection.remoteKey,
        idsn: connection.remoteIdsn,
        token: remoteToken === undefined ? undefined : BigInt(remoteToken),
      }[field];
    }
    const link = /^link(\d)$/.exec(owner);
    if (link !== null) {
      const ends = this.#link(Number(link[1]));
      const family = familyOn(ends, this.scenario.family);
      return { sut: ends.sut[family], tester: ends.tester[family], dev: ends.sutDevice }[field];
    }
    const subflow = this.subflows.get(owner);
    if (subflow === undefined) return undefined;
    return {
      nonce: BigInt(subflow.nonce),
      sut_nonce: subflow.remoteNonce === undefined ? undefined : BigInt(subflow.remoteNonce),
      seq: BigInt(subflow.sendNext),
      ack: BigInt(subflow.receiveNext),
      window: BigInt(subflow.window),
      isn: BigInt(subflow.isn),
      sut_isn: subflow.remoteIsn === undefined ? undefined : BigInt(subflow.remoteIsn),
      port: BigInt(subflow.local.port),
      sut_port: BigInt(subflow.remote.port),
      address: subflow.local.address,
      sut_address: subflow.remote.address,
    }[field];
  }

  #fail(error: Error): void {
    this.#failure ??= error instanceof WireError ? error : new WireError(error.message, { cause: error });
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiters) wake();
  }

  async #nextPacket(milliseconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, milliseconds);
      this.#waiters.add(wake);
    });
  }
}

/** Addresses and ports of a packet, the tester's first. */
export function tupleOf({ ip, tcp }: Packet, direction: 'in' | 'out'): string {
  const source = `${ip.src} ${tcp.srcPort}`;
  const destination = `${ip.dst} ${tcp.dstPort}`;
  return direction === 'out' ? `${source} ${destination}` : `${destination} ${source}`;
}

function beginsAnew({ tcp }: Packet, forgotten: Subflow): boolean {
  return (tcp.flags & (FLAG.SYN | FLAG.ACK)) === FLAG.SYN && tcp.seq !== forgotten.remoteIsn;
}

function tupleOfSubflow({ local, remote }: Subflow): string {
  return `${local.address} ${local.port} ${remote.address} ${remote.port}`;
}

export { NotKnownYet };
