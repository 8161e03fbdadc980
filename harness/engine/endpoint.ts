/**
 * The state of a correct peer: that of the tester's end of one MPTCP connection and its subflows.
 *
 * Pure but for the random numbers handed in. Sequence numbers are kept relative (the SYN is 0, RFC 8684 §3.3.1), data
 * sequence numbers relative to the IDSN (the MP_CAPABLE SYN is 0, the first byte of data is 1).
 */
import type { Randomness } from '../clock/random.ts';
import { idsn, seqOffset, token, wrap } from '../mptcp/index.ts';
import { FLAG, type OptionDss, type Packet, type TcpOption } from '../packet/types.ts';
import type { Profile, SubflowSpec } from '../scenario/suite.ts';

/** Address and port. */
export interface SocketAddress {
  address: string;
  port: number;
}

/** A mapping of subflow to data sequence space, both relative. */
export interface Mapping {
  ssn: number;
  dsn: bigint;
  length: number;
}

/** One direction of a byte stream, received: what is in order and what came early. */
export class ReceivedSpace {
  /** Next number expected. */
  next: bigint;
  #early: { from: bigint; to: bigint }[] = [];

  constructor(next: bigint) {
    this.next = next;
  }

  /** Takes `length` numbers from `from` on. */
  take(from: bigint, length: number): void {
    this.#early.push({ from, to: from + BigInt(length) });
    for (let moved = true; moved;) {
      moved = false;
      for (const range of this.#early) {
        if (range.from <= this.next && range.to > this.next) {
          this.next = range.to;
          moved = true;
        }
      }
    }
    this.#early = this.#early.filter((range) => range.to > this.next);
  }
}

/** The tester's end of one MPTCP connection. */
export class Connection {
  readonly profile: Profile;
  readonly localKey: bigint;
  remoteKey: bigint | undefined;
  /** The stack's A flag as last seen on a SYN or SYN/ACK. */
  remoteChecksum = false;
  /** False once either side left MP_CAPABLE out: the endpoint then behaves as plain TCP. */
  mptcp = true;
  /** Data sent so far, by relative data sequence number; numbers written in a line may leave holes. */
  sent = new ReceivedSpace(1n);
  received = new ReceivedSpace(1n);
  readonly random: Randomness;

  constructor(profile: Profile, random: Randomness) {
    this.profile = profile;
    this.random = random;
    this.localKey = profile.key ?? random.uint64();
  }

  /** Next data sequence number to send, relative: the first that was never sent. */
  get sendNext(): bigint {
    return this.sent.next;
  }

  /** Whether DSS checksums are in use: either side asked (§3.1). */
  get checksum(): boolean {
    return this.profile.checksum || this.remoteChecksum;
  }

  /** The tester's initial data sequence number, 64 bits (RFC 8684 §3.1). */
  get localIdsn(): bigint {
    return idsn(this.localKey);
  }

  /** The stack's initial data sequence number, 64 bits; undefined until its key is known. */
  get remoteIdsn(): bigint | undefined {
    return this.remoteKey === undefined ? undefined : idsn(this.remoteKey);
  }

  /** The tester's token, 32 bits. */
  get localToken(): number {
    return token(this.localKey);
  }

  /** The stack's token, 32 bits; undefined until its key is known. */
  get remoteToken(): number | undefined {
    return this.remoteKey === undefined ? undefined : token(this.remoteKey);
  }
}

/** State before a packet came, for values that count from there. */
export interface Before {
  receiveNext: number;
  dataNext: bigint;
}

/** The tester's end of one subflow. */
export class Subflow {
  readonly name: string;
  readonly spec: SubflowSpec;
  readonly connection: Connection;
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  /** Whether the first SYN is the tester's. */
  readonly active: boolean;
  /** Whether the subflow begins with MP_CAPABLE rather than MP_JOIN. */
  readonly first: boolean;
  readonly isn: number;
  readonly nonce: number;
  remoteIsn: number | undefined;
  remoteNonce: number | undefined;
  /** Next sequence number to send, relative. */
  sendNext = 0;
  received = new ReceivedSpace(0n);
  /** Window that the stack's last packet advertised, bytes. */
  window = 0;
  #remoteShift = 0;
  /** Timestamps are in use on this subflow. */
  timestamps: boolean;
  timestampRecent = 0;
  /** The stack has shown that the handshake reached it: a Data ACK, or on a join any ACK after the third packet. */
  confirmed = false;
  sentMappings: Mapping[] = [];
  receivedMappings: Mapping[] = [];

  constructor(init: {
    name: string;
    spec: SubflowSpec;
    connection: Connection;
    local: SocketAddress;
    remote: SocketAddress;
    active: boolean;
    first: boolean;
  }) {
    this.name = init.name;
    this.spec = init.spec;
    this.connection = init.connection;
    this.local = init.local;
    this.remote = init.remote;
    this.active = init.active;
    this.first = init.first;
    this.isn = init.connection.random.uint32();
    this.nonce = init.connection.random.uint32();
    this.timestamps = init.connection.profile.timestamps;
  }

