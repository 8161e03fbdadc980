/** The pattern that agents send and check, so that a stream's bytes tell where they belong. */

const MODULUS = 251;
/** From one byte to the next within a block. */
const STEP = 7;

/**
 * Byte `index` of one direction's stream (0-based). The modulus is prime, so the pattern falls in step with no power
 * of two; the shifted terms tell apart bytes that lie a multiple of it from each other.
 *
 * @param index 0 .. 2^53 - 1
 */
export function fillByte(index: number): number {
  return ((index % MODULUS) * STEP + shiftAt(index)) % MODULUS;
}

/** Contribution of the blocks of 256 and of 65,536 bytes that hold a byte. */
function shiftAt(index: number): number {
  const middle = (Math.floor(index / 256) % MODULUS) * 13;
  const high = (Math.floor(index / 65_536) % MODULUS) * 29;
  return (middle + high) % MODULUS;
}

/** `length` bytes of the stream from `offset` on. */
export function fillBytes(offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let shift = shiftAt(offset);
  let low = ((offset % MODULUS) * STEP) % MODULUS;
  for (let i = 0; i < length; i++) {
    // The shift is the same for 256 bytes.
    if (((offset + i) & 0xff) === 0) shift = shiftAt(offset + i);
    const sum = low + shift;
    bytes[i] = sum < MODULUS ? sum : sum - MODULUS;
    low += STEP;
    if (low >= MODULUS) low -= MODULUS;
  }
  return bytes;
}
