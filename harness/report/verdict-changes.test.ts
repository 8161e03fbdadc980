import { expect, test } from 'vitest';
import { freedomsText } from './freedoms-text.ts';
import type { ScenarioRecord } from './results.ts';
import { verdictChanges } from './verdict-changes.ts';

type Verdict = ScenarioRecord['verdict'];

function record(id: string, verdict: Verdict, clauses: Record<string, Verdict> = {}): ScenarioRecord {
  const expectations = Object.entries(clauses).map(([clause, of]) => ({ clause, verdict: of }));
  return { id, verdict, expectations } as unknown as ScenarioRecord;
}

const before = [
  record('same', 'fail', { c1: 'fail' }),
  record('more', 'fail', { c1: 'fail' }),
  record('new', 'pass', { c1: 'pass' }),
  record('stopped', 'pass', { c1: 'pass' }),
  record('mended', 'warn', { c1: 'warn' }),
  record('gone', 'pass'),
];
const after = [
  record('same', 'fail', { c1: 'fail' }),
  record('more', 'fail', { c1: 'fail', c2: 'warn' }),
  record('new', 'fail', { c1: 'fail' }),
  record('stopped', 'inconclusive'),
  record('mended', 'pass', { c1: 'pass' }),
  record('added', 'fail', { c1: 'fail' }),
];

test('tells what got worse and what got better, clause by clause', () => {
  expect(verdictChanges(before, after).map(({ scenario, what, clauses }) => [scenario, what, ...clauses])).toEqual([
    ['more', 'failing', 'c2'],
    ['new', 'failing', 'c1'],
    ['stopped', 'inconclusive'],
    ['mended', 'better', 'c1'],
  ]);
});

test('is told in a table, with what got worse below', () => {
  const outcomes = [
    { name: 'no-sack', title: 'No SACK', changes: verdictChanges(before, after) },
    { name: 'odd', title: 'Odd', changes: [], problem: 'no such setting' },
  ];
  const text = freedomsText(outcomes, 6, 2, { colour: false, width: 80 });
  expect(text).toMatch(/no-sack +2 +1 +1\n/);
  expect(text).toContain('pass → fail  new  c1');
  expect(text).toMatch(/odd +no such setting/);
  expect(text).toContain('2 more have no setting');
});
