/** Changes to captured IP packets, as routers, translators and tools for anonymity make them. Pure. */

const isIpv6 = (bytes: Uint8Array): boolean => (bytes[0] ?? 0) >> 4 === 6;

/** An address in hexadecimal with other low bits. */
export function flipped(address: string): string {
  const octets = Buffer.from(address, 'hex');
  const last = octets.length - 1;
  octets[last] = (octets[last] ?? 0) ^ 0x55;
  octets[last - 1] = (octets[last - 1] ?? 0) ^ 0x2a;
  return octets.toString('hex');
}

/** A copy with one hop less to live. */
export function withLessTtl(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const at = isIpv6(copy) ? 7 : 8;
  const before = word(copy, at & ~1);
  copy[at] = (copy[at] ?? 1) - 1;
  if (!isIpv6(copy)) adjust(copy, 10, before, word(copy, at & ~1));
  return copy;
}

/**
 * A copy whose addresses are what `change` gives for them, with checksums to match, also where the payload is cut off.
 *
 * @param change from hexadecimal to hexadecimal
 */
export function withAddress(bytes: Uint8Array, change: (address: string) => string): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const size = isIpv6(copy) ? 16 : 4;
  const from = isIpv6(copy) ? 8 : 12;
  const tcp = isIpv6(copy) ? 40 : ((copy[0] ?? 0) & 0xf) * 4;
  for (const at of [from, from + size]) {
    const address = Buffer.from(copy.subarray(at, at + size)).toString('hex');
    const octets = Buffer.from(change(address), 'hex');
    for (let i = 0; i < size; i += 2) {
      const before = word(copy, at + i);
      copy.set(octets.subarray(i, i + 2), at + i);
      if (!isIpv6(copy)) adjust(copy, 10, before, word(copy, at + i));
      if (copy.length >= tcp + 18) adjust(copy, tcp + 16, before, word(copy, at + i));
    }
  }
  return copy;
}

/** A copy with zeros for its payload and the checksum that it had. */
export function withoutPayload(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const tcp = isIpv6(copy) ? 40 : ((copy[0] ?? 0) & 0xf) * 4;
  const payload = tcp + ((copy[tcp + 12] ?? 0) >> 4) * 4;
  return copy.fill(0, Math.min(payload, copy.length));
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/** Updates a checksum for one word that changed (RFC 1624, equation 3). */
function adjust(bytes: Uint8Array, at: number, before: number, after: number): void {
  let sum = (~word(bytes, at) & 0xffff) + (~before & 0xffff) + after;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  bytes[at] = (~sum >>> 8) & 0xff;
  bytes[at + 1] = ~sum & 0xff;
}
