/**
 * The packet model: what the codec turns bytes into and back.
 *
 * All numbers are host values of the fields as RFC 9293, RFC 8684 and the IP RFCs define them; 64-bit fields are
 * `bigint`. Nothing here does I/O.
 */
import type { TcpOption } from './options/registry.ts';

export type * from './options/add-addr.ts';
export type * from './options/bare.ts';
export type * from './options/dss.ts';
export type * from './options/fastopen.ts';
export type * from './options/mp-capable.ts';
export type * from './options/mp-experimental.ts';
export type * from './options/mp-fail.ts';
export type * from './options/mp-fastclose.ts';
export type * from './options/mp-join.ts';
export type * from './options/mp-prio.ts';
export type * from './options/mp-tcprst.ts';
export type * from './options/mptcp-unknown.ts';
export type * from './options/mss.ts';
export type * from './options/remove-addr.ts';
export type * from './options/sack.ts';
export type * from './options/timestamps.ts';
export type * from './options/unknown.ts';
export type * from './options/wscale.ts';
export type { Family } from './address.ts';
export type { MptcpOption, OptionKind, TcpOption } from './options/registry.ts';

/** TCP flag bits, as in the 13th and 14th byte of the header (RFC 9293 §3.1). */
export const FLAG = { FIN: 0x01, SYN: 0x02, RST: 0x04, PSH: 0x08, ACK: 0x10, URG: 0x20, ECE: 0x40, CWR: 0x80 } as const;

/** Whether a segment opens a conversation: a SYN without ACK. */
export function isOpeningSyn({ flags }: Pick<TcpSegment, 'flags'>): boolean {
  return (flags & (FLAG.SYN | FLAG.ACK)) === FLAG.SYN;
}

/** An IPv4 header. `totalLength` and `checksum` are computed on encoding when absent. */
export interface Ipv4Header {
  family: 'ipv4';
  /** Dotted quad. */
  src: string;
  dst: string;
  tos: number;
  id: number;
  /** Flags and fragment offset, 16 bits (0x4000 is DF). */
  fragment: number;
  ttl: number;
  protocol: number;
  totalLength?: number;
  checksum?: number;
  /** IP options, raw; length a multiple of 4. */
  options?: Uint8Array;
}

/** An IPv6 extension header (RFC 8200 §4), kept as it came. */
export interface Ipv6Extension {
  /** Its protocol number: what the Next Header byte before it says. */
  type: number;
  /** The whole header, its own Next Header byte included. Written as it is. */
  raw: Uint8Array;
}

/** An IPv6 header; extension headers before TCP are kept raw in `extensions`. */
export interface Ipv6Header {
  family: 'ipv6';
  /** Canonical text form (RFC 5952). */
  src: string;
  dst: string;
  trafficClass: number;
  flowLabel: number;
  hopLimit: number;
  /** Next header of the last header in the chain: 6 for TCP. */
  protocol: number;
  payloadLength?: number;
  /** In the order of the wire; absent when there are none. */
  extensions?: Ipv6Extension[];
}

/** Header of either IP version. */
export type IpHeader = Ipv4Header | Ipv6Header;

/** A TCP segment. `checksum` and `dataOffset` are computed on encoding when absent. */
export interface TcpSegment {
  srcPort: number;
  dstPort: number;
  /** Absolute 32-bit sequence number. */
  seq: number;
  /** Absolute 32-bit acknowledgment number. */
  ack: number;
  /** Bit set of {@link FLAG}. */
  flags: number;
  /** Window field as on the wire, unscaled. */
  window: number;
  urgent: number;
  options: TcpOption[];
  payload: Uint8Array;
  /** Header length in 32-bit words. */
  dataOffset?: number;
  /** The four bits after the header length, where any is set; the lowest is AE of RFC 9768. */
  reserved?: number;
  checksum?: number;
}

/** A whole TCP/IP packet. */
export interface Packet {
  ip: IpHeader;
  tcp: TcpSegment;
}

/** Result of decoding bytes that are not a TCP/IP packet. */
export interface NotTcp {
  problem: 'truncated' | 'not_ip' | 'not_tcp' | 'fragment' | 'bad_header_length';
  /** One line for people. */
  message: string;
}
