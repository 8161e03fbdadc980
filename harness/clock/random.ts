/** Random numbers as a parameter, so that a run can be repeated. */
import { randomFillSync } from 'node:crypto';

/** Source of random numbers. */
export interface Randomness {
  /** 0 to 2^32-1. */
  uint32(): number;
  /** 0 to 2^64-1. */
  uint64(): bigint;
}

/** Random bytes in stock: asking the machine for a few costs as much as for many. */
const stock = Buffer.alloc(4096);
let used = stock.length;

/** The place in the stock of bytes that were not used before. */
function take(bytes: number): number {
  if (used + bytes > stock.length) {
    randomFillSync(stock);
    used = 0;
  }
  used += bytes;
  return used - bytes;
}

/** The machine's. */
export const systemRandom: Randomness = {
  uint32: () => stock.readUInt32BE(take(4)),
  uint64: () => stock.readBigUInt64BE(take(8)),
};

/**
 * A generator of uniform numbers in 0..1 (Marsaglia's xorshift, 32 bits), the same for the same seed.
 *
 * @param seed any text
 */
export function seededRandom(seed: string): () => number {
  const next = xorshift(seed);
  return () => next() / 0x1_0000_0000;
}

/** Random numbers that are the same for the same seed. */
export function seededRandomness(seed: string): Randomness {
  const next = xorshift(seed);
  return { uint32: next, uint64: () => (BigInt(next()) << 32n) | BigInt(next()) };
}

function xorshift(seed: string): () => number {
  // FNV-1a spreads the seed; xorshift must not start at 0.
  let state = 0x811c9dc5;
  for (const character of seed) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x01000193);
  state = state === 0 ? 1 : state;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
