import { canonicalAddress } from './address.ts';
import { ByteWriter, plainBytes, viewOf } from './bytes.ts';
import { internetChecksum, pseudoHeaderSum } from './checksum.ts';
import { addressBytes, decodeIp, ipBounds, notTcp, PROTOCOL, writeIpHeader } from './ip.ts';
import { decodeSegmentAt, encodeOptionArea, padOptions, writeTcp } from './tcp.ts';
import type { Family, IpHeader, Ipv6Header, NotTcp, Packet } from './types.ts';

/** Whether a decoder's answer is a {@link NotTcp}. */
export function isNotTcp(result: object): result is NotTcp {
  return 'problem' in result;
}

/**
 * Bytes of a whole packet. Options are padded to whole words; lengths and checksums that are absent are computed,
 * those that are given are written as they are. The four reserved bits beside Data Offset are written as zero.
 *
 * @throws EncodeError when a value does not fit its field, or options exceed 40 bytes and no `dataOffset` is given
 */
export function encodePacket(packet: Packet): Uint8Array {
  const { ip, tcp } = packet;
  const optionArea = encodeOptionArea(tcp);
  const length = 20 + optionArea.length + tcp.payload.length;
  const w = new ByteWriter(60 + length);
  writeIpHeader(w, ip, length);
  const start = w.length;
  writeTcp(w, tcp, optionArea);
  if (tcp.checksum === undefined) {
    const sum = pseudoHeaderSum(addressBytes(w.bytes(), ip.family), PROTOCOL.TCP, length);
    w.patchU16(start + 16, internetChecksum(w.bytes().subarray(start), sum), 'tcp.checksum');
  }
  return w.bytes().slice();
}

/**
 * Reads a whole TCP/IP packet. Never throws. All lengths and checksums are filled in as they stand on the wire, right
 * or wrong; {@link verifyChecksums} judges them. IPv6 extension headers are kept in `ip.extensions`. Bytes behind the
 * IP packet are dropped. Byte fields are views into `bytes`: copy first when the buffer will be used again.
 */
export function decodePacket(bytes: Uint8Array): Packet | NotTcp {
  const plain = plainBytes(bytes);
  const view = viewOf(plain);
  const found = decodeIp(plain, view);
  if (isNotTcp(found)) return found;
  if (found.ip.protocol !== PROTOCOL.TCP) return otherProtocol(found.ip.protocol);
  const tcp = decodeSegmentAt(plain, view, found.start, found.end);
  return isNotTcp(tcp) ? tcp : { ip: found.ip, tcp };
}

function otherProtocol(protocol: number): NotTcp {
  return notTcp('not_tcp', `IP protocol: expected ${PROTOCOL.TCP} (TCP), got ${protocol}`);
}

/**
 * Reads a TCP segment that came without its IP header, as raw IPv6 sockets deliver it. The header in the answer holds
 * the addresses given; what cannot be known (hop limit, traffic class, flow label, identification) is as
 * {@link synthesizeIpv6} has it.
 */
export function decodeTcp(bytes: Uint8Array, from: { src: string; dst: string; family: Family }): Packet | NotTcp {
  const plain = plainBytes(bytes);
  const tcp = decodeSegmentAt(plain, viewOf(plain), 0, plain.length);
  return isNotTcp(tcp) ? tcp : { ip: assumedHeader(from, plain.length), tcp };
}

function assumedHeader(from: { src: string; dst: string; family: Family }, length: number): IpHeader {
  const src = canonicalAddress(from.src);
  const dst = canonicalAddress(from.dst);
  if (from.family === 'ipv6') return { ...assumedIpv6(src, dst), payloadLength: length };
  const assumed: IpHeader = {
    family: 'ipv4',
    src,
    dst,
    tos: 0,
    id: 0,
    fragment: 0x4000,
    ttl: 64,
    protocol: PROTOCOL.TCP,
    totalLength: 20 + length,
  };
  const w = new ByteWriter();
  writeIpHeader(w, assumed, length);
  return { ...assumed, checksum: viewOf(w.bytes()).getUint16(10) };
}

