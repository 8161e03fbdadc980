/** The hash of a stream's bytes, as the agent's `recv` answers it. Pure. */

/**
 * FNV-1a (64 bits), byte by byte. The prime is 2^40 + 0x1b3, so one step needs no number above 2^53.
 */
export class Digest {
  #high = 0xcbf29ce4;
  #low = 0x84222325;

  /** Adds a byte to the digest. */
  add(byte: number): void {
    this.addAll([byte]);
  }

  /** Adds bytes to the digest. */
  addAll(bytes: ArrayLike<number>): void {
    let high = this.#high;
    let low = this.#low;
    for (let i = 0; i < bytes.length; i++) {
      low = (low ^ (bytes[i] ?? 0)) >>> 0;
      const product = low * 0x1b3;
      // 2^40 times the low half reaches the high half as 2^8 times it.
      high = (high * 0x1b3 + Math.floor(product / 0x1_0000_0000) + ((low << 8) >>> 0)) % 0x1_0000_0000;
      low = product >>> 0;
    }
    this.#high = high;
    this.#low = low;
  }

  /** 16 hexadecimal digits. */
  toString(): string {
    return [this.#high, this.#low].map((half) => half.toString(16).padStart(8, '0')).join('');
  }
}
