import { expect, test } from 'vitest';
import type { ScenarioResult } from '../verdict/result.ts';
import { applyDeviations, NO_DEVIATIONS } from './deviations.ts';
import { exitCode } from './exit-code.ts';
import type { Deviation } from './results.ts';
import { expectation, failure, runOf, scenario } from './testing/sample.ts';

const MUST = '3.1-20.4.s2';

function codeOf(scenarios: ScenarioResult[], ...deviations: Deviation[]): number {
  return exitCode(applyDeviations(runOf(scenarios), { ...NO_DEVIATIONS, deviations }));
}

const passed = Array.from({ length: 20 }, (_, i) =>
  scenario({ id: `good/${i}`, expectations: [expectation({ clause: '3.2-19.s1' })] }),
);
const stopped = (unjudged: NonNullable<ScenarioResult['unjudged']>): ScenarioResult =>
  scenario({ id: 'stopped', verdict: 'inconclusive', reason: 'nothing came', expectations: [], unjudged });

test('a MUST or a stated requirement that nothing came to judge is not passed', () => {
  expect(codeOf(passed)).toBe(0);
  expect(codeOf([...passed, stopped({ must: [MUST] })])).toBe(3);
  expect(codeOf([...passed, stopped({ stated: [MUST] })])).toBe(3);
});

test('less than that is told and does not count', () => {
  expect(codeOf([...passed, stopped({ should: [MUST], advice: ['3-1.s1'], may: ['3-1.s2'] })])).toBe(0);
});

test('nor does what another scenario, or a monitor, has judged', () => {
  const judged = scenario({ id: 'judged', expectations: [expectation({ clause: MUST })] });
  expect(codeOf([...passed, judged, stopped({ must: [MUST] })])).toBe(0);
  const held = scenario({ id: 'held', expectations: [], monitored: { must: [MUST] } });
  expect(codeOf([...passed, held, stopped({ must: [MUST] })])).toBe(0);
});

test('a scenario that began to judge a MUST and could not tell leaves it unjudged, whatever others say', () => {
  const judged = scenario({ id: 'judged', expectations: [expectation({ clause: MUST })] });
  const begun = scenario({
    id: 'begun',
    verdict: 'inconclusive',
    expectations: [expectation({ clause: MUST, verdict: 'inconclusive' })],
  });
  expect(codeOf([...passed, judged, begun])).toBe(3);
});

test('where a declared departure stopped a scenario, what it did not come to is accepted with it', () => {
  const failed = scenario({
    id: 'failed',
    verdict: 'fail',
    expectations: [failure({ clause: '3.2-20.s2' })],
    unjudged: { must: [MUST] },
  });
  expect(codeOf([...passed, failed], { clause: '3.2-20.s2', reason: 'known' })).toBe(0);
  expect(codeOf([...passed, failed])).toBe(1);
});

test('a tenth of the scenarios without a judgement is too many', () => {
  const idle = (id: number): ScenarioResult =>
    scenario({ id: `idle/${id}`, verdict: 'inconclusive', reason: 'nothing came', expectations: [] });
  expect(codeOf([...passed, idle(1), idle(2)])).toBe(0);
  expect(codeOf([...passed, idle(1), idle(2), idle(3)])).toBe(3);
});

test('a broken MUST and a harness error outweigh it', () => {
  const broken = scenario({ id: 'broken', verdict: 'fail', expectations: [failure({ clause: '3.3-1.s1' })] });
  expect(codeOf([...passed, broken, stopped({ must: [MUST] })])).toBe(1);
  expect(codeOf([...passed, scenario({ id: 'e', verdict: 'error' }), stopped({ must: [MUST] })])).toBe(2);
  expect(codeOf([stopped({ must: [MUST] })])).toBe(2);
});
