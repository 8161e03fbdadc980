/** A value does not fit the field that it is meant for. The message names field, range and value. */
export class EncodeError extends Error {
  override readonly name = 'EncodeError';
}

/**
 * Checks that `value` is an integer from 0 to `max` and returns it.
 *
 * @throws EncodeError otherwise
 */
export function inRange(value: number, max: number, field: string): number {
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new EncodeError(`${field}: expected an integer from 0 to ${max}, got ${value}; change the value`);
  }
  return value;
}

/** The 64-bit counterpart of {@link inRange}: `bits` is 32 or 64. */
function wideInRange(value: bigint, bits: 32 | 64, field: string): bigint {
  if (BigInt.asUintN(bits, value) !== value) {
    const hint = bits === 32 ? 'change the value, or use the 8-byte form of the field' : 'change the value';
    throw new EncodeError(`${field}: expected an integer of ${bits} bits, got ${value.toString()}; ${hint}`);
  }
  return value;
}

/** The same bytes as a plain `Uint8Array` (a `Buffer` slices and compares differently). */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  if (bytes.constructor === Uint8Array) return bytes;
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A `DataView` of exactly these bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** For numbers of 64 bits: making a view of every buffer costs more than writing to it. */
const WIDE = new Uint8Array(8);
const WIDE_VIEW = viewOf(WIDE);

/** Writes fields in network byte order to a buffer that grows. Every number is checked against its field. */
export class ByteWriter {
  #bytes: Uint8Array;
  #length = 0;

  /** @param capacity bytes to set aside at first */
  constructor(capacity = 64) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** Forgets what was written, to write something else. */
  clear(): void {
    this.#length = 0;
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** Appends a byte. @throws RangeError */
  u8(value: number, field: string): void {
    const at = this.#claim(1);
    this.#bytes[at] = inRange(value, 0xff, field);
  }

  /** Appends 16 bits, big endian. @throws RangeError */
  u16(value: number, field: string): void {
    const at = this.#claim(2);
    this.#put16(at, inRange(value, 0xffff, field));
  }

  /** Appends 32 bits, big endian. @throws RangeError */
  u32(value: number, field: string): void {
    const at = this.#claim(4);
    inRange(value, 0xffffffff, field);
    this.#put16(at, value >>> 16);
    this.#put16(at + 2, value);
  }

  /** Appends 64 bits, big endian. @throws RangeError */
  u64(value: bigint, field: string): void {
    const at = this.#claim(8);
    WIDE_VIEW.setBigUint64(0, wideInRange(value, 64, field));
    this.#bytes.set(WIDE, at);
  }

  /** A number of 8 bytes when `wide`, of 4 otherwise. */
  u32or64(value: bigint, wide: boolean, field: string): void {
    if (wide) this.u64(value, field);
    else this.u32(Number(wideInRange(value, 32, field)), field);
  }

  /** Appends bytes as they are. */
  put(bytes: Uint8Array): void {
    const at = this.#claim(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** Overwrites one byte written before. */
  patchU8(at: number, value: number, field: string): void {
    this.#bytes[at] = inRange(value, 0xff, field);
  }

  /** Overwrites two bytes written before. */
  patchU16(at: number, value: number, field: string): void {
    this.#put16(at, inRange(value, 0xffff, field));
  }

  /** The bytes written so far; a view, valid until the next write. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #put16(at: number, value: number): void {
    this.#bytes[at] = value >>> 8;
    this.#bytes[at + 1] = value;
  }

  /** Makes room for `count` bytes and returns where they start. */
  #claim(count: number): number {
    const at = this.#length;
    this.#length = at + count;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    return at;
  }
}
