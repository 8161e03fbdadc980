import { expect, test } from 'vitest';
import type { ExpectationResult } from '../verdict/result.ts';
import { isMet, isNoticed, seenAt, showSeen, type Seen } from './notice.ts';

const pass: Seen[] = [{ verdict: 'pass' }];
const may = (told: string): Seen[] => [{ verdict: 'info', told }];

test('a broken clause and advice not followed are noticed, silence and errors are not', () => {
  for (const verdict of ['fail', 'warn', 'note'] as const) expect(isNoticed(pass, [{ verdict }])).toBe(true);
  for (const verdict of ['pass', 'inconclusive', 'skip', 'error'] as const)
    expect(isNoticed(pass, [{ verdict }])).toBe(false);
  expect(isNoticed(pass, [])).toBe(false);
});

test('a MAY that is told to have gone another way is noticed', () => {
  expect(isNoticed(may('first'), may('second'))).toBe(true);
  expect(isNoticed(may('first'), may('first'))).toBe(false);
  expect(isNoticed(may('first'), [])).toBe(false);
});

test('words in the message of a MAY are no verdict', () => {
  expect(isNoticed(may('the join may fail'), may('the join may fail'))).toBe(false);
  expect(isMet(may('no warning, no failure, nothing inconclusive'))).toBe(true);
});

test('only a step that the stack meets can be seen failing', () => {
  expect(isMet([])).toBe(false);
  expect(isMet([...pass, { verdict: 'warn' }])).toBe(false);
  expect(isMet([...pass, { verdict: 'skip' }])).toBe(false);
});

test('the verdicts of a step are found by its place', () => {
  const at = (source: string, verdict: ExpectationResult['verdict']): ExpectationResult => ({
    clause: 'c',
    level: 'may',
    verdict,
    source,
    step: 'expect: SYN',
    message: 'taken',
  });
  const seen = seenAt('a:1', 'expect: SYN', [at('a:1', 'info'), at('a:1', 'pass'), at('a:2', 'fail')]);
  expect(showSeen(seen)).toBe('info: taken, pass');
});
