/**
 * The packet model: what the codec turns bytes into and back.
 *
 * All numbers are host values of the fields as RFC 9293, RFC 8684 and the IP RFCs define them; 64-bit fields are
 * `bigint`. Nothing here does I/O.
 */

/** IP version of a packet or a scenario variant. */
export type Family = 'ipv4' | 'ipv6';

/** TCP flag bits, as in the 13th and 14th octet of the header (RFC 9293 §3.1). */
export const FLAG = { FIN: 0x01, SYN: 0x02, RST: 0x04, PSH: 0x08, ACK: 0x10, URG: 0x20, ECE: 0x40, CWR: 0x80 } as const;

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
  /** Its protocol number: what the Next Header octet before it says. */
  type: number;
  /** The whole header, its own Next Header octet included. Written as it is. */
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
  /** The four bits behind the header length, where any is set; the lowest is AE of RFC 9768. */
  reserved?: number;
  checksum?: number;
}

/** A whole TCP/IP packet. */
export interface Packet {
  ip: IpHeader;
  tcp: TcpSegment;
}

/** What every option may carry: a length octet that lies on purpose. */
interface Lying {
  /** The Length octet to write; the true length when absent. The decoder never sets it on a well-formed option. */
  length?: number;
}

export interface OptionEol {
  kind: 'eol';
}
export interface OptionNop {
  kind: 'nop';
}
export interface OptionMss extends Lying {
  kind: 'mss';
  mss: number;
}
/** Window scale (RFC 7323 §2). */
export interface OptionWindowScale extends Lying {
  kind: 'wscale';
  shift: number;
}
export interface OptionSackPermitted extends Lying {
  kind: 'sack_ok';
}
/** SACK blocks (RFC 2018), absolute sequence numbers, right edge exclusive. */
export interface OptionSack extends Lying {
  kind: 'sack';
  blocks: { left: number; right: number }[];
}
/** Timestamps (RFC 7323 §3). */
export interface OptionTimestamps extends Lying {
  kind: 'ts';
  value: number;
  echo: number;
}
/** TCP fast open cookie (RFC 7413 §4.1.1); an empty cookie is a request. */
export interface OptionFastOpen extends Lying {
  kind: 'fastopen';
  cookie: Uint8Array;
}
/** Any other TCP option kind, well formed. `data` is what follows Kind and Length. */
export interface OptionUnknown extends Lying {
  kind: 'unknown';
  code: number;
  data: Uint8Array;
}

/** MP_CAPABLE (RFC 8684 §3.1), and its v0 forms (RFC 6824 §3.1: the key already on the SYN). */
export interface OptionMpCapable extends Lying {
  kind: 'mp_capable';
  version: number;
  /** The flag octet: A is 0x80, B 0x40, C 0x20, D to H 0x10 to 0x01. */
  flags: number;
  senderKey?: bigint;
  receiverKey?: bigint;
  /** Data-Level Length. */
  dataLength?: number;
  checksum?: number;
}

/** MP_JOIN on a SYN (RFC 8684 §3.2, figure 5). */
export interface OptionMpJoinSyn extends Lying {
  kind: 'mp_join';
  form: 'syn';
  /** The three reserved bits before B, 0..7. */
  reserved: number;
  backup: boolean;
  addressId: number;
  token: number;
  nonce: number;
}

/** MP_JOIN on a SYN/ACK (figure 6). */
export interface OptionMpJoinSynAck extends Lying {
  kind: 'mp_join';
  form: 'synack';
  reserved: number;
  backup: boolean;
  addressId: number;
  /** Leftmost 64 bits of the HMAC, 8 octets. */
  hmac: Uint8Array;
  nonce: number;
}

/** MP_JOIN on the third ACK (figure 7). */
export interface OptionMpJoinAck extends Lying {
  kind: 'mp_join';
  form: 'ack';
  /** The twelve reserved bits, 0..4095. */
  reserved: number;
  /** Leftmost 160 bits of the HMAC, 20 octets. */
  hmac: Uint8Array;
}

export type OptionMpJoin = OptionMpJoinSyn | OptionMpJoinSynAck | OptionMpJoinAck;

/** DSS (RFC 8684 §3.3, figure 9). Which fields are present follows from `flagA` and `flagM`. */
export interface OptionDss extends Lying {
  kind: 'dss';
  /** The seven reserved bits before F, 0..127. */
  reserved: number;
  /** F: DATA_FIN. */
  dataFin: boolean;
  /** m: the DSN has 8 octets. */
  dsn8: boolean;
  /** M: a mapping is present. */
  hasMap: boolean;
  /** a: the Data ACK has 8 octets. */
  dataAck8: boolean;
  /** A: a Data ACK is present. */
  hasDataAck: boolean;
  /** 32 or 64 bits, as `dataAck8` says. */
  dataAck?: bigint;
  dsn?: bigint;
  /** Relative subflow sequence number. */
  ssn?: number;
  dataLength?: number;
  checksum?: number;
}

