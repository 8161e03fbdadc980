/** The tables of levels and verdicts, and what is read from them. */
import { expect, test } from 'vitest';
import { isLevel, LEVEL_NAME, LEVELS, turnsRed, verdictOf } from './level.ts';
import { inRankOrder } from './order.ts';
import {
  isDeparture,
  isKept,
  isUndecided,
  MOST_URGENT_LAST,
  OUTCOMES,
  worst,
  WORST_FIRST,
  type Verdict,
} from './verdict.ts';

test('a table of ranks gives its order', () => {
  expect(inRankOrder({ b: 2, c: 3, a: 1 })).toEqual(['a', 'b', 'c']);
});

test('the worst verdict is what was seen, then what was not judged', () => {
  expect(worst<Verdict>([])).toBeUndefined();
  for (const [i, verdict] of WORST_FIRST.entries()) {
    expect(worst(WORST_FIRST.slice(i).toReversed())).toBe(verdict);
  }
  expect(WORST_FIRST).toEqual(['fail', 'warn', 'error', 'inconclusive', 'note', 'pass', 'info', 'skip']);
});

test('each order has every outcome once', () => {
  expect(OUTCOMES).toEqual(['pass', 'info', 'fail', 'declared', 'warn', 'note', 'inconclusive', 'error', 'skip']);
  expect(MOST_URGENT_LAST).toEqual([
    'pass',
    'info',
    'note',
    'skip',
    'inconclusive',
    'warn',
    'declared',
    'error',
    'fail',
  ]);
});

test('a verdict is kept, a departure, undecided, advice not followed, or was skipped', () => {
  for (const verdict of WORST_FIRST) {
    const kinds = [isKept(verdict), isDeparture(verdict), isUndecided(verdict), verdict === 'note', verdict === 'skip'];
    expect(kinds.filter(Boolean), verdict).toHaveLength(1);
  }
});

test.each([
  ['must', 'pass', 'fail', true],
  ['stated', 'pass', 'fail', true],
  ['should', 'pass', 'warn', false],
  ['advice', 'pass', 'note', false],
  ['may', 'info', 'info', false],
] as const)('%s: %s when met, %s when not', (level, met, unmet, red) => {
  expect(verdictOf(level, true)).toBe(met);
  expect(verdictOf(level, false)).toBe(unmet);
  expect(verdictOf(level, undefined)).toBe('inconclusive');
  expect(turnsRed(level)).toBe(red);
});

test('levels are listed from the heaviest on', () => {
  expect(LEVELS.map((level) => LEVEL_NAME[level])).toEqual(['MUST', 'stated', 'SHOULD', 'advice', 'MAY']);
  expect(isLevel('must')).toBe(true);
  expect(isLevel('toString')).toBe(false);
});
