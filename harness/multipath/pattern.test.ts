import { describe, expect, test } from 'vitest';
import { fillByte } from '../sut/fill.ts';
import { patternDigest } from './pattern.ts';

/** FNV-1a as its definition has it. */
function fnv(offset: number, length: number): string {
  let hash = 0xcbf29ce484222325n;
  for (let i = offset; i < offset + length; i++)
    hash = BigInt.asUintN(64, (hash ^ BigInt(fillByte(i))) * 0x100000001b3n);
  return hash.toString(16).padStart(16, '0');
}

describe('the pattern', () => {
  test('begins as docs/agent-protocol.md says', () => {
    expect([0, 1, 2, 3, 256].map(fillByte)).toEqual([0, 7, 14, 21, 48]);
    expect(patternDigest(0, 4)).toBe('107c427f7b704445');
  });

  test('is hashed as FNV-1a with 64 bits is defined', () => {
    for (const [offset, length] of [
      [0, 0],
      [0, 1],
      [1, 1000],
      [65_530, 3000],
    ] as const) {
      expect(patternDigest(offset, length)).toBe(fnv(offset, length));
    }
  });
});
