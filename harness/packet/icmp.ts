import { ByteWriter, plainBytes, viewOf } from './bytes.ts';
import { internetChecksum, pseudoHeaderSum } from './checksum.ts';
import { addressBytes, ipBounds, PROTOCOL, writeIpHeader } from './ip.ts';
import type { Family, IpHeader } from './types.ts';

/** Identification of an echo request, which its reply repeats (RFC 792, RFC 4443 §4). */
export interface Echo {
  /** 0..65535 */
  id: number;
  /** 0..65535 */
  seq: number;
  payload: Uint8Array;
}

/** An echo request to send. */
export interface EchoRequest {
  family: Family;
  src: string;
  dst: string;
  id: number;
  seq: number;
  payload?: Uint8Array;
}

const ICMP = { ECHO_REPLY: 0, ECHO_REQUEST: 8 } as const;
const ICMPV6 = { ECHO_REQUEST: 128, ECHO_REPLY: 129 } as const;

/**
 * A whole IP packet with an ICMP or ICMPv6 echo request, checksums included.
 *
 * @throws EncodeError when a value does not fit its field
 */
export function encodeEchoRequest(request: EchoRequest): Uint8Array {
  const { family, src, dst, payload = new Uint8Array(0) } = request;
  const ip: IpHeader =
    family === 'ipv4'
      ? { family, src, dst, tos: 0, id: 0, fragment: 0x4000, ttl: 64, protocol: PROTOCOL.ICMP }
      : { family, src, dst, trafficClass: 0, flowLabel: 0, hopLimit: 64, protocol: PROTOCOL.ICMPV6 };
  const length = 8 + payload.length;
  const w = new ByteWriter(40 + length);
  writeIpHeader(w, ip, length);
  const start = w.length;
  w.u8(family === 'ipv4' ? ICMP.ECHO_REQUEST : ICMPV6.ECHO_REQUEST, 'icmp.type');
  w.u8(0, 'icmp.code');
  w.u16(0, 'icmp.checksum');
  w.u16(request.id, 'icmp.id');
  w.u16(request.seq, 'icmp.seq');
  w.put(payload);
  const sum = icmpSum(w.bytes(), family, length);
  w.patchU16(start + 2, internetChecksum(w.bytes().subarray(start), sum), 'icmp.checksum');
  return w.bytes().slice();
}

/** ICMPv6 has a pseudo-header (RFC 4443 §2.3), ICMP has none. `packet` starts with the IP header. */
function icmpSum(packet: Uint8Array, family: Family, length: number): number {
  return family === 'ipv4' ? 0 : pseudoHeaderSum(addressBytes(packet, family), PROTOCOL.ICMPV6, length);
}

/**
 * Reads an echo reply: a whole IPv4 or IPv6 packet, or a bare ICMPv6 message (raw IPv6 sockets deliver no IP header).
 * They cannot be mixed up: the first byte of a bare reply is 129. The checksum is verified except on a bare message,
 * whose addresses are not known here; the kernel has verified it.
 *
 * @returns undefined for anything else; never throws
 */
export function decodeEchoReply(bytes: Uint8Array): Echo | undefined {
  const plain = plainBytes(bytes);
  if (plain[0] === ICMPV6.ECHO_REPLY) return readEcho(plain, ICMPV6.ECHO_REPLY);
  const found = ipBounds(plain, viewOf(plain));
  if ('problem' in found) return undefined;
  const { family, protocol, start, end } = found;
  const message = plain.subarray(start, end);
  const isV4 = family === 'ipv4';
  if (protocol !== (isV4 ? PROTOCOL.ICMP : PROTOCOL.ICMPV6)) return undefined;
  if (internetChecksum(message, icmpSum(plain, family, message.length)) !== 0) return undefined;
  return readEcho(message, isV4 ? ICMP.ECHO_REPLY : ICMPV6.ECHO_REPLY);
}

function readEcho(message: Uint8Array, type: number): Echo | undefined {
  if (message.length < 8 || message[0] !== type || message[1] !== 0) return undefined;
  const view = viewOf(message);
  return { id: view.getUint16(4), seq: view.getUint16(6), payload: message.subarray(8) };
}
