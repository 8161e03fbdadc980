/** State of connections, subflows and their data, as far as a capture shows it. */
import { dsnAdd, dsnDiff, lowHalf, seqDiff } from '../mptcp/index.ts';
import type { OptionMpCapable } from '../packet/types.ts';

/** 0 is the host that opened the connection, 1 the one that listened. */
export type Side = 0 | 1;

/** The other side. */
export function other(side: Side): Side {
  return side === 0 ? 1 : 0;
}

/** One direction's data sequence space. Numbers are relative to `base`: the first byte of data is 1. */
export class DataStream {
  /** IDSN where the key is known, else an arbitrary number near the first that was seen. */
  base: bigint | undefined;
  /** Only the lower half of `base` means something. */
  #half = false;
  /** `base` is the IDSN. */
  known = false;
  /** The IDSN by the key, also where the key was seen too late for `base`. */
  idsn: bigint | undefined;
  /** A mapping was seen: `edge` means something also where `base` is assumed. */
  mapped = false;
  /** One more than the highest number mapped, DATA_FIN included. */
  edge = 1;
  /** Number of the DATA_FIN. */
  fin: number | undefined;
  /** Highest Data ACK for it. */
  acked: number | undefined;
  /** Highest right edge of the window that its receiver has granted: Data ACK + window. */
  granted: number | undefined;
  /** Sizes of the data sequence numbers seen so far. */
  wide = false;
  narrow = false;

