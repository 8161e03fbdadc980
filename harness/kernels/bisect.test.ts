import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answerOf, bisect, chanceOfMiss, WrongEnd, type Judged } from './bisect.ts';

const GOOD: Judged = { runs: 3, bad: 0 };
const BAD: Judged = { runs: 3, bad: 1 };
const UNKNOWN: Judged = { runs: 0, bad: 0 };

describe('bisection', () => {
  test('finds the first bad one in about log2 of the number of kernels', () =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 200 }), fc.nat(), async (count, seed) => {
        const first = 1 + (seed % (count - 1));
        const kernels = Array.from({ length: count }, (_, index) => index);
        const found = await bisect(kernels, (one) => Promise.resolve(one < first ? GOOD : BAD));
        expect([found.lastGood, found.firstBad, found.unknown]).toEqual([first - 1, first, []]);
        expect(found.judged.length).toBeLessThanOrEqual(2 + Math.ceil(Math.log2(count)));
      }),
    ));

  test('passes over kernels without a verdict, and names those that stay between', async () => {
    const results = [GOOD, GOOD, UNKNOWN, UNKNOWN, BAD, BAD];
    const found = await bisect([0, 1, 2, 3, 4, 5], (one) => Promise.resolve(results[one] ?? UNKNOWN));
    expect([found.lastGood, found.firstBad, found.unknown]).toEqual([1, 4, [2, 3]]);
  });

  test.each([
    [[BAD, BAD], /6\.1 was given as good, but is bad/],
    [[GOOD, GOOD], /6\.2 was given as bad, but is good/],
    [[GOOD, UNKNOWN], /6\.2 was given as bad, but is unknown/],
  ])('refuses ends that are not what they were said to be', async (results, message) => {
    const kernels = ['6.1', '6.2'];
    const search = bisect(kernels, (one) => Promise.resolve(results[kernels.indexOf(one)] ?? UNKNOWN));
    await expect(search).rejects.toThrow(WrongEnd);
    await expect(search).rejects.toThrow(message);
  });

  test('counts what fails in some runs as bad, and says how often that could be missed', () => {
    expect(answerOf(BAD)).toBe('bad');
    expect(chanceOfMiss({ runs: 4, bad: 2 }, 3)).toBeCloseTo(0.125);
    expect(chanceOfMiss({ runs: 3, bad: 3 }, 3)).toBe(0);
  });
});
