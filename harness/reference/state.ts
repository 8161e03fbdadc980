/**
 * The control blocks: what a host knows of its connections (RFC 8684, appendix C.1) and of their subflows (C.2,
 * RFC 9293 §3.3.1). A plain TCP connection is a connection with one subflow and mode `tcp`. Data sequence numbers count
 * the stream then too, from 0.
 */
import type { Family, Packet, TcpOption, TcpSegment } from '../packet/index.ts';
import type { Endpoint } from './calls.ts';
import type { ByteQueue } from './byte-queue.ts';
import type { Reassembly } from './reassembly.ts';
import type { Rules } from './rules/index.ts';
import type { AddressPort, Subflow } from './subflow-state.ts';

export type * from './subflow-state.ts';

/** A stretch of the data sequence space that was sent on a subflow and is not acknowledged by a Data ACK. */
export interface SentRange {
  dsn: bigint;
  /** Bytes of data, without the DATA_FIN. */
  length: number;
  dataFin: boolean;
  subflow: Subflow;
  ssn: number;
}

export type ConnectionTimer = 'dataRetransmit' | 'announce' | 'orphan' | 'unused';

/** An address that was announced to the peer (§3.4.1). */
export interface Announcement {
  id: number;
  address: string;
  port?: number;
  echoed: boolean;
  transmissions: number;
}

/** How far closing has come at the connection level (appendix D). */
export type ConnectionState =
  | 'M_ESTAB'
  | 'M_FIN_WAIT_1'
  | 'M_FIN_WAIT_2'
  | 'M_CLOSE_WAIT'
  | 'M_CLOSING'
  | 'M_LAST_ACK'
  | 'M_TIME_WAIT'
  | 'M_CLOSED'
  | 'FASTCLOSE_WAIT';

/** One connection. */
export interface Connection {
  readonly role: 'initiator' | 'responder';
  readonly number: number;
  /** `negotiating` until the handshake has told; `tcp` for ever after a fall-back. */
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
  /** The last segment that the peer told to have in whole (§3.7). */
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

  /** What fall-back still has to send. */
  infinite: 'none' | 'due' | 'sent';
  /** Number at which mapping failed; MP_FAIL was sent. */
  failed?: bigint;
  /** MP_FAIL came. */
  failReceived: boolean;
  /** Data sequence number from which a new subflow goes on, after the only one was reset with MP_FAIL (§3.7). */
  restartAt?: bigint;
  /** The peer's infinite mapping came. */
  infiniteReceived: boolean;
  fallback: boolean;

  localAddresses: Map<number, AddressPort>;
  remoteAddresses: Map<number, { address: string; port?: number }>;
  announcements: Announcement[];
  /** Address and port that a join failed with (§3.9.3). */
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

/** A network device. */
export interface Device {
  name: string;
  mtu: number;
  up: boolean;
  /** With prefix lengths. */
  addresses: { address: string; prefix: number; family: Family }[];
}

/** What all parts of the stack share. */
export interface Stack {
  readonly rules: Rules;
  readonly random: (bytes: number) => Uint8Array;
  now: number;
  devices: Device[];
  routes: { destination: string; prefix: number; device: string; source?: string }[];
  sysctls: Map<string, string>;
  limits: { subflows: number; addAddrAccepted: number };
  endpoints: Endpoint[];
  sockets: Map<number, Socket>;
  connections: Set<Connection>;
  /** By 4-tuple. */
  byTuple: Map<string, Subflow>;
  byToken: Map<number, Connection>;
  listeners: Socket[];
  counters: Map<string, number>;
  /** Fast Open cookies of peers, by address. */
  cookies: Map<string, Uint8Array>;
  secret: Uint8Array;
  connectionsMade: number;
  send: (device: string, packet: Packet) => void;
}

/** A segment that came in on a subflow. */
export interface Arrival {
  segment: TcpSegment;
  /** After the options that do not count were left out. */
  options: readonly TcpOption[];
}
