/** Bytes in order: appended at the end, dropped from the front, readable anywhere. */
export class ByteQueue {
  #pieces: Uint8Array[] = [];
  #length = 0;

  /** Bytes in the queue. */
  get length(): number {
    return this.#length;
  }

  /** Adds bytes; they are not copied. */
  append(data: Uint8Array): void {
    if (data.length === 0) return;
    this.#pieces.push(data);
    this.#length += data.length;
  }

  /** A copy of up to `length` bytes from `offset` on. */
  read(offset: number, length: number): Uint8Array {
    const size = Math.max(0, Math.min(length, this.#length - offset));
    const copy = new Uint8Array(size);
    let at = 0;
    let done = 0;
    for (const piece of this.#pieces) {
      if (done >= size) break;
      const from = Math.max(0, offset - at);
      if (from < piece.length) {
        const part = piece.subarray(from, from + size - done);
        copy.set(part, done);
        done += part.length;
      }
      at += piece.length;
    }
    return copy;
  }

  /** Drops bytes from the front. */
  drop(count: number): void {
    let left = Math.min(count, this.#length);
    this.#length -= left;
    while (left > 0) {
      const [first] = this.#pieces;
      if (first === undefined) return;
      if (first.length <= left) {
        left -= first.length;
        this.#pieces.shift();
      } else {
        this.#pieces[0] = first.subarray(left);
        left = 0;
      }
    }
  }

  /** Takes up to `length` bytes off the front. */
  take(length: number): Uint8Array {
    const data = this.read(0, length);
    this.drop(data.length);
    return data;
  }
}
