/** What a transfer's octets and their hashes have to be: the pattern of `docs/agent-protocol.md`. Pure. */

/** Octet `i` of a direction's stream, from 0. */
export function patternOctet(i: number): number {
  return (7 * (i % 251) + 13 * (Math.floor(i / 256) % 251) + 29 * (Math.floor(i / 65536) % 251)) % 251;
}

/**
 * FNV-1a (64 bits) over a part of the pattern, 16 hexadecimal digits, as `recv` answers it.
 *
 * The prime is 2^40 + 0x1b3, so that one step needs no number above 2^53.
 */
export function patternDigest(offset: number, length: number): string {
  let high = 0xcbf29ce4;
  let low = 0x84222325;
  for (let i = offset; i < offset + length; i++) {
    low = (low ^ patternOctet(i)) >>> 0;
    const product = low * 0x1b3;
    // 2^40 times the low half reaches the high half as 2^8 times it.
    high = (high * 0x1b3 + Math.floor(product / 0x1_0000_0000) + ((low << 8) >>> 0)) % 0x1_0000_0000;
    low = product >>> 0;
  }
  return [high, low].map((half) => half.toString(16).padStart(8, '0')).join('');
}
