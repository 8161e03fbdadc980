/** Findings of monitors count in a scenario's verdict. */
import { expect, test } from 'vitest';
import type { ExpectationResult, ScenarioResult } from './result.ts';
import { concludeScenario, withoutIdleSkips } from './scenario-verdict.ts';
import type { Verdict } from './verdict.ts';

const judged = (verdict: Verdict, message: string): ExpectationResult => ({
  clause: '3-2.s3',
  level: 'must',
  verdict,
  source: 'suite:1',
  step: 'step',
  message,
});

function settled(
  own: readonly Verdict[],
  monitors: readonly Verdict[],
  reason?: string,
): Pick<ScenarioResult, 'verdict' | 'reason'> {
  const draft: Parameters<typeof concludeScenario>[0] = {
    verdict: 'error',
    expectations: own.map((verdict) => judged(verdict, `own ${verdict}`)),
    monitors: monitors.map((verdict) => judged(verdict, `monitor ${verdict}`)),
    ...(reason === undefined ? {} : { reason }),
  };
  concludeScenario(draft);
  return { verdict: draft.verdict, ...(draft.reason === undefined ? {} : { reason: draft.reason }) };
}

test('a scenario is judged by its own expectations', () => {
  expect(settled(['pass', 'fail'], [])).toEqual({ verdict: 'fail', reason: 'own fail' });
  expect(settled(['pass'], [], 'stopped')).toEqual({ verdict: 'pass' });
  expect(settled([], [], 'stopped')).toEqual({ verdict: 'inconclusive', reason: 'stopped' });
});

test('and by what monitors found broken', () => {
  expect(settled(['pass'], ['fail'])).toEqual({ verdict: 'fail', reason: 'monitor fail' });
  expect(settled(['pass'], ['warn'])).toEqual({ verdict: 'warn', reason: 'monitor warn' });
  expect(settled(['warn'], ['fail'])).toEqual({ verdict: 'fail', reason: 'monitor fail' });
});

test('but its own departure is the first to be told', () => {
  expect(settled(['fail'], ['fail', 'warn'])).toEqual({ verdict: 'fail', reason: 'own fail' });
  expect(settled(['fail'], ['warn'])).toEqual({ verdict: 'fail', reason: 'own fail' });
});

test('a departure stands where the scenario did not reach its point', () => {
  expect(settled(['inconclusive'], ['fail'], 'stopped')).toEqual({ verdict: 'fail', reason: 'monitor fail' });
});

test('a clause that one way of several leaves out is not told where another step judged it', () => {
  const [kept, passedOver] = [judged('pass', ''), judged('skip', 'only where the stack chooses "a"')];
  const elsewhere = { ...passedOver, clause: '3-2.s4' };
  expect(withoutIdleSkips([kept, passedOver, elsewhere])).toEqual([kept, elsewhere]);
});
