/**
 * Calls of applications and administrators, and the output of the stack. Addresses are canonical text
 * without a prefix length unless stated; ports are 0 to 65535, 0 in `bind` and `connect` for one that the stack chooses.
 */
import type { Family, Packet } from '../packet/index.ts';

/** Names the events of `poll`. */
export type PollEvent = 'readable' | 'writable' | 'urgent' | 'rdhup' | 'hup' | 'err';

/** Flags of a path manager's endpoint. */
export interface EndpointFlags {
  /** Announce the address by ADD_ADDR (RFC 8684 §3.4.1). */
  signal?: boolean;
  /** Open subflows from the address (§3.2). */
  subflow?: boolean;
  /** Ask the peer to use these subflows only when no other is left (§3.3.8). */
  backup?: boolean;
  /** Open subflows from the address to every address of the peer. */
  fullmesh?: boolean;
}

/** A call on a socket; `socket` is the number that `socket` or `accept` gave. */
export type SocketCall =
  | { op: 'socket'; family: Family; proto: 'mptcp' | 'tcp' }
  | { op: 'bind'; socket: number; address: string; port: number }
  | { op: 'listen'; socket: number; backlog: number }
  /** Waits for a connection. Answers `socket` and the addresses. */
  | { op: 'accept'; socket: number }
  /**
   * Starts a connection and waits for it, unless `nowait`. With the option TCP_FASTOPEN_CONNECT it answers at once and
   * the SYN leaves with the first `send`.
   */
  | { op: 'connect'; socket: number; address: string; port: number; nowait?: boolean }
  /** Waits for the end of the last `connect`. */
  | { op: 'connected'; socket: number }
  /**
   * Waits until all bytes are in the send buffer, unless `nowait`. Answers `sent`. `fastopen` connects with the data on
   * the SYN (RFC 7413); `urgent` makes the last byte urgent data.
   */
  | {
      op: 'send';
      socket: number;
      data: Uint8Array;
      nowait?: boolean;
      urgent?: boolean;
      more?: boolean;
      fastopen?: { address: string; port: number };
    }
  /**
   * Takes bytes out of the receive buffer as they come, until there are `least` (default 1) or the stream ends;
   * with `untilEnd` until the stream ends. At most `most`. `peek` leaves them there, `urgent` reads the urgent byte;
   * these read once. `nowait` takes what is there. Answers `data` and `eof`; after an error too, with what was taken.
   */
  | {
      op: 'recv';
      socket: number;
      least?: number;
      most?: number;
      untilEnd?: boolean;
      peek?: boolean;
      urgent?: boolean;
      nowait?: boolean;
    }
  /** Answers every {@link PollEvent} as a boolean; with `wait` once that one, `hup` or `err` holds. */
  | { op: 'poll'; socket: number; wait?: PollEvent }
  | { op: 'shutdown'; socket: number; how: 'rd' | 'wr' | 'rdwr' }
  /** Resets the connection where SO_LINGER is `1,0`. */
  | { op: 'close'; socket: number }
  /** `name` is the kernel's (`TCP_NODELAY`); SO_LINGER takes `on,seconds`. */
  | { op: 'setsockopt'; socket: number; name: string; value: number | string }
  /** Answers `value`. */
  | { op: 'getsockopt'; socket: number; name: string }
  /** Answers the {@link ConnectionInfo} fields. */
  | { op: 'info'; socket: number }
  /** Answers `subflows`: a list of {@link Addresses}. */
  | { op: 'subflows'; socket: number }
  /** Answers `in`: bytes received and unread; `out`: bytes sent and not acknowledged. */
  | { op: 'queued'; socket: number };

/** A call on the host. */
export type HostCall =
  | { op: 'link'; device: string; up?: boolean; mtu?: number }
  /** `address` has a prefix length: `192.0.2.1/24`. */
  | { op: 'address-add'; device: string; address: string }
  | { op: 'address-del'; device: string; address: string }
  /** The source and device for a destination, over what the prefixes of the addresses say; `destination` is a prefix. */
  | { op: 'route-add'; destination: string; device: string; source?: string }
  | { op: 'route-del'; destination: string; device: string }
  /** `id` 1 to 255; without one the lowest that is free. Answers `id`. */
  | { op: 'endpoint-add'; address: string; port?: number; id?: number; device?: string; flags: EndpointFlags }
  /** For id 0, the addresses of first subflows, `address` is needed. */
  | { op: 'endpoint-del'; id: number; address?: string }
  | { op: 'endpoint-set'; id?: number; address?: string; flags: { backup: boolean; fullmesh?: boolean } }
  | { op: 'endpoint-flush' }
  /** Answers `endpoints`: a list of {@link Endpoint}. */
  | { op: 'endpoint-list' }
  /** Additional subflows of a connection at most, and announced addresses that are connected to. */
  | { op: 'limits-set'; subflows?: number; addAddrAccepted?: number }
  | { op: 'limits-get' }
  /** `name` with dots: `net.mptcp.checksum_enabled`. */
  | { op: 'sysctl-set'; name: string; value: string }
  | { op: 'sysctl-get'; name: string }
  /** Answers every counter by its name (`MPTcpExt.MPCapableSYNRX`). */
  | { op: 'counters' }
  /** Closes all sockets with a reset, cancels what waits, and sets the host back to how it was made. */
  | { op: 'reset' };

/** A call of the application, or of the host's administrator. */
export type Call = SocketCall | HostCall;

/** A socket's addresses. */
export interface Addresses {
  address: string;
  port: number;
  peerAddress: string;
  peerPort: number;
}

/** An endpoint of the path manager. */
export interface Endpoint {
  id: number;
  address: string;
  port?: number;
  device?: string;
  flags: EndpointFlags;
}

/** The answer of `info`. Names without a dash are those of Linux's `struct mptcp_info`. */
export interface ConnectionInfo {
  proto: 'mptcp' | 'tcp';
  /** Whether the connection speaks MPTCP: false for TCP and after a fall-back. */
  mptcp: boolean;
  fallback: boolean;
  remoteKey: boolean;
  /** Subflows besides the first. */
  subflows: number;
  token: number;
  writeSeq: bigint;
  sndUna: bigint;
  rcvNxt: bigint;
  checksum: boolean;
  /** RFC 9293's name of the first subflow's state, with underscores: `ESTABLISHED`. */
  tcpState: string;
  tcpRetransmits: number;
  /** Microseconds. */
  tcpRtt: number;
  tcpSndMss: number;
}

/** Value of a result's field. */
export type Field =
  | string
  | number
  | bigint
  | boolean
  | Uint8Array
  | readonly Addresses[]
  | readonly Endpoint[]
  | Readonly<Record<string, number>>;

/** A packet for the wire. Lengths and checksums are left to the encoder. */
interface PacketOutput {
  kind: 'packet';
  device: string;
  packet: Packet;
}

/** The end of a call. `errno` is Linux's name (`ECONNREFUSED`); `fields` may hold what was done before an error. */
export type ResultOutput =
  | { kind: 'result'; id: number; ok: true; fields: Readonly<Record<string, Field>> }
  | { kind: 'result'; id: number; ok: false; errno: string; fields: Readonly<Record<string, Field>> };

/** A packet of the stack, or the result of a call. */
export type Output = PacketOutput | ResultOutput;
