import { describe, expect, test } from 'vitest';
import { concernOf } from '../catalogue/field-concern.ts';
import type { Clause } from '../catalogue/types.ts';
import type { ScenarioResult } from '../verdict/result.ts';
import { causesOf } from './causes.ts';
import { summaryText } from './summary.ts';
import { CLAUSES, expectation, failure, runOf, scenario } from './testing/sample.ts';

const [sample] = CLAUSES;
const clause = (id: string, ...concerns: string[]): Clause => ({ ...sample!, id, concerns });
const KNOWN = new Map(
  [
    clause('3.1-15.s9', 'MP_CAPABLE', 'checksum'),
    clause('3.3.1-6.s1', 'checksum'),
    clause('3.3-2.s1', 'DSS-mapping'),
  ].map((one) => [one.id, one]),
);

const CSUM = [{ field: 'dss.csum', expected: '0x1', actual: '0x2' }];
const departs = (id: string, broken: string, differences = CSUM): ScenarioResult =>
  scenario({ id, verdict: 'fail', expectations: [failure({ clause: broken, differences })] });
const stops = (id: string, differences = CSUM): ScenarioResult =>
  scenario({
    id,
    verdict: 'inconclusive',
    expectations: [expectation({ clause: '', verdict: 'inconclusive', differences })],
  });

describe('causes', () => {
  test('are the field that departed first, under the clause that is about it and little else', () => {
    const scenarios = runOf([
      departs('a', '3.1-15.s9'),
      departs('b', '3.1-15.s9'),
      departs('c', '3.3-2.s1'),
      departs('d', '3.3.1-6.s1'),
      stops('e'),
      departs('other', '3.3-2.s1', [{ field: 'dss.dsn', expected: '1', actual: '2' }]),
    ]).scenarios;
    const causes = causesOf(scenarios, KNOWN);
    expect(causes.map(({ field, clause: id, scenarios: list }) => [field, id, list.length])).toEqual([
      ['dss.csum', '3.3.1-6.s1', 5],
      ['dss.dsn', '3.3-2.s1', 1],
    ]);
  });

  test('what a monitor found names the clause where the steps do not', () => {
    const monitored = scenario({
      id: 'm',
      verdict: 'fail',
      expectations: [expectation({ clause: '', verdict: 'inconclusive', differences: CSUM })],
      monitors: [failure({ clause: '3.3.1-6.s1', differences: CSUM })],
    });
    expect(causesOf(runOf([monitored, departs('a', '3.1-15.s9')]).scenarios, KNOWN)).toMatchObject([
      { field: 'dss.csum', clause: '3.3.1-6.s1' },
    ]);
  });

  test('are the step where no packet departed in a field; declared departures have none', () => {
    const silent = stops('s', []);
    const known = { ...departs('k', '3.3-2.s1'), declared: { reason: 'known' } };
    expect(causesOf(runOf([silent, known, scenario()]).scenarios, KNOWN)).toEqual([
      { step: silent.expectations[0]?.step, scenarios: [expect.objectContaining({ id: 's' })] },
    ]);
  });

  test('begin what the summary says of many departures', () => {
    const many = Array.from({ length: 8 }, (_, i) => departs(`s/${i}`, i === 7 ? '3.3.1-6.s1' : '3.1-15.s9'));
    const text = summaryText(runOf([...many, stops('e')]), { width: 100, colour: false, clauses: KNOWN });
    expect(text).toMatch(
      /9 scenarios failed or stopped, grouped by the first difference\n {2}9 differ first in dss\.csum: 3\.3\.1-6\.s1\n/,
    );
    const few = summaryText(runOf(many.slice(0, 3)), { width: 100, colour: false, clauses: KNOWN });
    expect(few).not.toContain('by what was the first to be otherwise');
  });
});

test('a field is about what clauses are about', () => {
  expect(['dss.csum', 'dss.rsv', 'mp_fail', 'add_addr.port', 'win', 'seq', 'mss'].map(concernOf)).toEqual([
    'checksum',
    'DSS',
    'checksum',
    'ADD_ADDR',
    'window',
    undefined,
    undefined,
  ]);
});
