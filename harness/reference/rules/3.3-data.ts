/** Rules of sections 3.3 to 3.3.2: DSS, mappings, Data ACKs. */
import type { TcpSegment } from '../../packet/index.ts';
import { promote32, seqAdd, seqDiff } from '../../mptcp/index.ts';
import type { Connection, Mapping, Outgoing, ReceivedMapping, Subflow } from '../stack-state.ts';

/** The DSS option. */
export const dss = {
  /** 3.3-7.s6. */
  reserved: 0,
  /** 3.3-8.s3, 3.3-8.s4: a checksum is there exactly when it was negotiated. */
  toleratesExtraChecksum: (_subflow: Subflow): boolean => false,
  toleratesMissingChecksum: (_subflow: Subflow): boolean => false,
};

/** Mappings. */
export const mapping = {
  /** 3.3.1-11: 8, or 4 at a slow rate. */
  dsnBytes: (_subflow: Subflow, _mapping: Mapping): 4 | 8 => 8,
  /** Numbers of a mapping that is sent. */
  dsnToSend: (_connection: Connection, dsn: bigint): bigint => dsn,
  ssnToSend: (_subflow: Subflow, ssn: number, _length: number): number => ssn,
  /** Bytes that one mapping covers, no less than `now`: what may be sent in one segment. */
  chunkBytes: (_subflow: Subflow, size: number, now: number): number => Math.min(size, now),
  /** 3.7-4.1: whether a segment tells its mapping: always before a Data ACK came, and at least once. */
  onSegment: (_subflow: Subflow, _piece: Outgoing): boolean => true,
  /** 3.3.1-3.s2: a mapping stays as it was declared. */
  onWire: (declared: Mapping, _piece: Outgoing): Mapping => declared,
  /** 3.3.1-9.s1: the urgent pointer is not used on mapped data. */
  usesUrgentPointer: false,
  urgentEndsMapping: true,
  /** 3.3-8: negotiated. */
  carriesChecksum: (connection: Connection): boolean => connection.checksum,
  /** 3.3.1-8: what the pseudo-header has. */
  checksummedDsn: (dsn: bigint): bigint => dsn,
  checksummedSsn: (ssn: number): number => ssn,
  checksummedLength: (length: number, _dataFin: boolean): number => length,
  checksumToSend: (right: number, _subflow: Subflow): number => right,
  checksumFits: (came: number, right: number, _subflow: Subflow, _mapping: ReceivedMapping): boolean => came === right,
  /** 3.3.1-5: nothing is delivered before its mapping was verified. */
  deliversUnverified: (_subflow: Subflow): boolean => false,
  /** 3.3.1-12: the number nearest to what is expected, so that a wrap is one and an old segment is none. */
  promote: (low: bigint, connection: Connection, _subflow: Subflow): bigint => promote32(low, connection.rcvNxt),
  longDsn: (dsn: bigint, _connection: Connection): bigint => dsn,
  /** 3.3.1-4: relative numbers count from the SYN. */
  subflowOffset: (ssn: number, _subflow: Subflow): number => ssn,
  /** 3.3.1-14.s1: it maps some of the segment that carries it. */
  appliesToSegment: (whole: ReceivedMapping, segment: TcpSegment): boolean =>
    segment.payload.length > 0 &&
    seqDiff(whole.seq, seqAdd(segment.seq, segment.payload.length)) < 0 &&
    seqDiff(segment.seq, seqAdd(whole.seq, whole.bytes)) < 0,
  /** 3.3.1-3.s2: the first mapping of a byte stays. */
  replacesMapping: (_subflow: Subflow): boolean => false,
  /** Bytes on their way to the connection. */
  data: (data: Uint8Array, _subflow: Subflow): Uint8Array => data,
  /** 3.3.1-10: what becomes of bytes without a mapping; `window` is a receive window of data. */
  unmapped: (_subflow: Subflow, bytes: number, window: number): 'hold' | 'drop' | 'reset' =>
    bytes < window ? 'hold' : 'reset',
};

/** Data ACKs. */
export const dataAck = {
  /** 3.3.2-5: in all segments, or where it has advanced. */
  included: (_subflow: Subflow, _about: { advanced: boolean; mapped: boolean }): boolean => true,
  /** 3.3.2-2: 8 after a DSN of 8. */
  bytes: (_subflow: Subflow): 4 | 8 => 8,
  /** 3.3.2-1: the next number that is expected. */
  value: (connection: Connection, _subflow: Subflow): bigint => connection.rcvNxt,
  long: (value: bigint, _connection: Connection): bigint | undefined => value,
  promote: (low: bigint, connection: Connection): bigint | undefined => promote32(low, connection.sndUna),
  /** `valid`: from what was acknowledged to what was sent. */
  acceptable: (_connection: Connection, _value: bigint, valid: boolean): boolean => valid,
  /** 3.3.2-3.s4. */
  windowCountsAlone: (_subflow: Subflow): boolean => false,
};
