import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fillByte, fillBytes } from './fill.ts';

test('begins as the protocol document says', () => {
  expect([...fillBytes(0, 4)]).toEqual([0, 7, 14, 21]);
  expect(fillByte(256)).toBe(48);
  expect(fillByte(65_536)).toBe((7 * (65_536 % 251) + 13 * (256 % 251) + 29) % 251);
});

test('does not depend on how a stream is cut', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 31), fc.nat(300), (offset, cut) => {
      const whole = fillBytes(offset, 300);
      expect([...fillBytes(offset, cut), ...fillBytes(offset + cut, 300 - cut)]).toEqual([...whole]);
    }),
  );
});

test('shows every shift within a stream of 2,000 bytes', () => {
  const stream = fillBytes(0, 4_000);
  for (let shift = 1; shift <= 2_000; shift++) {
    expect(Buffer.compare(stream.subarray(0, 2_000), stream.subarray(shift, shift + 2_000))).not.toBe(0);
  }
});
