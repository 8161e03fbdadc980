/** The parts that control blocks are made of. */
import type { Family, TcpOption, TcpSegment } from '../packet/index.ts';

/** An address and a port. */
export interface AddressPort {
  address: string;
  port: number;
}

/** States of RFC 9293 §3.3.2; PRE_ESTABLISHED is RFC 8684's, for an initiator of MP_JOIN (§3.2). */
export type TcpState =
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
  /** Offset of the data in the connection's stream. */
  dsn?: bigint;
  /** The mapping of the data; every transmission carries a copy. */
  mapping?: Mapping;
  /** Whether MP_CAPABLE carries the mapping (§3.1). */
  capable: boolean;
  /** Whether this is the first segment of its mapping. */
  first: boolean;
  /** The urgent pointer, as an offset from `seq`; 0 for none. */
  urgent: number;
  /** Time of the last transmission. */
  sentAt?: number;
  /** Transmissions so far. */
  times: number;
  sacked: boolean;
  /** A window probe: sent against a closed window. */
  probe: boolean;
}

/** Name of a timer of a subflow. */
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

/** State of the initiator or responder of an MP_JOIN, kept until its end (§3.2). */
export interface JoinState {
  localNonce: number;
  remoteNonce: number;
  /** Whether the peer has proven that it knows the keys. */
  authenticated: boolean;
  /** Times the third packet was sent. */
  ackTransmissions: number;
}

/** The content of a pending reset (§3.6). */
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

/** An address that was announced to the peer (§3.4.1). */
export interface Announcement {
  id: number;
  address: string;
  port?: number;
  echoed: boolean;
  transmissions: number;
}

/** State of the close at the connection level (appendix D). */
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

/** Name of a timer of a connection. */
export type ConnectionTimer = 'dataRetransmit' | 'announce' | 'orphan' | 'unused';

/** A network device. */
export interface Device {
  name: string;
  mtu: number;
  up: boolean;
  /** With prefix lengths. */
  addresses: { address: string; prefix: number; family: Family }[];
}

/** A segment that came in on a subflow. */
export interface Arrival {
  segment: TcpSegment;
  /** After the options that do not count were left out. */
  options: readonly TcpOption[];
}

/** The parts of a segment that do not come from the subflow's state. */
export interface SegmentParts {
  seq: number;
  /** Bit set of FLAG. */
  flags: number;
  options: TcpOption[];
  payload?: Uint8Array;
  /** Urgent pointer as an offset from `seq`, where URG is set. */
  urgent?: number;
}
