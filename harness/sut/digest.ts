/** The hash of a stream's bytes, as the agent's `recv` answers it. Pure. */

/**
 * FNV-1a (64 bits), byte by byte. The prime is 2^40 + 0x1b3, so one step needs no number above 2^53.
 */
export class Digest {
  #high = 0xcbf29ce4;
  #low = 0x84222325;

  /** Adds bytes to the digest. */
  add(byte: number): void {
    const low = (this.#low ^ byte) >>> 0;
    const product = low * 0x1b3;
    // 2^40 times the low half reaches the high half as 2^8 times it.
    this.#high = (this.#high * 0x1b3 + Math.floor(product / 0x1_0000_0000) + ((low << 8) >>> 0)) % 0x1_0000_0000;
    this.#low = product >>> 0;
  }

  /** 16 hexadecimal digits. */
  toString(): string {
    return [this.#high, this.#low].map((half) => half.toString(16).padStart(8, '0')).join('');
  }
}