function assumedIpv6(src: string, dst: string): Ipv6Header {
  return { family: 'ipv6', src, dst, trafficClass: 0, flowLabel: 0, hopLimit: 64, protocol: PROTOCOL.TCP };
}

/**
 * Puts an IPv6 header (hop limit 64, traffic class and flow label 0) before a TCP segment; the segment is left as it
 * is, checksum included.
 *
 * @throws EncodeError when an address is not an IPv6 address, or the segment exceeds 65535 bytes
 */
export function synthesizeIpv6(src: string, dst: string, tcpBytes: Uint8Array): Uint8Array {
  const w = new ByteWriter(40 + tcpBytes.length);
  writeIpHeader(w, assumedIpv6(src, dst), tcpBytes.length);
  w.put(tcpBytes);
  return w.bytes().slice();
}

/**
 * Whether the checksums of a packet are right. `ip` is true for IPv6, which has none.
 *
 * The destination of a routing header (RFC 8200 §8.1) is not looked up: the addresses of the IP header count.
 */
export function verifyChecksums(bytes: Uint8Array): { ip: boolean; tcp: boolean } | NotTcp {
  const plain = plainBytes(bytes);
  const found = ipBounds(plain, viewOf(plain));
  if (isNotTcp(found)) return found;
  if (found.protocol !== PROTOCOL.TCP) return otherProtocol(found.protocol);
  const sum = pseudoHeaderSum(addressBytes(plain, found.family), PROTOCOL.TCP, found.end - found.start);
  return {
    ip: found.family === 'ipv6' || internetChecksum(plain.subarray(0, found.start)) === 0,
    tcp: internetChecksum(plain.subarray(found.start, found.end), sum) === 0,
  };
}

/**
 * Whether the TCP checksum says that the segment is as its sender made it: it is right, or it is the sum of the
 * pseudo-header alone, which a network card was to complete. A payload that was overwritten afterwards shows so.
 */
export function isAsSent(bytes: Uint8Array): boolean {
  const plain = plainBytes(bytes);
  const found = ipBounds(plain, viewOf(plain));
  if (isNotTcp(found) || found.protocol !== PROTOCOL.TCP) return false;
  const { start, end, family } = found;
  const sum = pseudoHeaderSum(addressBytes(plain, family), PROTOCOL.TCP, end - start);
  if (internetChecksum(plain.subarray(start, end), sum) === 0) return true;
  return viewOf(plain).getUint16(start + 16) === sum;
}

/**
 * The packet as it looks after a round trip: `decodePacket(encodePacket(p))` equals `normalizePacket(p)` for every
 * well-formed `p`. Padding, lengths, checksums and Data Offset are filled in, addresses are in canonical form. Values
 * that are wrong on purpose (`length`, `dataOffset`, `totalLength`, `raw`) are kept and may decode to something else.
 */
export function normalizePacket(packet: Packet): Packet {
  const { ip, tcp } = packet;
  const bytes = encodePacket(packet);
  const view = viewOf(bytes);
  const src = canonicalAddress(ip.src);
  const dst = canonicalAddress(ip.dst);
  const options = [...padOptions(tcp.options)];
  const optionBytes = encodeOptionArea(tcp).length;
  const start = bytes.length - tcp.payload.length - optionBytes - 20;
  const lengths =
    ip.family === 'ipv4'
      ? { ...ip, src, dst, totalLength: view.getUint16(2), checksum: view.getUint16(10) }
      : { ...ip, src, dst, payloadLength: view.getUint16(4) };
  return {
    ip: lengths,
    tcp: { ...tcp, options, dataOffset: view.getUint8(start + 12) >> 4, checksum: view.getUint16(start + 16) },
  };
}
