/** The control block of a subflow (RFC 9293 §3.3.1, RFC 8684 appendix C.2), and what it keeps. */
import type { Family, TcpOption } from '../packet/index.ts';
import type { ByteQueue } from './byte-queue.ts';
import type { SubflowReassembly } from './reassembly.ts';
import type { Connection } from './state.ts';

export interface AddressPort {
  address: string;
  port: number;
}

/** States of RFC 9293 §3.3.2; PRE_ESTABLISHED is RFC 8684's, for an initiator of MP_JOIN (§3.2). */
type TcpState =
  | 'CLOSED'
  | 'SYN_SENT'
  | 'SYN_RECEIVED'
  | 'PRE_ESTABLISHED'
  | 'ESTABLISHED'
  | 'FIN_WAIT_1'
  | 'FIN_WAIT_2'
  | 'CLOSE_WAIT'
  | 'CLOSING'
  | 'LAST_ACK'
  | 'TIME_WAIT';

export interface AddressPort {
  address: string;
  port: number;
}

/** A Data Sequence Mapping (RFC 8684 §3.3.1). */
export interface Mapping {
  /** All 64 bits. */
  dsn: bigint;
  /** Relative subflow sequence number. */
  ssn: number;
  /** Data-Level Length: the DATA_FIN counts; 0 is an infinite mapping. */
  length: number;
  dataFin: boolean;
  /** As on the wire, where checksums are in use. */
  checksum?: number;
}

/** A mapping that was received. */
export interface ReceivedMapping extends Mapping {
  /** Absolute sequence number of its first byte on the subflow. */
  seq: number;
  /** Bytes on the subflow: the length without the DATA_FIN. */
  bytes: number;
}

/** A piece of a subflow's sequence space that waits to be sent or acknowledged. */
export interface Outgoing {
  seq: number;
  data: Uint8Array;
  syn: boolean;
  fin: boolean;
  /** Where the data begins in the connection's stream. */
  dsn?: bigint;
  /** What the data is mapped to; a copy of it goes with every transmission. */
  mapping?: Mapping;
  /** Whether MP_CAPABLE carries the mapping (§3.1). */
  capable: boolean;
  /** Whether this is the first segment of its mapping. */
  first: boolean;
  /** The urgent pointer, as an offset from `seq`; 0 for none. */
  urgent: number;
  /** When it was sent last. */
  sentAt?: number;
  /** Transmissions so far. */
  times: number;
  sacked: boolean;
  /** A window probe: sent against a closed window. */
  probe: boolean;
}

export type SubflowTimer =
  | 'retransmit'
  | 'delayedAck'
  | 'persist'
  | 'timeWait'
  | 'keepalive'
  | 'joinAck'
  | 'removal'
  | 'signal'
  | 'fastClose'
  | 'finWait';

/** What the initiator or responder of an MP_JOIN keeps until its end (§3.2). */
export interface JoinState {
  localNonce: number;
  remoteNonce: number;
  /** Whether the peer has proven that it knows the keys. */
  authenticated: boolean;
  /** Times the third packet was sent. */
  ackTransmissions: number;
}

/** One TCP subflow. */
export interface Subflow {
  readonly connection: Connection;
  /** 0 for the first subflow of the connection, then in the order in which they were made. */
  readonly index: number;
  readonly family: Family;
  readonly kind: 'initial' | 'join';
  readonly opener: 'active' | 'passive';
  readonly local: AddressPort;
  readonly remote: AddressPort;
  device: string;
  state: TcpState;

  iss: number;
  sndUna: number;
  sndNxt: number;
  /** The peer's window, in bytes; counts from `sndUna`. */
  sndWnd: number;
  sndWl1: number;
  sndWl2: number;
  maxSndWnd: number;
  /** Shift of windows that the peer sends. */
  sndScale: number;
  /** The peer's MSS option, or the default. */
  peerMss: number;
  /** Everything not acknowledged, in order: sent pieces, then those that wait. */
  queue: Outgoing[];
  /** Bytes that the stream gave before data had mappings: data of a SYN (appendix B.2). */
  sentBase: number;

  irs: number;
  rcvNxt: number;
  /** Right edge of the window as told on this subflow. */
  rcvEdge: number;
  /** Shift of windows that we send. */
  rcvScale: number;
  reassembly: SubflowReassembly;
  /** Bytes of a SYN that were accepted: they have no mapping. */
  receivedBase: number;
  /** Sequence number of the peer's FIN. */
  finSeq?: number;
  /** Urgent pointer: sequence number after the urgent byte. */
  rcvUp?: number;

  timestamps: boolean;
  tsRecent: number;
  lastAckSent: number;
  sack: boolean;
  windowScaling: boolean;

  srtt?: number;
  rttvar: number;
  rto: number;
  backoff: number;
  cwnd: number;
  ssthresh: number;
  dupAcks: number;
  /** RFC 6582: SND.NXT when fast recovery began. */
  recover?: number | undefined;
  retransmits: number;
  probes: number;
  timers: Map<SubflowTimer, number>;
  /** An ACK is due at the end of this round. */
  ackNow: boolean;
  segmentsUnacked: number;
  lastHeard: number;
  lastWindow: number;
  keepaliveProbes: number;

  localId: number;
  /** Address ID of the peer's end, where known. */
  remoteId: number;
  /** We have asked the peer to treat it as backup. */
  localBackup: boolean;
  /** The peer has asked us to. */
  peerBackup: boolean;
  join?: JoinState;
  /** A DSS (or MP_CAPABLE with data) has come in on it. */
  dssReceived: boolean;
  /** Something sent on it was acknowledged with a Data ACK, so options pass both ways (§3.7). */
  dataAckReceived: boolean;
  /** Bytes of data sent on it so far, mapped or not. */
  dataSent: number;
  mappings: ReceivedMapping[];
  /** Absolute sequence number up to which its bytes went to the connection. */
  delivered: number;
  /** In-order bytes that wait for their mapping or for the rest of it; begins at `delivered`. */
  held: ByteQueue;
  /** Data ACK that this subflow told last. */
  lastDataAck?: bigint;
  /** REMOVE_ADDR has come for it and a keepalive is out (§3.4.2). */
  removalAsked: boolean;
  /** MPTCP signals that wait for an ACK of their own. */
  signals: TcpOption[];
  /** Signalling ACKs in a row without anything else (§3.4.1). */
  signalAcks: number;
  resetDue?: ResetDue;
  /** Why it was reset by the peer, where MP_TCPRST told. */
  peerReset?: { reason: number; transient: boolean };
  /** The subflow ended before its handshake was over, or by a RST. */
  failed: boolean;
  /** Key transmissions: SYNs with MP_CAPABLE sent. */
  capableSyns: number;
  fastOpenCookie?: Uint8Array | undefined;
  /** Fast-closed by option A and waiting for the RST; how often MP_FASTCLOSE was sent. */
  fastCloses: number;
}

/** What a reset that is due says (§3.6). */
export interface ResetDue {
  /** Reason code of MP_TCPRST; undefined for none. */
  reason?: number;
  transient: boolean;
  /** Other options for the RST: MP_FAIL, MP_FASTCLOSE. */
  options: TcpOption[];
  /** Numbers where they are not the subflow's. */
  seq?: number;
  withoutAck?: boolean;
}
