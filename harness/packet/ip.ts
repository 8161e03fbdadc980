import { formatAddress, knownAddress } from './address.ts';
import { ByteWriter, EncodeError, inRange } from './bytes.ts';
import { internetChecksum } from './checksum.ts';
import type { Family, IpHeader, Ipv4Header, Ipv6Extension, Ipv6Header, NotTcp } from './types.ts';

/** IP protocol numbers in use here. */
export const PROTOCOL = { ICMP: 1, TCP: 6, ICMPV6: 58 } as const;

/** A decoded IP header and where its payload lies in the packet. */
export interface IpPacket {
  ip: IpHeader;
  /** Offset of the first byte of the upper-layer header. */
  start: number;
  /** Offset after the last byte that the IP header counts. */
  end: number;
}

/** Source and destination address as they stand in the IP header at the start of `bytes`: 8 or 32 bytes. */
export function addressBytes(bytes: Uint8Array, family: Family): Uint8Array {
  return family === 'ipv4' ? bytes.subarray(12, 20) : bytes.subarray(8, 40);
}

/** Addresses of 4 or 16 bytes that both belong to `family`. */
function parseEndpoints(header: { family: string; src: string; dst: string }): [Uint8Array, Uint8Array] {
  const src = knownAddress(header.src);
  const dst = knownAddress(header.dst);
  const expected = header.family === 'ipv4' ? 4 : 16;
  if (src.length !== expected || dst.length !== expected) {
    throw new EncodeError(
      `${header.family} header: expected addresses of that family, got ${header.src} and ${header.dst}; change one`,
    );
  }
  return [src, dst];
}

/** Appends an IP header for `payloadLength` bytes of upper-layer data; absent lengths and checksum are computed. */
export function writeIpHeader(w: ByteWriter, ip: IpHeader, payloadLength: number): void {
  if (ip.family === 'ipv4') writeIpv4(w, ip, payloadLength);
  else writeIpv6(w, ip, payloadLength);
}

const NO_BYTES = new Uint8Array(0);

function writeIpv4(w: ByteWriter, ip: Ipv4Header, payloadLength: number): void {
  const start = w.length;
  const [src, dst] = parseEndpoints(ip);
  const options = ip.options ?? NO_BYTES;
  if (options.length % 4 !== 0 || options.length > 40) {
    throw new EncodeError(`ip.options: expected 0 to 40 bytes, a multiple of 4, got ${options.length}; pad with zeros`);
  }
  const headerLength = 20 + options.length;
  w.u8(0x40 | (headerLength / 4), 'ip.version');
  w.u8(ip.tos, 'ip.tos');
  w.u16(ip.totalLength ?? headerLength + payloadLength, 'ip.totalLength');
  w.u16(ip.id, 'ip.id');
  w.u16(ip.fragment, 'ip.fragment');
  w.u8(ip.ttl, 'ip.ttl');
  w.u8(ip.protocol, 'ip.protocol');
  w.u16(0, 'ip.checksum');
  w.put(src);
  w.put(dst);
  w.put(options);
  w.patchU16(start + 10, ip.checksum ?? internetChecksum(w.bytes().subarray(start)), 'ip.checksum');
}

function writeIpv6(w: ByteWriter, ip: Ipv6Header, payloadLength: number): void {
  const [src, dst] = parseEndpoints(ip);
  const extensions = ip.extensions ?? [];
  const extra = extensions.reduce((sum, extension) => sum + extension.raw.length, 0);
  const traffic = inRange(ip.trafficClass, 0xff, 'ip.trafficClass');
  w.u32(0x60000000 + traffic * 0x100000 + inRange(ip.flowLabel, 0xfffff, 'ip.flowLabel'), 'ip.version');
  w.u16(ip.payloadLength ?? extra + payloadLength, 'ip.payloadLength');
  w.u8(extensions[0]?.type ?? ip.protocol, 'ip.protocol');
  w.u8(ip.hopLimit, 'ip.hopLimit');
  w.put(src);
  w.put(dst);
  for (const extension of extensions) w.put(extension.raw);
}

/** A {@link NotTcp}. */
export function notTcp(problem: NotTcp['problem'], message: string): NotTcp {
  return { problem, message };
}

function cutShort(what: string, expected: number, got: number): NotTcp {
  return notTcp('truncated', `${what}: expected ${expected} bytes, got ${got}`);
}

/** The part of {@link IpPacket} that checksums need: addresses are made into text for every other use. */
export interface IpBounds {
  family: Family;
  /** The upper-layer protocol. */
  protocol: number;
  start: number;
  end: number;
}

/** As {@link decodeIp}, without the header's fields. */
export function ipBounds(bytes: Uint8Array, view: DataView): IpBounds | NotTcp {
  const version = bytes.length === 0 ? 0 : view.getUint8(0) >> 4;
  if (version === 4) return boundsOfIpv4(bytes, view);
  if (version === 6 && bytes.length >= 40) {
    const protocol = view.getUint8(6);
    const end = 40 + view.getUint16(4);
    if (!isExtension(protocol) && end <= bytes.length) return { family: 'ipv6', protocol, start: 40, end };
  }
  const found = decodeIp(bytes, view);
  if ('problem' in found) return found;
  return { family: found.ip.family, protocol: found.ip.protocol, start: found.start, end: found.end };
}

