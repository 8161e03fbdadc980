/**
 * Arithmetic on sequence numbers: 32 bits for subflows (RFC 9293 §3.4), 64 bits for data (RFC 8684 §3.3.1). Everything
 * wraps. Comparisons are by the signed distance, so they only mean something between numbers less than half the space
 * apart; exactly half the space apart, each of two numbers counts as before the other.
 */

/** `seq + count` modulo 2^32; `count` may be negative. */
export function seqAdd(seq: number, count: number): number {
  return (seq + count) >>> 0;
}

/** Distance from `b` to `a`, -2^31..2^31-1. */
export function seqDiff(a: number, b: number): number {
  return (a - b) | 0;
}

/** Offset of `seq` after `start`, 0..2^32-1. */
export function seqOffset(seq: number, start: number): number {
  return (seq - start) >>> 0;
}

/** `a` before `b`. */
export function seqLt(a: number, b: number): boolean {
  return seqDiff(a, b) < 0;
}

/** `a` before or at `b`. */
export function seqLeq(a: number, b: number): boolean {
  return a === b || seqLt(a, b);
}

/** `a` after `b`: `b` before `a`. */
export function seqGt(a: number, b: number): boolean {
  return seqLt(b, a);
}

/** `a` after or at `b`. */
export function seqGeq(a: number, b: number): boolean {
  return a === b || seqGt(a, b);
}

/** Whether `seq` lies in the window of `length` numbers that starts at `start`; `length` 0..2^32. */
export function seqInWindow(seq: number, start: number, length: number): boolean {
  return seqOffset(seq, start) < length;
}

/** `dsn + count` modulo 2^64; `count` may be negative. */
export function dsnAdd(dsn: bigint, count: bigint | number): bigint {
  return wrap(dsn + BigInt(count), 64);
}

/** Distance from `b` to `a`, -2^63..2^63-1. */
export function dsnDiff(a: bigint, b: bigint): bigint {
  return BigInt.asIntN(64, a - b);
}

/** `a` before `b`. */
export function dsnLt(a: bigint, b: bigint): boolean {
  return dsnDiff(a, b) < 0n;
}

/** `a` before or at `b`. */
export function dsnLeq(a: bigint, b: bigint): boolean {
  return a === b || dsnLt(a, b);
}

/** A number modulo 2^`bits`, as the wire carries it. */
export function wrap(value: bigint, bits: 32 | 64): bigint {
  return BigInt.asUintN(bits, value);
}

/** The lower 32 bits, as a DSS option with short numbers carries them. */
export function low32(dsn: bigint): bigint {
  return wrap(dsn, 32);
}

/** The lower 32 bits as a number, for sums and differences of less than 2^31. */
export function lowHalf(dsn: bigint): number {
  return Number(low32(dsn));
}

/**
 * The 64-bit number whose lower 32 bits are `low` and which is nearest to `near`, modulo 2^64 (RFC 8684 §3.3.1). Of two
 * that are equally near, the smaller. Higher bits of `low` are ignored.
 */
export function promote32(low: bigint, near: bigint): bigint {
  return dsnAdd(near, BigInt.asIntN(32, low - near));
}