/** ADD_ADDR (RFC 8684 §3.4.1, figure 12). */
export interface OptionAddAddr extends Lying {
  kind: 'add_addr';
  /** The three reserved bits before E, 0..7. In v0 this nibble held the IP version. */
  reserved: number;
  echo: boolean;
  addressId: number;
  address: string;
  port?: number;
  /** Rightmost 64 bits of the HMAC, 8 octets; absent on an echo. */
  hmac?: Uint8Array;
}

/** REMOVE_ADDR (§3.4.2, figure 13). */
export interface OptionRemoveAddr extends Lying {
  kind: 'remove_addr';
  reserved: number;
  addressIds: number[];
}

/** MP_PRIO (§3.3.8, figure 11); v0 could carry an address id. */
export interface OptionMpPrio extends Lying {
  kind: 'mp_prio';
  reserved: number;
  backup: boolean;
  addressId?: number;
}

/** MP_FAIL (§3.7, figure 16). */
export interface OptionMpFail extends Lying {
  kind: 'mp_fail';
  reserved: number;
  dsn: bigint;
}

/** MP_FASTCLOSE (§3.5, figure 14). */
export interface OptionMpFastclose extends Lying {
  kind: 'mp_fastclose';
  reserved: number;
  receiverKey: bigint;
}

/** MP_TCPRST (§3.6, figure 15). */
export interface OptionMpTcprst extends Lying {
  kind: 'mp_tcprst';
  /** U, V and W as 3 bits, 0..7. */
  reserved: number;
  /** T: the condition is transient. */
  transient: boolean;
  reason: number;
}

/** MP_EXPERIMENTAL (§7.2, subtype 0xf). `nibble` is the low half of the subtype octet. */
export interface OptionMpExperimental extends Lying {
  kind: 'mp_experimental';
  nibble: number;
  data: Uint8Array;
}

/** An MPTCP option with an unassigned subtype (9..14). */
export interface OptionMptcpUnknown extends Lying {
  kind: 'mptcp_unknown';
  subtype: number;
  nibble: number;
  data: Uint8Array;
}

/** Why bytes in an option area could not be read as the option they announce. */
export type MalformedReason =
  | 'truncated' /* the Length octet reaches past the option area */
  | 'no_length' /* a kind without its Length octet at the end of the area */
  | 'short_length' /* Length below 2 */
  | 'bad_length'; /* a length that the option (or MPTCP subtype and flags) does not have */

/** Bytes that are not a well-formed option, kept whole so that they encode again to themselves. */
export interface OptionMalformed {
  kind: 'malformed';
  /** The Kind octet. */
  code: number;
  /** The MPTCP subtype, when Kind is 30 and the octet is there. */
  subtype?: number;
  reason: MalformedReason;
  /** One line for people: what was found and what would have been right. */
  message: string;
  /** All octets, Kind included. */
  raw: Uint8Array;
}

/** What stands behind an `eol` up to the end of the option area; zeros when the sender keeps to RFC 9293 §3.1. */
export interface OptionPadding {
  kind: 'padding';
  raw: Uint8Array;
}

/** Octets written as they are, for what the model cannot say. Only ever encoded, never decoded. */
export interface OptionRaw {
  kind: 'raw';
  raw: Uint8Array;
}

export type MptcpOption =
  | OptionMpCapable
  | OptionMpJoin
  | OptionDss
  | OptionAddAddr
  | OptionRemoveAddr
  | OptionMpPrio
  | OptionMpFail
  | OptionMpFastclose
  | OptionMpTcprst
  | OptionMpExperimental
  | OptionMptcpUnknown;

export type TcpOption =
  | OptionEol
  | OptionNop
  | OptionMss
  | OptionWindowScale
  | OptionSackPermitted
  | OptionSack
  | OptionTimestamps
  | OptionFastOpen
  | OptionUnknown
  | MptcpOption
  | OptionMalformed
  | OptionPadding
  | OptionRaw;

/** What the decoder makes of bytes that are no TCP/IP packet. */
export interface NotTcp {
  problem: 'truncated' | 'not_ip' | 'not_tcp' | 'fragment' | 'bad_header_length';
  /** One line for people. */
  message: string;
}