/**
 * Reads the IP header in front of a packet. Bytes after the length that the header gives (link-layer padding) are left out.
 *
 * @param view covers `bytes`
 */
export function decodeIp(bytes: Uint8Array, view: DataView): IpPacket | NotTcp {
  if (bytes.length === 0) return cutShort('packet', 20, 0);
  const version = view.getUint8(0) >> 4;
  if (version === 4) return decodeIpv4(bytes, view);
  if (version === 6) return decodeIpv6(bytes, view);
  return notTcp('not_ip', `IP version: expected 4 or 6, got ${version}`);
}

/** Where the payload of an IPv4 packet lies. */
function boundsOfIpv4(bytes: Uint8Array, view: DataView): IpBounds | NotTcp {
  if (bytes.length < 20) return cutShort('IPv4 header', 20, bytes.length);
  const headerLength = (view.getUint8(0) & 0x0f) * 4;
  const totalLength = view.getUint16(2);
  if (headerLength < 20) {
    return notTcp('bad_header_length', `IPv4 header length: expected 20 or more, got ${headerLength}`);
  }
  if (totalLength < headerLength) {
    return notTcp('bad_header_length', `IPv4 total length: expected ${headerLength} or more, got ${totalLength}`);
  }
  if (totalLength > bytes.length) return cutShort('IPv4 packet', totalLength, bytes.length);
  const fragment = view.getUint16(6);
  if ((fragment & 0x3fff) !== 0) {
    const offset = (fragment & 0x1fff) * 8;
    return notTcp('fragment', `a fragment at offset ${offset}, more fragments: ${(fragment & 0x2000) !== 0}`);
  }
  return { family: 'ipv4', protocol: view.getUint8(9), start: headerLength, end: totalLength };
}

function decodeIpv4(bytes: Uint8Array, view: DataView): IpPacket | NotTcp {
  const bounds = boundsOfIpv4(bytes, view);
  if ('problem' in bounds) return bounds;
  const ip: Ipv4Header = {
    family: 'ipv4',
    src: formatAddress(bytes.subarray(12, 16)),
    dst: formatAddress(bytes.subarray(16, 20)),
    tos: view.getUint8(1),
    id: view.getUint16(4),
    fragment: view.getUint16(6),
    ttl: view.getUint8(8),
    protocol: bounds.protocol,
    totalLength: bounds.end,
    checksum: view.getUint16(10),
  };
  if (bounds.start > 20) ip.options = bytes.subarray(20, bounds.start);
  return { ip, start: bounds.start, end: bounds.end };
}

function decodeIpv6(bytes: Uint8Array, view: DataView): IpPacket | NotTcp {
  if (bytes.length < 40) return cutShort('IPv6 header', 40, bytes.length);
  const payloadLength = view.getUint16(4);
  const end = 40 + payloadLength;
  if (end > bytes.length) return cutShort('IPv6 packet', end, bytes.length);
  const word = view.getUint32(0);
  const ip: Ipv6Header = {
    family: 'ipv6',
    src: formatAddress(bytes.subarray(8, 24)),
    dst: formatAddress(bytes.subarray(24, 40)),
    trafficClass: (word >>> 20) & 0xff,
    flowLabel: word & 0xfffff,
    hopLimit: view.getUint8(7),
    protocol: view.getUint8(6),
    payloadLength,
  };
  return isExtension(ip.protocol) ? skipExtensions(bytes, view, ip, end) : { ip, start: 40, end };
}

/** Extension headers (RFC 8200 §4) that something can follow; ESP and No Next Header end the walk. */
function isExtension(type: number): boolean {
  switch (type) {
    case 0: /* hop-by-hop options */
    case 43: /* routing */
    case 44: /* fragment */
    case 51: /* authentication */
    case 60: /* destination options */
    case 135: /* mobility */
    case 139: /* host identity */
    case 140 /* shim6 */:
      return true;
    default:
      return false;
  }
}

/** Bytes of an extension header: the fragment header has no length field, AH counts in words of 4 (RFC 4302 §2.2). */
function extensionLength(type: number, lengthField: number): number {
  if (type === 44) return 8;
  return type === 51 ? (lengthField + 2) * 4 : (lengthField + 1) * 8;
}

function skipExtensions(bytes: Uint8Array, view: DataView, ip: Ipv6Header, end: number): IpPacket | NotTcp {
  const extensions: Ipv6Extension[] = [];
  let start = 40;
  let type = ip.protocol;
  while (isExtension(type)) {
    const length = start + 8 <= end ? extensionLength(type, view.getUint8(start + 1)) : 8;
    if (start + length > end) return cutShort(`IPv6 extension header ${type}`, length, end - start);
    if (type === 44 && (view.getUint16(start + 2) & 0xfff9) !== 0) {
      return notTcp('fragment', `a fragment at offset ${view.getUint16(start + 2) & 0xfff8}`);
    }
    extensions.push({ type, raw: bytes.subarray(start, start + length) });
    type = view.getUint8(start);
    start += length;
  }
  ip.extensions = extensions;
  ip.protocol = type;
  return { ip, start, end };
}
