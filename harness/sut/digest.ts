/** The hash of a stream's bytes, as the agent's `recv` answers it. Pure. */

/**
 * FNV-1a (64 bits), 16 hexadecimal digits. The prime is 2^40 + 0x1b3, so one step needs no number above 2^53.
 */
export function digestOf(bytes: Uint8Array): string {
  let high = 0xcbf29ce4;
  let low = 0x84222325;
  for (const byte of bytes) {
    low = (low ^ byte) >>> 0;
    const product = low * 0x1b3;
    // 2^40 times the low half reaches the high half as 2^8 times it.
    high = (high * 0x1b3 + Math.floor(product / 0x1_0000_0000) + ((low << 8) >>> 0)) % 0x1_0000_0000;
    low = product >>> 0;
  }
  return [high, low].map((half) => half.toString(16).padStart(8, '0')).join('');
}
