/** One scenario's conversation with the stack: what steps send, see, bind and wait for. */
import { realClock, type Clock } from '../clock/clock.ts';
import type { Randomness } from '../clock/random.ts';
import { decodePacket, encodePacket } from '../packet/index.ts';
import type { Value } from '../notation/expression.ts';
import type { PacketLine } from '../notation/packet-line.ts';
import type { Scenario } from '../scenario/suite.ts';
import type { Cell } from '../topology/contract.ts';
import type { WirePacket } from '../wire/types.ts';
import { composePacket, headerValue, recordSent } from './compose.ts';
import { Conversation, type RecordedPacket } from './conversation.ts';
import type { Counters } from './counters.ts';
import { isOfEarlier, rememberConversations } from './earlier.ts';
import type { Connection, Subflow } from './endpoint.ts';
import type { Scope } from '../notation/evaluate.ts';
import { matchPacket } from './match.ts';
import { TRANSPARENT, type Interposer, type OnSubflow } from './interposer.ts';
import type { Arrival } from './packet-view.ts';
import { Patience, type Waits } from './patience.ts';
import { scenarioScope } from './scope.ts';
import { Subflows, tupleOfSubflow } from './subflows.ts';
import { TesterPorts, type OpenPort } from './tester-ports.ts';

/** Header fields that tell the subflow of a packet. */
const TUPLE_FIELDS: ReadonlySet<string> = new Set(['from', 'to', 'sport', 'dport']);

/** The parts of a session. */
export interface SessionParts {
  scenario: Scenario;
  cell: Cell;
  waits: Waits;
  random: Randomness;
  openPort: OpenPort;
  /** Hears of every packet, for the capture. */
  onPacket: (packet: WirePacket) => void;
  /** Stands between the stack and everything else; by default it changes nothing. */
  interposer?: Interposer;
}

/** The conversation between the tester and the SUT in one scenario. */
export class Session {
  readonly scenario: Scenario;
  readonly cell: Cell;
  readonly interposer: Interposer;
  readonly clock: Clock;
  /** Time at which the scenario began, by the clock. */
  readonly startedAt: number;
  readonly names = new Map<string, Value>();
  readonly collected = new Map<string, Value[]>();
  /** Waits and fences; their limits grow with the round trip. */
  readonly patience: Patience;
  /** The stack's counters when the scenario began. */
  countersBefore: Counters = new Map();
  /** Index of the first arrival that may answer the current run of stimuli. */
  windowStart = 0;
  /** The last step was a stimulus: the next one belongs to the same run. */
  inStimulus = false;
  /** Packet that the last `expect` matched. */
  lastMatch: OnSubflow | undefined;
  /** Label of the alternative that the last `one-of` found. */
  lastLabel: string | undefined;
  readonly #subflows: Subflows;
  readonly #scope: Scope;
  readonly #conversation: Conversation;
  readonly #ports: TesterPorts;
  readonly #onPacket: (packet: WirePacket) => void;
  /** Clock of the tester's timestamps, milliseconds. */
  #ticks = 0;

  constructor({ scenario, cell, waits, random, openPort, onPacket, interposer }: SessionParts) {
    this.scenario = scenario;
    this.cell = cell;
    this.interposer = interposer ?? TRANSPARENT;
    this.clock = cell.clock ?? realClock;
    this.startedAt = this.clock.now();
    this.#onPacket = onPacket;
    this.#subflows = new Subflows(scenario, cell, random);
    this.#scope = scenarioScope(this.names, this.#subflows, scenario);
    this.#conversation = new Conversation(this.#subflows, this.#scope, this.interposer);
    this.#ports = new TesterPorts(
      cell,
      openPort,
      (packet) => this.#hear(packet),
      (error) => this.patience.fail(error),
    );
    this.patience = new Patience(this.clock, waits, this.#ports.all);
  }

  /** Milliseconds since the scenario began. */
  now(): number {
    return this.clock.now() - this.startedAt;
  }

  /** Packets of the stack, in the order of their arrival. */
  get arrivals(): readonly Arrival[] {
    return this.#conversation.arrivals;
  }

  /** All packets of both directions, in order. */
  get record(): readonly RecordedPacket[] {
    return this.#conversation.record;
  }

  /** Subflows that lines can name now. */
  get subflows(): ReadonlyMap<string, Subflow> {
    return this.#subflows.byName;
  }

