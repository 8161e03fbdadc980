/**
 * The control blocks: what a host knows of its connections (RFC 8684, appendix C.1), of their subflows (C.2, RFC 9293
 * §3.3.1) and of the application's sockets. A plain TCP connection is a connection with one subflow and mode `tcp`. Data
 * sequence numbers count the stream then too, from 0.
 */
import type { Family, TcpOption } from '../packet/index.ts';
import type { ByteQueue } from './byte-queue.ts';
import type { Reassembly, SubflowReassembly } from './reassembly.ts';
import type {
  AddressPort,
  Announcement,
  ConnectionState,
  ConnectionTimer,
  JoinState,
  Outgoing,
  ReceivedMapping,
  ResetDue,
  SubflowTimer,
  TcpState,
} from './state-parts.ts';

export type * from './state-parts.ts';

/** A stretch of the data sequence space that was sent on a subflow and is not acknowledged by a Data ACK. */
export interface SentRange {
  dsn: bigint;
  /** Bytes of data, without the DATA_FIN. */
  length: number;
  dataFin: boolean;
  subflow: Subflow;
  ssn: number;
}

/** One connection. */
export interface Connection {
  readonly role: 'initiator' | 'responder';
  readonly number: number;
  /** `negotiating` until the handshake has decided; `tcp` after a fallback, for good. */
  mode: 'negotiating' | 'mptcp' | 'tcp';
  /** The application asked for MPTCP. */
  readonly wanted: boolean;
  state: ConnectionState;
  localKey: bigint;
  remoteKey?: bigint;
  /** Version of the MP_CAPABLE that answers a SYN; undefined for regular TCP. */
  answerVersion?: number | undefined;
  localToken: number;
  remoteToken: number;
  /** MPTCP.Checksum. */
  checksum: boolean;
  /** The administrator wants checksums. */
  readonly checksumWanted: boolean;
  /** Flag C is set: no joins to the address and port of the first subflow. */
  readonly refusesJoins: boolean;
  /** The peer's flag C: no subflow to its first address and port (§3.1). */
  noJoinToInitial: boolean;

  sndUna: bigint;
  sndNxt: bigint;
  /** The application gives no more data. */
  writeClosed: boolean;
  dataFinSent: boolean;
  /** A DATA_FIN without data is to go out on this subflow. */
  dataFinDue?: Subflow | undefined;
  dataFinAcked: boolean;
  /** Right edge of the peer's window. */
  sndEdge: bigint;
  sendBuffer: ByteQueue;
  /** Number of the first byte in the send buffer: it waits for a Data ACK or an ACK (§3.3.6). */
  sndBase: bigint;
  sendCapacity: number;
  /** Sent and not acknowledged by a Data ACK, in the order of sending. */
  sent: SentRange[];
  /** To be sent once more (§3.3.6). */
  reinject: SentRange[];
  /** The last segment that the peer has acknowledged in full (§3.7). */
  intact?: { dsn: bigint; ssn: number };
  /** Urgent bytes end here (exclusive). */
  sndUp?: bigint;
  /** `more` was given with the last bytes. */
  corked: boolean;
  noDelay: boolean;

  rcvNxt: bigint;
  rcvEdge: bigint;
  /** DATA_FIN of the peer. */
  peerDataFin?: bigint;
  /** The end of the peer's stream has been reached. */
  peerClosed: boolean;
  reassembly: Reassembly;
  receiveBuffer: ByteQueue;
  receiveCapacity: number;
  /** The last DSN received had 8 bytes. */
  dsn8Received: boolean;
  /** Stream position of the urgent byte, and the byte when it was taken out. */
  urgent?: { at: bigint; byte?: number } | undefined;
  urgentInline: boolean;

  subflows: Subflow[];
  subflowsMade: number;
  /** A DSS was received, or MP_CAPABLE with data, which counts as one (§3.1). */
  dssReceived: boolean;
  /** A DSS itself was received. */
  dssOptionReceived: boolean;
  timers: Map<ConnectionTimer, number>;
  dataBackoff: number;
  dataRetransmits: number;

  /** Signals that the fallback still has to send. */
  infinite: 'none' | 'due' | 'sent';
  /** Number at which mapping failed; MP_FAIL was sent. */
  failed?: bigint;
  /** MP_FAIL came. */
  failReceived: boolean;
  /** Data sequence number from which a new subflow continues, after the only one was reset with MP_FAIL (§3.7). */
  restartAt?: bigint;
  /** The peer's infinite mapping came. */
  infiniteReceived: boolean;
  fallback: boolean;

  localAddresses: Map<number, AddressPort>;
  remoteAddresses: Map<number, { address: string; port?: number }>;
  announcements: Announcement[];
  /** Address and port that a join failed with (§3.9.3), and paths that a reset ended for good (§3.6). */
  failedTargets: Set<string>;
  /** Addresses the peer announced that are to be connected to. */
  pendingTargets: { id: number; address: string; port: number; via: Subflow }[];
  acceptedAnnouncements: number;
  usedEndpoints: Set<number>;
  /** Endpoints whose announcement was considered. */
  announced: Set<number>;
  /** Addresses of the first subflow, also after its end. */
  first?: { local: AddressPort; remote: AddressPort };

  /** Keepalives of the application's wish, in milliseconds. */
  keepalive?: { idle: number; interval: number; probes: number } | undefined;
  /** The application holds no socket of it any more. */
  released: boolean;
  /** Error that the application gets next. */
  error?: string | undefined;
  established: boolean;
  readShut: boolean;
  /** Data came in after the application had closed. */
  lateData: boolean;
  socket?: Socket | undefined;
  listener?: Socket;
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
  /** Right edge of the window as received on this subflow. */
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
  /** Last Data ACK sent on this subflow. */
  lastDataAck?: bigint;
  /** REMOVE_ADDR has come for it and a keepalive is out (§3.4.2). */
  removalAsked: boolean;
  /** MPTCP signals that wait for an ACK of their own. */
  signals: TcpOption[];
  /** Signalling ACKs in a row without anything else (§3.4.1). */
  signalAcks: number;
  resetDue?: ResetDue;
  /** Reason of the peer's reset, where MP_TCPRST gave one. */
  peerReset?: { reason: number; transient: boolean };
  /** The subflow ended before its handshake was over, or by a RST. */
  failed: boolean;
  /** Key transmissions: SYNs with MP_CAPABLE sent. */
  capableSyns: number;
  /** Whether the last SYN had MP_CAPABLE. */
  capableOnLastSyn: boolean;
  fastOpenCookie?: Uint8Array | undefined;
  /** Fast-closed by option A and waiting for the RST; how often MP_FASTCLOSE was sent. */
  fastCloses: number;
}

/** A socket of the application. */
export interface Socket {
  readonly number: number;
  readonly family: Family;
  readonly proto: 'mptcp' | 'tcp';
  local?: AddressPort | undefined;
  listening?: { backlog: number; ready: Connection[]; pending: Set<Connection> };
  connection?: Connection | undefined;
  options: Map<string, number | string>;
  /** A connect that waits for its first data (TCP_FASTOPEN_CONNECT). */
  deferredConnect?: AddressPort | undefined;
}