  /** A number of 8 or 4 bytes as it stands on the wire, made relative; 4 bytes go to the nearest place. */
  relative(value: bigint, wide: boolean, near: number): number {
    if (this.base === undefined) {
      this.base = value - 1n;
      this.#half = !wide;
    }
    if (wide && !this.#half) return Number(dsnDiff(value, this.base));
    const found = near + seqDiff(lowHalf(value), lowHalf(this.base) + near);
    if (wide) {
      // So far only lower halves were seen: this number gives the upper half of the base.
      this.base = value - BigInt(found);
      this.#half = false;
    }
    return found;
  }

  /** The 64 bits of a relative number; undefined while `base` is only assumed. */
  absolute(relative: number): bigint | undefined {
    return this.known && this.base !== undefined ? dsnAdd(this.base, BigInt(relative)) : undefined;
  }
}

/** A mapping of a DSS, or of MP_CAPABLE with data. */
export interface DataMapping {
  /** Relative data sequence number. */
  dsn: number;
  /** All 64 bits, if known. */
  dsn64: bigint | undefined;
  /** Relative subflow sequence number, as in the option. */
  ssn: number;
  /** Data-Level Length as in the option. */
  length: number;
  /** Bytes of data: the length less the DATA_FIN. */
  bytes: number;
  fin: boolean;
  infinite: boolean;
  checksum: number | undefined;
  /** The number came in 8 bytes. */
  wide: boolean;
  from: 'dss' | 'mp_capable';
}

/** One end of a TCP conversation and what it sent. */
export interface FlowEnd {
  readonly address: string;
  readonly port: number;
  /** Initial sequence number, once known. */
  isn: number | undefined;
  /** Base of relative subflow sequence numbers: the ISN, moved by data on the SYN. */
  ssnBase: number | undefined;
  /** Its SYN (or SYN/ACK) was seen. */
  synSeen: boolean;
  /** Its SYN was the first packet seen of it. */
  fromStart: boolean;
  /** Kinds of the options on its SYN; undefined when they were not seen. */
  synOptions: readonly string[] | undefined;
  /** A repeated SYN has MP_CAPABLE: a stack that keeps no state answers that one. */
  laterSynCapable: boolean;
  /** Bytes of payload on its SYN. */
  synBytes: number;
  /** Window scale that its SYN offered; undefined when that was not seen. */
  offered: number | 'none' | undefined;
  /** Shift of its window field; undefined when the SYNs were not seen. */
  shift: number | undefined;
  /** One more than the highest sequence number seen. */
  next: number | undefined;
  /** Highest acknowledgement of what it sent. */
  acked: number | undefined;
  /** Highest acknowledgement + window that its peer gave it on this subflow. */
  granted: number | undefined;
  /** Sequence number after its FIN. */
  fin: number | undefined;
  rst: boolean;
  /** Timestamp value and Data ACK edge of its latest segment. */
  tsval: number | undefined;
  packets: number;
  /** Bytes of payload, repetitions left out as far as can be seen. */
  bytes: number;
  /** A gap in its sequence numbers was acknowledged: the capture lacks packets of it. */
  lost: boolean;
  mappings: DataMapping[];
  /** One more than the highest relative sequence number mapped. */
  mapEdge: number | undefined;
  /** Mappings dropped to keep this bounded; older ones are unknown from then on. */
  forgotten: boolean;
  /** A Data ACK for data was received from the peer on this subflow: DSS is known to pass. */
  confirmed: boolean;
  /** It sent an infinite mapping; the relative sequence number of the segment that carried it. */
  infiniteAt: number | undefined;
  addressId: number | undefined;
  /** A mapping whose data, as it was seen, does not fit its checksum. */
  damaged: DataMapping | undefined;
}

/** How a subflow was opened. */
type Opening = 'capable' | 'join' | 'unknown';

/** A TCP conversation. `ends[0]` sent the SYN where that is known. */
export interface Flow {
  /** Number in its connection, from 1. */
  number: number;
  opening: Opening;
  ends: readonly [FlowEnd, FlowEnd];
  /** Side of the connection that `ends[0]` is. */
  openedBy: Side;
  connection: Connection | undefined;
  firstAt: number;
  lastAt: number;
  firstIndex: number;
  /** Joins: what the handshake has shown. */
  join: { token: number | undefined; nonces: [number | undefined, number | undefined]; backup: boolean };
  /** The third packet of the handshake was seen. */
  thirdSeen: boolean;
  /** `ends[1]` acknowledged after the third packet. */
  fourthSeen: boolean;
  closedAt: number | undefined;
  /** Something came that does not belong: what follows is hard to judge. */
  stray: boolean;
}

/** A conversation as one direction of it is found. */
export interface FlowDirection {
  flow: Flow;
  direction: Side;
}

/** One host's fields of the MP_CAPABLE handshake. */
export interface Party {
  key: bigint | undefined;
  token: number | undefined;
  /** Its MP_CAPABLE on SYN or SYN/ACK. */
  hello: OptionMpCapable | undefined;
  /** Other forms in which it came: with several SYN/ACKs, the peer chooses which one it takes. */
  otherHellos: OptionMpCapable[];
  /** Addresses that it is known to have, with the ids that it gave them. */
  addresses: Map<number, Set<string>>;
  stream: DataStream;
  /** Rules that it broke so far: what its peer does then is no longer judged by the book. */
  departures: number;
}

/** An MPTCP connection. */
export interface Connection {
  /** From 1, in the order of first packets. */
  readonly number: number;
  version: number | undefined;
  parties: readonly [Party, Party];
  flows: Flow[];
  /** The SYN of the first subflow was seen. */
  whole: boolean;
  /** Whether DSS checksums were agreed; undefined when not known. */
  checksums: boolean | undefined;
  /** Reason for the fallback to TCP. */
  fallback: string | undefined;
  /** End of the connection, other than by DATA_FINs. */
  aborted: string | undefined;
  /** An MP_FAIL came on a RST: that subflow has ended, and the connection may continue on another. */
  failedByRst: boolean;
  firstAt: number;
  lastAt: number;
  packets: number;
  /** A Data ACK for data not seen, or the like: other subflows are not in the capture. */
  elsewhere: boolean;
  /** The evidence that packets of another connection are mixed with those of this one, or that some are missing. */
  doubt: string | undefined;
  /** Every packet of the connection is in the capture, in the order in which one of its ends saw them. */
  readonly complete: boolean;
  /** A translator (NAT) may have been on the path: the source address of a packet is not sure to be its sender's. */
  translated: boolean;
  /** The same object for all connections of a capture. */
  readonly capture: object;
}

/** A new end of a conversation. */
export function newEnd(address: string, port: number): FlowEnd {
  return {
    address,
    port,
    isn: undefined,
    ssnBase: undefined,
    synSeen: false,
    fromStart: false,
    synOptions: undefined,
    laterSynCapable: false,
    synBytes: 0,
    offered: undefined,
    shift: undefined,
    next: undefined,
    acked: undefined,
    granted: undefined,
    fin: undefined,
    rst: false,
    tsval: undefined,
    packets: 0,
    bytes: 0,
    lost: false,
    mappings: [],
    mapEdge: undefined,
    forgotten: false,
    confirmed: false,
    infiniteAt: undefined,
    addressId: undefined,
    damaged: undefined,
  };
}

function newParty(): Party {
  return {
    key: undefined,
    token: undefined,
    hello: undefined,
    otherHellos: [],
    addresses: new Map(),
    stream: new DataStream(),
    departures: 0,
  };
}

/** A new connection. */
export function newConnection(number: number, at: number, complete: boolean, capture: object): Connection {
  return {
    number,
    version: undefined,
    parties: [newParty(), newParty()],
    flows: [],
    whole: false,
    checksums: undefined,
    fallback: undefined,
    aborted: undefined,
    failedByRst: false,
    firstAt: at,
    lastAt: at,
    packets: 0,
    elsewhere: false,
    doubt: undefined,
    complete,
    translated: !complete,
    capture,
  };
}

/** Side of the connection that an end of a flow belongs to. */
export function sideOf(flow: Flow, direction: Side): Side {
  return direction === 0 ? flow.openedBy : other(flow.openedBy);
}

/** The end of a flow that a side of the connection has. */
export function endOf(flow: Flow, side: Side): FlowEnd {
  return flow.ends[flow.openedBy === side ? 0 : 1];
}

/** The party's address of an id under which nothing else is known. */
export function noteAddress(party: Party, id: number, address: string): void {
  const known = party.addresses.get(id);
  if (known === undefined) party.addresses.set(id, new Set([address]));
  else known.add(address);
}

/** Whether a subflow is established, as far as both ends have shown, and nothing has begun to end it. */
export function isWorking(flow: Flow): boolean {
  return (
    flow.thirdSeen &&
    flow.fourthSeen &&
    flow.closedAt === undefined &&
    flow.ends.every((end) => end.fin === undefined && !end.rst)
  );
}

/** Nothing says that the connection ends, or that it is not MPTCP any more. */
export function isInFullSwing({ parties, fallback, aborted }: Connection): boolean {
  return (
    fallback === undefined &&
    aborted === undefined &&
    parties[0].stream.fin === undefined &&
    parties[1].stream.fin === undefined
  );
}