  /** The subflow of each conversation seen, by tuple. */
  get tuples(): ReadonlyMap<string, Subflow> {
    return this.#subflows.tuples;
  }

  /** State of the MPTCP connection in use. */
  get connection(): Connection {
    return this.#subflows.connection;
  }

  /** Waits until the stack has processed everything sent; see {@link Patience.fence}. @throws WireError */
  fence(): Promise<void> {
    return this.patience.fence([...this.cell.agents.values()]);
  }

  /** Marks a stimulus: what comes from now on may be its answer. */
  stimulate(): void {
    if (!this.inStimulus) this.windowStart = this.arrivals.length;
    this.inStimulus = true;
  }

  /** Sends what a line describes. @throws NotKnownYet @throws WireError */
  async send(line: PacketLine): Promise<void> {
    const subflow = this.subflows.get(line.subflow) ?? this.#open(line);
    // Each packet has a time of its own, so that an echo tells which packet has arrived.
    this.#ticks = Math.max(this.#ticks + 1, Math.floor(this.clock.now()));
    const packet = composePacket(line, subflow, this.#scope, this.#ticks);
    const bytes = encodePacket(packet);
    recordSent(line, subflow, packet);
    await this.#ports.send(subflow.spec.link, bytes);
    this.#conversation.testerSent(subflow, this.now());
    this.patience.changed();
  }

  /** Sends the last packet once more, as it was. @throws WireError */
  sendAgain(): Promise<void> {
    return this.#ports.sendAgain();
  }

  /**
   * The subflow of a line that expects a packet. A SYN of the stack that no line has claimed begins a new one, the first
   * with the addresses and ports that the line names: a stack may open more subflows than the scenario is about.
   */
  claim(line: PacketLine): Subflow | undefined {
    const known = this.subflows.get(line.subflow);
    if (known !== undefined || line.subflow === 'any') return known;
    const place = { flags: 'any' as const, fields: line.fields.filter(({ name }) => TUPLE_FIELDS.has(name)) };
    const syn = this.unclaimedSyns(line).find(
      (one) => matchPacket(place, one, undefined, this.#scope).differences.length === 0,
    );
    if (syn === undefined) return undefined;
    const subflow = this.#subflows.accept(line.subflow, syn.packet);
    this.#conversation.adopt(subflow, tupleOfSubflow(subflow));
    return subflow;
  }

  /** SYNs of the stack that no line has claimed, by the link of a line's subflow. */
  unclaimedSyns({ subflow }: PacketLine): Arrival[] {
    return this.#conversation.unclaimedSyns(this.linkOf(subflow));
  }

  /** The link that a subflow's name stands for. */
  linkOf(name: string): string {
    return this.#subflows.linkOf(name).spec.name;
  }

  /** A step has matched the packet of this index: later steps ignore it. */
  accept(index: number, subflow: Subflow | undefined): void {
    const arrival = this.#conversation.arrivals[index];
    if (arrival === undefined) return;
    arrival.consumed = true;
    this.lastMatch = subflow === undefined ? undefined : { arrival, subflow };
  }

  /** Forgets the connection and its subflows; their late packets are no part of what follows. */
  forget(): void {
    this.#subflows.forgetAll();
    this.lastMatch = undefined;
    this.#conversation.consume();
  }

  /** Forgets one subflow, so that its name can begin another of the same connection. @throws NotKnownYet */
  forgetSubflow(name: string): void {
    const subflow = this.#subflows.forget(name);
    if (this.lastMatch?.subflow === subflow) this.lastMatch = undefined;
    this.#conversation.consume(subflow);
  }

  /** Names that lines can refer to. */
  scope(): Scope {
    return this.#scope;
  }

  /** Closes the ports; idempotent. */
  close(): void {
    this.#ports.close();
    rememberConversations(this.cell, this.record);
  }

  #hear(wire: WirePacket): void {
    const packet = decodePacket(wire.bytes);
    if ('tcp' in packet && isOfEarlier(this.cell, packet, wire.direction)) return;
    this.#onPacket(wire);
    if (!('tcp' in packet)) return;
    this.#conversation.note(packet, { at: wire.at - this.startedAt, direction: wire.direction, link: wire.link });
    this.patience.changed();
  }

  /** A subflow that the tester begins: between the ports that its first line names, if it names them. */
  #open(line: PacketLine): Subflow {
    return this.#subflows.open(line.subflow, (field, otherwise) =>
      Number(headerValue(line.fields, field, BigInt(otherwise), this.#scope)),
    );
  }
}
