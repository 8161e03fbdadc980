import { expect, test } from 'vitest';
import type { AnyScenario } from '../../multipath/scenario.ts';
import type { ScenarioResult } from '../../verdict/result.ts';
import type { Verdict } from '../../verdict/verdict.ts';
import { MOST_RUNS, runUntilSteady } from './run-until-steady.ts';

/** Runs a scenario whose runs end with these verdicts, the last one from then on. */
async function ended(verdicts: readonly Verdict[], unsteady?: string, declared = false) {
  let runs = 0;
  const scenario = { kind: 'wire', ...(unsteady === undefined ? {} : { unsteady }) } as AnyScenario;
  const { outcome } = await runUntilSteady(scenario, () => {
    const verdict = verdicts[Math.min(runs++, verdicts.length - 1)] as Verdict;
    const counters = verdict === 'fail' ? { 'TcpExt.SyncookiesFailed': 1 } : {};
    const result = { verdict, counters, ...(verdict === 'pass' ? {} : { reason: 'nothing came' }) };
    return Promise.resolve({
      outcome: (declared ? { ...result, declared: { reason: '' } } : result) as ScenarioResult,
    });
  });
  return { runs, verdict: outcome.verdict, repeated: outcome.repeated };
}

test('a scenario without an unsteady condition is run once', async () => {
  expect(await ended(['fail', 'pass'])).toEqual({ runs: 1, verdict: 'fail', repeated: undefined });
});

test('what ends otherwise by chance is run again, and the result tells of the first run', async () => {
  const repeated = {
    times: 2,
    because: 'a shared table',
    first: 'fail: nothing came; counters: TcpExt.SyncookiesFailed=1',
  };
  expect(await ended(['fail', 'pass'], 'a shared table')).toEqual({ runs: 2, verdict: 'pass', repeated });
});

test('what is wrong in every run stays wrong', async () => {
  const { runs, verdict, repeated } = await ended(['inconclusive', 'fail'], 'a shared table');
  expect({ runs, verdict, times: repeated?.times }).toEqual({ runs: MOST_RUNS, verdict: 'fail', times: MOST_RUNS });
});

test.each<[Verdict, boolean]>([
  ['pass', false],
  ['note', false],
  ['error', false],
  ['fail', true],
])('%s, declared %s, is not run again', async (verdict, declared) => {
  expect(await ended([verdict], 'a shared table', declared)).toEqual({ runs: 1, verdict, repeated: undefined });
});
