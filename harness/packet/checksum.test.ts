import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { internetChecksum, onesSum } from './checksum.ts';

/** The definition, word by word and without any folding in between. */
function plainSum(bytes: Uint8Array): number {
  let sum = 0n;
  bytes.forEach((byte, i) => (sum += BigInt(byte) << (i % 2 === 0 ? 8n : 0n)));
  while (sum > 0xffffn) sum = (sum & 0xffffn) + (sum >> 16n);
  return Number(sum);
}

describe('internet checksum', () => {
  test('the example of RFC 1071 §3', () => {
    expect(onesSum(Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7))).toBe(0xddf2);
  });

  test('agrees with the definition', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(onesSum(bytes)).toBe(plainSum(bytes));
      }),
      { numRuns: 500 },
    );
  });

  test.each([65535, 65536, 65537, 65538, 200_001])('%i bytes of all ones do not overflow', (length) => {
    const bytes = new Uint8Array(length).fill(0xff);
    expect(onesSum(bytes, 0xffff)).toBe(plainSum(new Uint8Array(length + (length % 2)).fill(0xff, 0, length)));
  });

  test('zero over data that holds its own checksum', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 2, maxLength: 60 }), (bytes) => {
        bytes.set([0, 0]);
        const checksum = internetChecksum(bytes);
        bytes.set([checksum >> 8, checksum & 0xff]);
        expect(internetChecksum(bytes)).toBe(0);
      }),
    );
  });
});
