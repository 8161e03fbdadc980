import { expect, test } from 'vitest';
import { compareWithBaseline, updatedVerdicts, VERDICTS_VERSION, type Baseline } from './baseline.ts';
import { NO_DEVIATIONS } from './deviations.ts';
import { withLatestIds } from './former-ids.ts';
import { failure, runOf, scenario } from './testing/sample.ts';

const RENAMED = { ...scenario({ id: 'new/name#ipv4' }), formerly: ['mid/name#ipv4', 'old/name#ipv4'] };

test('runs of earlier versions get the ids of later ones', () => {
  const [before, after] = withLatestIds([runOf([scenario({ id: 'old/name#ipv4' })]), runOf([RENAMED])]);
  expect(before?.scenarios[0]).toMatchObject({ id: 'new/name#ipv4', formerly: ['old/name#ipv4'] });
  expect(before?.clauses[0]?.scenarios).toEqual(['new/name#ipv4']);
  expect(after?.scenarios).toMatchObject([{ id: RENAMED.id, formerly: RENAMED.formerly }]);
  const alone = runOf([scenario({ id: 'old/name#ipv4' })]);
  expect(withLatestIds([alone])).toEqual([alone]);
});

test('what was recorded under a former id is what a scenario is held against', () => {
  const baseline: Baseline = {
    file: 'linux.yaml',
    declared: NO_DEVIATIONS,
    verdicts: {
      schemaVersion: VERDICTS_VERSION,
      kind: 'verdicts',
      tool: { name: 't', version: '1' },
      sut: 'linux',
      kernel: '6.18',
      clauses: {},
      scenarios: { 'old/name#ipv4': 'pass', 'other#ipv4': 'pass' },
    },
  };
  const kept = compareWithBaseline(runOf([RENAMED]), baseline, 'must');
  expect(kept.worse.filter(({ what }) => what === 'scenario').map(({ id, kind }) => [id, kind])).toEqual([
    ['other#ipv4', 'vanished'],
  ]);
  const broken = { ...RENAMED, verdict: 'fail' as const, expectations: [failure({ clause: 'c1' })] };
  const worse = compareWithBaseline(runOf([broken], { selected: true }), baseline, 'must');
  expect(worse.worse.filter(({ what }) => what === 'scenario')).toMatchObject([
    { id: 'new/name#ipv4', before: 'pass' },
  ]);
  expect(Object.keys(updatedVerdicts(worse, baseline, false).scenarios)).toEqual(['other#ipv4', 'new/name#ipv4']);
});
