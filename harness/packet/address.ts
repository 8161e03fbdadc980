import { EncodeError } from './bytes.ts';

/** IP version of a packet or a scenario variant. */
export type Family = 'ipv4' | 'ipv6';

function notAnAddress(text: string, why: string): EncodeError {
  return new EncodeError(
    `address "${text}": ${why}; write IPv4 as four decimal numbers (192.0.2.1), IPv6 as in RFC 4291 (2001:db8::1)`,
  );
}

/** `ipv6` for a text with a colon, `ipv4` otherwise. The text is not checked. */
export function familyOf(text: string): Family {
  return text.includes(':') ? 'ipv6' : 'ipv4';
}

/**
 * Bytes of an address in text form: 4 for IPv4, 16 for IPv6. A v4-mapped address (`::ffff:192.0.2.1`) is an IPv6
 * address. Zone identifiers and IPv4 numbers with leading zeros are refused.
 *
 * @throws EncodeError when the text is not an address
 */
export function parseAddress(text: string): Uint8Array {
  return knownAddress(text).slice();
}

/** Addresses parsed so far: a run has a few, and they are in every packet. */
const KNOWN = new Map<string, Uint8Array>();
const MOST_KNOWN = 4096;

/** As {@link parseAddress}; the bytes are shared, so they must not be changed. @throws EncodeError */
export function knownAddress(text: string): Uint8Array {
  const known = KNOWN.get(text);
  if (known !== undefined) return known;
  const bytes = familyOf(text) === 'ipv6' ? parseIpv6(text) : parseIpv4(text, text);
  if (KNOWN.size >= MOST_KNOWN) KNOWN.clear();
  KNOWN.set(text, bytes);
  return bytes;
}

function parseIpv4(quad: string, whole: string): Uint8Array {
  const parts = quad.split('.');
  if (parts.length !== 4) throw notAnAddress(whole, `expected 4 numbers between dots, got ${parts.length}`);
  const bytes = new Uint8Array(4);
  parts.forEach((part, i) => {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) {
      throw notAnAddress(whole, `expected a number from 0 to 255, got "${part}"`);
    }
    bytes[i] = Number(part);
  });
  return bytes;
}

/** Bytes of the colon-separated groups on one side of `::`; the last group may be a dotted quad. */
function parseGroups(side: string, whole: string): number[] {
  if (side === '') return [];
  const groups = side.split(':');
  return groups.flatMap((group, i) => {
    if (group.includes('.') && i === groups.length - 1) return [...parseIpv4(group, whole)];
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) throw notAnAddress(whole, `expected 1 to 4 hex digits, got "${group}"`);
    const word = parseInt(group, 16);
    return [word >> 8, word & 0xff];
  });
}

function parseIpv6(text: string): Uint8Array {
  const [head = '', tail, ...more] = text.split('::');
  if (more.length > 0) throw notAnAddress(text, 'expected "::" at most once');
  const before = parseGroups(head, text);
  if (tail === undefined) {
    if (before.length !== 16) throw notAnAddress(text, `expected 16 bytes, got ${before.length}`);
    return Uint8Array.from(before);
  }
  if (head.includes('.')) throw notAnAddress(text, 'expected the dotted part at the end');
  const after = parseGroups(tail, text);
  if (before.length + after.length > 14) throw notAnAddress(text, 'expected "::" to replace at least one group');
  const bytes = new Uint8Array(16);
  bytes.set(before, 0);
  bytes.set(after, 16 - after.length);
  return bytes;
}

/**
 * Text of an address of 4 or 16 bytes. IPv6 in the canonical form of RFC 5952: lower case, no leading zeros, the
 * first longest run of two or more zero groups as `::`, a v4-mapped address with a dotted quad.
 *
 * @throws EncodeError for another number of bytes
 */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return formatIpv4(bytes, 0);
  if (bytes.length === 16) return formatIpv6(bytes);
  throw new EncodeError(`address: expected 4 or 16 bytes, got ${bytes.length}; pass the bytes of one address`);
}

function formatIpv4(bytes: Uint8Array, at: number): string {
  return `${bytes[at] ?? 0}.${bytes[at + 1] ?? 0}.${bytes[at + 2] ?? 0}.${bytes[at + 3] ?? 0}`;
}

function formatIpv6(bytes: Uint8Array): string {
  if (isV4Mapped(bytes)) return `::ffff:${formatIpv4(bytes, 12)}`;
  let runStart = -1;
  let runLength = 1;
  let zeros = 0;
  for (let i = 0; i < 8; i++) {
    zeros = bytes[2 * i] === 0 && bytes[2 * i + 1] === 0 ? zeros + 1 : 0;
    if (zeros > runLength) {
      runLength = zeros;
      runStart = i - zeros + 1;
    }
  }
  let text = '';
  for (let i = 0; i < 8; i++) {
    if (i === runStart) {
      text += '::';
      i += runLength - 1;
      continue;
    }
    if (i > 0 && i !== runStart + runLength) text += ':';
    text += (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16);
  }
  return text;
}

/** Whether 16 bytes are an IPv4 address in the form of RFC 4291 §2.5.5.2. */
function isV4Mapped(bytes: Uint8Array): boolean {
  if (bytes.length !== 16 || bytes[10] !== 0xff || bytes[11] !== 0xff) return false;
  for (let i = 0; i < 10; i++) if (bytes[i] !== 0) return false;
  return true;
}

/** The v4-mapped text of an IPv4 address; IPv6 text is returned in canonical form. */
export function toV4Mapped(text: string): string {
  const bytes = parseAddress(text);
  return bytes.length === 4 ? `::ffff:${formatIpv4(bytes, 0)}` : formatIpv6(bytes);
}

/** The IPv4 text of a v4-mapped address; any other address is returned in canonical form. */
export function fromV4Mapped(text: string): string {
  const bytes = parseAddress(text);
  return isV4Mapped(bytes) ? formatIpv4(bytes, 12) : formatAddress(bytes);
}

/**
 * The canonical text of an address: {@link formatAddress} of it.
 *
 * @throws EncodeError when the text is not an address
 */
export function canonicalAddress(text: string): string {
  return formatAddress(knownAddress(text));
}

/** The network of an address: `10.1.2.3` and 16 give `10.1.0.0/16`. @throws RangeError when it is not an address */
export function networkOf(text: string, length: number): string {
  const bytes = parseAddress(text).map((byte, at) => {
    const bits = Math.min(8, Math.max(0, length - 8 * at));
    return byte & (0xff << (8 - bits));
  });
  return `${formatAddress(bytes)}/${length}`;
}
