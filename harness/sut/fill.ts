/** The pattern that agents send and check, so that a stream's bytes tell where they belong. */

/**
 * Byte `index` of one direction's stream (0-based). The modulus is prime, so the pattern falls in step with no power
 * of two; the shifted terms tell apart bytes that lie a multiple of it from each other.
 *
 * @param index 0 .. 2^53 - 1
 */
export function fillByte(index: number): number {
  const modulus = 251;
  const low = (index % modulus) * 7;
  const middle = (Math.floor(index / 256) % modulus) * 13;
  const high = (Math.floor(index / 65_536) % modulus) * 29;
  return (low + middle + high) % modulus;
}

/** `length` bytes of the stream from `offset` on. */
export function fillBytes(offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = fillByte(offset + i);
  return bytes;
}
