/** The types of monitors and of their findings. */
import type { Packet, TcpOption } from '../packet/types.ts';
import type { Connection, DataMapping, Flow, FlowEnd, Side } from './connection.ts';
import type { JudgedVerdict } from '../verdict/verdict.ts';

/** One statement that a monitor checks, and the clauses that say it. */
export interface Rule {
  /** Short name, unique over all monitors. */
  readonly name: string;
  /** Clauses judged by it: they hold where the statement does. */
  readonly clauses: readonly [string, ...string[]];
  /** Those of `clauses` that are surely broken when the statement is not kept; all of them when absent. */
  readonly blames?: readonly [string, ...string[]];
  /**
   * `form`: the packet alone tells. `conduct`: the packet is an answer to what the peer did, so it is not held against
   * a host whose peer has already departed from the RFC on this connection.
   */
  readonly about: 'form' | 'conduct';
}

/** A defect of a packet, or a remark on it. */
export interface Remark {
  message: string;
  expected?: string;
  actual?: string;
  /** The field that is wrong, as packet lines name it: `dss.csum`. */
  field?: string;
  /** Those of the rule's clauses that this packet breaks, where it shows more than the rule itself says. */
  blames?: readonly [string, ...string[]];
}

/** Receives the findings of a monitor about one connection. */
export interface Judge {
  /** The statement held. */
  pass(rule: Rule, side: Side): void;
  /** The statement did not hold. The sender of the packet is at fault unless `side` says otherwise. */
  broken(rule: Rule, event: PacketEvent, remark: Remark, side?: Side): void;
  /** Passes when `holds`, else broken; `remark` is only made when it is needed. */
  check(rule: Rule, event: PacketEvent, holds: boolean, remark: () => Remark): void;
  /** For what the RFC leaves open: what the host chose. */
  info(rule: Rule, event: PacketEvent, message: string): void;
  /** It cannot be known whether the statement held. */
  unknown(rule: Rule, side: Side, message: string): void;
}

/** One packet of a connection, with what is known of it. State in `connection` and `flow` is that before the packet. */
export interface PacketEvent {
  /** Number of the packet in the capture, from 1. */
  readonly index: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly packet: Packet;
  readonly connection: Connection;
  readonly flow: Flow;
  /** Sender of the packet. */
  readonly side: Side;
  readonly sender: FlowEnd;
  readonly receiver: FlowEnd;
  readonly syn: boolean;
  readonly ack: boolean;
  readonly rst: boolean;
  readonly fin: boolean;
  /** Bytes of payload on the wire. */
  readonly length: number;
  /** False when the capture cut the payload; then `packet.tcp.payload` has the right length and no meaning. */
  readonly payloadKnown: boolean;
  /** False when the capture cut the options: what is not there may have been. */
  readonly optionsKnown: boolean;
  /** The packet repeats bytes of sequence space that were seen before, or is a repeated SYN. */
  readonly retransmission: boolean;
  /** Sequence number relative to where mappings count from (the first byte of data is 1); undefined when unknown. */
  readonly ssn: number | undefined;
  /** Mapping in its DSS or MP_CAPABLE. */
  readonly mapping: DataMapping | undefined;
  /** Data ACK in its DSS, counted from the peer's base. */
  readonly dataAck: number | undefined;
}

/** A monitor at work on one connection. */
export interface Watch {
  /** Called for every packet. Leave it out where `options` does: most packets then cost nothing. */
  packet?(event: PacketEvent): void;
  /** Called for packets with SYN or RST alone, of which there are few, after `packet` of all monitors. */
  control?(event: PacketEvent): void;
  /** Called for every option of a kind. */
  options?: { [K in TcpOption['kind']]?: (option: Extract<TcpOption, { kind: K }>, event: PacketEvent) => void };
  /** The connection is over, or the capture is. */
  end?(): void;
}

/** A passive check: one clause or a tight group. */
export interface Monitor {
  readonly name: string;
  /** The condition that it checks, in one line. */
  readonly title: string;
  readonly rules: readonly Rule[];
  create(connection: Connection, judge: Judge): Watch;
}

/** A statement about one connection and one of its ends. */
export interface Finding {
  /** Clause judged. */
  clause: string;
  /** Clauses that the same observation judges in the same way. */
  also: string[];
  rule: string;
  monitor: string;
  verdict: JudgedVerdict;
  /** Whom it is about. */
  host: 'initiator' | 'responder';
  /** Number of the connection, from 1. */
  connection: number;
  /** Number of the subflow in its connection, from 1; absent for what is about the whole. */
  subflow?: number;
  /** Number of the packet in the capture, from 1. */
  packet?: number;
  /** Milliseconds since 1970. */
  at?: number;
  message: string;
  expected?: string;
  actual?: string;
  /** The field that is wrong, as packet lines name it. */
  field?: string;
  /** The packet in the notation of the suites. */
  text?: string;
  /** Times that this was seen; only the first is described. */
  count: number;
}
