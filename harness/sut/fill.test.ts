import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fillDigest, fillOctet, fillOctets } from './fill.ts';

it('begins as the protocol document says', () => {
  expect([...fillOctets(0, 4)]).toEqual([0, 7, 14, 21]);
  expect(fillOctet(256)).toBe(48);
  expect(fillOctet(65_536)).toBe((7 * (65_536 % 251) + 13 * (256 % 251) + 29) % 251);
});

it('does not depend on how a stream is cut', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 31), fc.nat(300), (offset, cut) => {
      const whole = fillOctets(offset, 300);
      expect([...fillOctets(offset, cut), ...fillOctets(offset + cut, 300 - cut)]).toEqual([...whole]);
    }),
  );
});

it('shows every shift within a stream of 2,000 octets', () => {
  const stream = fillOctets(0, 4_000);
  for (let shift = 1; shift <= 2_000; shift++) {
    expect(Buffer.compare(stream.subarray(0, 2_000), stream.subarray(shift, shift + 2_000))).not.toBe(0);
  }
});

/** FNV-1a as its definition has it. */
function fnv(offset: number, length: number): string {
  let hash = 0xcbf29ce484222325n;
  for (let i = offset; i < offset + length; i++)
    hash = BigInt.asUintN(64, (hash ^ BigInt(fillOctet(i))) * 0x100000001b3n);
  return hash.toString(16).padStart(16, '0');
}

it('is hashed as FNV-1a with 64 bits is defined', () => {
  expect(fillDigest(0, 4)).toBe('107c427f7b704445');
  for (const [offset, length] of [
    [0, 0],
    [0, 1],
    [1, 1000],
    [65_530, 3000],
  ] as const) {
    expect(fillDigest(offset, length)).toBe(fnv(offset, length));
  }
});
