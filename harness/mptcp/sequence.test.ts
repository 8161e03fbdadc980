import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  dsnAdd,
  dsnDiff,
  dsnLeq,
  dsnLt,
  low32,
  promote32,
  seqAdd,
  seqDiff,
  seqGeq,
  seqGt,
  seqInWindow,
  seqLeq,
  seqLt,
} from './sequence.ts';

const u32 = fc.oneof(
  fc.integer({ min: 0, max: 0xffffffff }),
  fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xffffffff),
);
const u64 = fc.oneof(
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  fc.constantFrom(0n, 1n, 0xffffffffn, 1n << 32n, (1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 1n),
);
const ahead32 = fc.integer({ min: 1, max: 0x7fffffff });
const ahead64 = fc.bigInt({ min: 1n, max: (1n << 63n) - 1n });

describe('32 bits', () => {
  test('wrap', () => {
    expect(seqAdd(0xffffffff, 1)).toBe(0);
    expect(seqAdd(0, -1)).toBe(0xffffffff);
    expect(seqDiff(1, 0xffffffff)).toBe(2);
    expect(seqLt(0xfffffff0, 5)).toBe(true);
    expect(seqLt(0, 0x80000000) && seqLt(0x80000000, 0)).toBe(true);
  });

  test('diff undoes add, and order follows distance', () => {
    fc.assert(
      fc.property(u32, ahead32, (seq, n) => {
        const later = seqAdd(seq, n);
        expect(seqDiff(later, seq)).toBe(n);
        expect(seqAdd(later, -n)).toBe(seq);
        expect([seqLt(seq, later), seqLeq(seq, later), seqGt(seq, later), seqGeq(seq, later)]).toEqual([
          true,
          true,
          false,
          false,
        ]);
        expect([seqLt(later, seq), seqLeq(later, seq), seqGt(later, seq), seqGeq(later, seq)]).toEqual([
          false,
          false,
          true,
          true,
        ]);
        expect([seqLt(seq, seq), seqLeq(seq, seq), seqGt(seq, seq), seqGeq(seq, seq)]).toEqual([
          false,
          true,
          false,
          true,
        ]);
      }),
    );
  });

  test('a window has as many numbers as it says', () => {
    fc.assert(
      fc.property(u32, fc.integer({ min: 1, max: 0xffffffff }), (start, length) => {
        expect(seqInWindow(start, start, length)).toBe(true);
        expect(seqInWindow(seqAdd(start, length - 1), start, length)).toBe(true);
        expect(seqInWindow(seqAdd(start, length), start, length)).toBe(false);
        expect(seqInWindow(seqAdd(start, -1), start, length)).toBe(false);
        expect(seqInWindow(start, start, 0)).toBe(false);
      }),
    );
  });
});

describe('64 bits', () => {
  test('diff undoes add, and order follows distance', () => {
    fc.assert(
      fc.property(u64, ahead64, (dsn, n) => {
        const later = dsnAdd(dsn, n);
        expect(dsnDiff(later, dsn)).toBe(n);
        expect(dsnAdd(later, -n)).toBe(dsn);
        expect([dsnLt(dsn, later), dsnLeq(dsn, later), dsnLeq(dsn, dsn)]).toEqual([true, true, true]);
        expect([dsnLt(later, dsn), dsnLeq(later, dsn), dsnLt(dsn, dsn)]).toEqual([false, false, false]);
      }),
    );
    expect(dsnAdd((1n << 64n) - 1n, 1)).toBe(0n);
  });
});

describe('short data sequence numbers', () => {
  test('any number less than 2^31 away comes back', () => {
    fc.assert(
      fc.property(u64, fc.integer({ min: -0x80000000, max: 0x7fffffff }), (near, away) => {
        const dsn = dsnAdd(near, away);
        expect(promote32(low32(dsn), near)).toBe(dsn);
      }),
      { numRuns: 500 },
    );
  });

  test('the answer is the nearest of its neighbours', () => {
    const distance = (x: bigint, y: bigint): bigint => {
      const d = dsnDiff(x, y);
      return d < 0n ? -d : d;
    };
    fc.assert(
      fc.property(u32, u64, (low, near) => {
        const dsn = promote32(BigInt(low), near);
        expect(low32(dsn)).toBe(BigInt(low));
        for (const other of [dsnAdd(dsn, 1n << 32n), dsnAdd(dsn, -(1n << 32n))]) {
          expect(distance(dsn, near) <= distance(other, near)).toBe(true);
        }
      }),
    );
  });

  test.each<[bigint, bigint, bigint]>([
    [0x00000005n, 0x1_fffffff0n, 0x2_00000005n],
    [0xfffffff0n, 0x2_00000005n, 0x1_fffffff0n],
    [0xffffffffn, 0n, 0xffffffffffffffffn],
    [0n, 0xffffffffffffffffn, 0n],
  ])('across a wrap: %d near %d', (low, near, expected) => {
    expect(promote32(low, near)).toBe(expected);
  });
});
