/** Chance that can be had again. */

/**
 * A generator of uniform numbers in 0..1 (Marsaglia's xorshift, 32 bits), the same for the same seed.
 *
 * @param seed any text
 */
export function seededRandom(seed: string): () => number {
  // FNV-1a spreads the seed; xorshift must not start at 0.
  let state = 0x811c9dc5;
  for (const character of seed) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x01000193);
  state = state === 0 ? 1 : state;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x1_0000_0000;
  };
}