  /** Next sequence number expected from the stack on this subflow, relative to its ISN. */
  get receiveNext(): number {
    return Number(this.received.next);
  }

  /** The numbers expected next from the stack, before a packet changes them. */
  before(): Before {
    return { receiveNext: this.receiveNext, dataNext: this.connection.received.next };
  }

  /** Learns from a packet of the stack what a correct peer would. */
  observe(packet: Packet): void {
    const { tcp } = packet;
    if ((tcp.flags & FLAG.SYN) !== 0) this.#observeSyn(packet);
    if (this.remoteIsn === undefined) return;
    const stamp = tcp.options.find((option) => option.kind === 'ts');
    if (stamp !== undefined) this.timestampRecent = stamp.value;
    // The window of a SYN is not scaled (RFC 7323 §2.2).
    this.window = tcp.window * ((tcp.flags & FLAG.SYN) === 0 ? 2 ** this.#remoteShift : 1);
    this.#observeKeys(packet);
    const start = seqOffset(tcp.seq, this.remoteIsn);
    const control = Number((tcp.flags & FLAG.SYN) !== 0) + Number((tcp.flags & FLAG.FIN) !== 0);
    const length = tcp.payload.length + control;
    if (length > 0 && (tcp.flags & FLAG.RST) === 0) this.received.take(BigInt(start), length);
    this.#observeData(tcp.options, start, tcp.payload.length);
  }

  #observeSyn({ tcp }: Packet): void {
    // A SYN sent again keeps its number; another number is another attempt.
    this.remoteIsn = tcp.seq;
    if (!tcp.options.some((option) => option.kind === 'ts')) this.timestamps = false;
    const scaling =
      this.connection.profile.wscale >= 0 ? tcp.options.find((option) => option.kind === 'wscale') : undefined;
    this.#remoteShift = scaling?.shift ?? 0;
    const capable = tcp.options.find((option) => option.kind === 'mp_capable');
    if (capable !== undefined) this.connection.remoteChecksum = (capable.flags & 0x80) !== 0;
    else if (this.first) this.connection.mptcp = false;
    const join = tcp.options.find((option) => option.kind === 'mp_join');
    if (join !== undefined && join.form !== 'ack') this.remoteNonce = join.nonce;
  }

  #observeKeys({ tcp }: Packet): void {
    for (const option of tcp.options) {
      if (option.kind === 'mp_capable' && option.senderKey !== undefined)
        this.connection.remoteKey ??= option.senderKey;
      if (option.kind === 'dss' && option.hasDataAck) this.confirmed = true;
    }
    if (!this.first && (tcp.flags & FLAG.SYN) === 0) this.confirmed = true;
  }

  #observeData(options: readonly TcpOption[], start: number, length: number): void {
    const { connection } = this;
    const remoteIdsn = connection.remoteIdsn;
    if (remoteIdsn === undefined) return;
    for (const option of options) {
      if (option.kind === 'mp_capable' && option.dataLength !== undefined) {
        this.receivedMappings.push({ ssn: 1, dsn: 1n, length: option.dataLength });
      }
      if (option.kind === 'dss' && option.hasMap && option.dsn !== undefined) {
        const dsn = relativeDsn(option.dsn, option.dsn8, remoteIdsn);
        const bytes = (option.dataLength ?? 0) - (option.dataFin ? 1 : 0);
        if (option.ssn !== undefined && bytes > 0) this.receivedMappings.push({ ssn: option.ssn, dsn, length: bytes });
        if (option.dataFin) connection.received.take(dsn + BigInt(bytes), 1);
      }
    }
    for (const mapping of this.receivedMappings) {
      const from = Math.max(start, mapping.ssn);
      const to = Math.min(start + length, mapping.ssn + mapping.length);
      if (from < to) connection.received.take(mapping.dsn + BigInt(from - mapping.ssn), to - from);
    }
  }

  /** The mapping that a segment sent from `ssn` on falls into, if one was declared. */
  sentMappingAt(ssn: number): Mapping | undefined {
    return this.sentMappings.find((one) => ssn >= one.ssn && ssn < one.ssn + one.length);
  }
}

/** Distance of a DSN from an IDSN; four-byte ones are taken modulo 2^32 (§3.3.1). */
export function relativeDsn(value: bigint, eightBytes: boolean, base: bigint): bigint {
  return wrap(value - base, eightBytes ? 64 : 32);
}

/** The DSS of a packet, if it has one. */
export function dssOf(packet: Packet): OptionDss | undefined {
  return packet.tcp.options.find((option) => option.kind === 'dss');
}
