/** The pattern that agents send and check, so that a stream's octets tell where they belong. */

/**
 * Octet `index` of one direction's stream (0-based). The modulus is prime, so the pattern falls in step with no power
 * of two; the shifted terms tell apart octets that lie a multiple of it from each other.
 *
 * @param index 0 .. 2^53 - 1
 */
export function fillOctet(index: number): number {
  const modulus = 251;
  const low = (index % modulus) * 7;
  const middle = (Math.floor(index / 256) % modulus) * 13;
  const high = (Math.floor(index / 65_536) % modulus) * 29;
  return (low + middle + high) % modulus;
}

/** `length` octets of the stream from `offset` on. */
export function fillOctets(offset: number, length: number): Uint8Array {
  const octets = new Uint8Array(length);
  for (let i = 0; i < length; i++) octets[i] = fillOctet(offset + i);
  return octets;
}

/**
 * FNV-1a (64 bits) over a part of the pattern, 16 hexadecimal digits, as `recv` answers it.
 *
 * The prime is 2^40 + 0x1b3, so that one step needs no number above 2^53.
 */
export function fillDigest(offset: number, length: number): string {
  let high = 0xcbf29ce4;
  let low = 0x84222325;
  for (let i = offset; i < offset + length; i++) {
    low = (low ^ fillOctet(i)) >>> 0;
    const product = low * 0x1b3;
    // 2^40 times the low half reaches the high half as 2^8 times it.
    high = (high * 0x1b3 + Math.floor(product / 0x1_0000_0000) + ((low << 8) >>> 0)) % 0x1_0000_0000;
    low = product >>> 0;
  }
  return [high, low].map((half) => half.toString(16).padStart(8, '0')).join('');
}
