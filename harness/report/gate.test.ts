import { describe, expect, test } from 'vitest';
import {
  compareOutcomes,
  compareWithBaseline,
  recordVerdicts,
  updatedVerdicts,
  type Baseline,
  type GateLevel,
} from './baseline.ts';
import { NO_DEVIATIONS } from './deviations.ts';
import { decide, gateExitCode, toRunAgain, type GateDecision } from './gate.ts';
import { gateMarkdown } from './gate-markdown.ts';
import { gateText } from './gate-text.ts';
import { escapeMarkdown, fenced, inlineCode } from './markdown.ts';
import type { Deviation, RunResults, ScenarioRecord } from './results.ts';
import { CLAUSES, expectation, failure, runOf, scenario } from './testing/sample.ts';
import type { Outcome, Verdict } from '../verdict/verdict.ts';

const CLAUSE = '3.1-20.4.s2';
const passing = scenario({ id: 'a#ipv4' });
const failing = scenario({ id: 'a#ipv4', verdict: 'fail', expectations: [failure()] });
const baselineOf = (recorded: RunResults | undefined, deviations: Deviation[] = []): Baseline => ({
  file: 'linux.yaml',
  declared: { ...NO_DEVIATIONS, source: 'linux.yaml', deviations },
  ...(recorded === undefined ? {} : { verdicts: recordVerdicts(recorded) }),
});
const decided = (
  results: RunResults,
  baseline: Baseline,
  rounds: ScenarioRecord[][] = [],
  level: GateLevel = 'must',
): GateDecision => decide(compareWithBaseline(results, baseline, level), baseline, level, { rounds });
const texts = (decision: GateDecision): { red: string[]; flaky: string[] } => {
  const name = (change: { what: string; id: string; kind: string }): string =>
    `${change.what} ${change.id} ${change.kind}`;
  return { red: decision.red.map(name), flaky: decision.flaky.map(name) };
};
const CLEAN = { colour: false, width: 100, clauses: new Map(CLAUSES.map((clause) => [clause.id, clause])) };

describe('one outcome against an earlier one', () => {
  const cases: [Outcome | undefined, Outcome, GateLevel, string | undefined][] = [
    ['pass', 'fail', 'must', 'worse'],
    ['warn', 'fail', 'must', 'worse'],
    ['declared', 'fail', 'must', 'worse'],
    ['pass', 'warn', 'must', 'minor'],
    ['pass', 'warn', 'should', 'worse'],
    [undefined, 'warn', 'should', 'new'],
    [undefined, 'fail', 'must', 'new'],
    [undefined, 'pass', 'must', undefined],
    [undefined, 'declared', 'must', undefined],
    ['pass', 'inconclusive', 'must', 'worse'],
    ['pass', 'error', 'must', 'worse'],
    ['pass', 'skip', 'must', 'worse'],
    ['inconclusive', 'error', 'must', 'worse'],
    ['error', 'inconclusive', 'must', 'better'],
    ['fail', 'inconclusive', 'must', 'unsettled'],
    ['declared', 'error', 'must', 'unsettled'],
    ['warn', 'skip', 'must', 'unsettled'],
    ['fail', 'pass', 'must', 'better'],
    ['declared', 'pass', 'must', 'better'],
    ['warn', 'info', 'must', 'better'],
    ['fail', 'warn', 'should', 'better'],
    ['fail', 'declared', 'must', undefined],
    ['pass', 'declared', 'must', undefined],
    ['pass', 'info', 'must', undefined],
    ['pass', 'note', 'must', 'minor'],
    ['pass', 'note', 'should', 'minor'],
    [undefined, 'note', 'should', undefined],
    ['note', 'note', 'should', undefined],
    ['declared', 'note', 'must', 'better'],
    ['fail', 'fail', 'must', undefined],
    ['inconclusive', 'pass', 'must', 'better'],
  ];
  test.each(cases)('%s, now %s, level %s: %s', (before, now, level, kind) => {
    expect(compareOutcomes(before, now, level)).toBe(kind);
  });
});

describe('a requirement that nothing came to judge any more', () => {
  const clause = '3.1-20.4.s2';
  const judged = scenario({ expectations: [expectation({ clause })] });
  const stopped = scenario({
    verdict: 'inconclusive',
    reason: 'stopped',
    expectations: [],
    unjudged: { must: [clause] },
  });
  const baseline: Baseline = { file: 'b.json', declared: NO_DEVIATIONS, verdicts: recordVerdicts(runOf([judged])) };

  test('is worse, by the scenarios that stopped before', () => {
    const { worse } = compareWithBaseline(runOf([stopped]), baseline, 'must');
    expect(worse.map(({ what, id, now }) => [what, id, now])).toEqual([
      ['scenario', stopped.id, 'inconclusive'],
      ['clause', clause, 'inconclusive'],
    ]);
    expect(worse[1]?.scenarios.map(({ id }) => id)).toEqual([stopped.id]);
  });

  test('stays red when it is as bad alone, and is flaky when it is not', () => {
    const comparison = compareWithBaseline(runOf([stopped]), baseline, 'must');
    const red = (round: (typeof stopped)[]): string[] =>
      decide(comparison, baseline, 'must', { rounds: [round] }).red.map(({ id }) => id);
    expect(red([stopped])).toEqual([stopped.id, clause]);
    expect(red([judged])).toEqual([]);
  });
});

describe('a run against a baseline', () => {
  test('the same is green', () => {
    const decision = decided(runOf([passing]), baselineOf(runOf([passing])));
    expect(texts(decision)).toEqual({ red: [], flaky: [] });
    expect(gateExitCode(decision)).toBe(0);
    expect(gateText(decision, CLEAN)).toMatch(/The gate passed: none of 1 scenario got worse at level must\.\n$/);
  });

  test('a scenario and a clause that got worse are named, with the packets and the command, and come last', () => {
    const decision = decided(runOf([failing]), baselineOf(runOf([passing])));
    expect(texts(decision).red).toEqual(['scenario a#ipv4 worse', `clause ${CLAUSE} worse`]);
    expect(gateExitCode(decision)).toBe(1);
    const text = gateText(decision, CLEAN);
    expect(text).toMatch(/pass → fail/);
    expect(text).toMatch(/expected {2}a SYN\/ACK/);
    expect(text).toMatch(/\^\^\^\^\^\^/);
    expect(text).toMatch(/again {5}mptcp-conformance run --only 'a#ipv4'/);
    expect(text.trimEnd().split('\n').at(-1)).toBe('The gate failed: 1 scenario and 1 clause got worse.');
  });

  test('what is declared is accepted, recorded or not', () => {
    const declared = [{ clause: CLAUSE, reason: 'known' }];
    expect(texts(decided(runOf([failing]), baselineOf(runOf([passing]), declared))).red).toEqual([]);
    expect(texts(decided(runOf([failing]), baselineOf(undefined, declared))).red).toEqual([]);
    expect(texts(decided(runOf([failing]), baselineOf(undefined))).red).toEqual([
      'scenario a#ipv4 new',
      `clause ${CLAUSE} new`,
    ]);
  });

  test('a declared departure does not cover another one of the same scenario', () => {
    const both = scenario({
      id: 'a#ipv4',
      verdict: 'fail',
      expectations: [failure(), failure({ clause: '3.2-19.s1' })],
    });
    const declared = [{ clause: CLAUSE, reason: 'known' }];
    const before = compareWithBaseline(runOf([failing]), baselineOf(undefined, declared), 'must').results;
    expect(texts(decided(runOf([both]), baselineOf(before, declared))).red).toEqual([
      'scenario a#ipv4 worse',
      'clause 3.2-19.s1 new',
    ]);
  });

  test('what vanished is worse, unless the run was of a selection', () => {
    const before = runOf([passing, scenario({ id: 'b#ipv4', expectations: [expectation({ clause: '3.2-19.s1' })] })]);
    expect(texts(decided(runOf([passing]), baselineOf(before))).red).toEqual([
      'scenario b#ipv4 vanished',
      'clause 3.2-19.s1 vanished',
    ]);
    const selected = decided(runOf([passing], { selected: true }), baselineOf(before));
    expect(texts(selected).red).toEqual([]);
    expect(gateText(selected, CLEAN)).toMatch(/1 scenarios of the baseline were not selected/);
    expect(texts(decided(runOf([passing], { partial: true }), baselineOf(before))).red).toHaveLength(2);
  });

  test('a clause that monitors saw broken turns the gate red though its scenario passed', () => {
    const seen = scenario({ id: 'a#ipv4', monitors: [failure({ clause: '3.2-19.s1', source: 'monitor' })] });
    const decision = decided(runOf([seen]), baselineOf(runOf([passing])));
    expect(texts(decision).red).toEqual(['clause 3.2-19.s1 new']);
    expect(toRunAgain(decision.comparison).map(({ id }) => id)).toEqual(['a#ipv4']);
    expect(gateText(decision, CLEAN)).toContain('3.2-19.s1');
  });

  test('a broken SHOULD counts from its level only', () => {
    const warned = scenario({
      id: 'a#ipv4',
      verdict: 'warn',
      expectations: [failure({ verdict: 'warn', level: 'should' })],
    });
    const must = decided(runOf([warned]), baselineOf(runOf([passing])));
    expect(must.red).toEqual([]);
    expect(gateText(must, CLEAN)).toMatch(/Worse, below the level \(2\)/);
    expect(texts(decided(runOf([warned]), baselineOf(runOf([passing])), [], 'should')).red).toHaveLength(2);
  });

  test('ids that objects have anyway are ids like others', () => {
    const odd = scenario({ id: 'constructor' });
    expect(texts(decided(runOf([odd]), baselineOf(runOf([passing, odd])))).red).toEqual(['scenario a#ipv4 vanished']);
  });
});

describe('run again alone', () => {
  const before = baselineOf(runOf([passing]));

  test('worse every time, or now and then: red', () => {
    const always = decided(runOf([failing]), before, [[failing], [failing], [failing]]);
    expect(always.red.map(({ alone }) => alone)).toEqual([
      { bad: 3, runs: 3 },
      { bad: 3, runs: 3 },
    ]);
    const sometimes = decided(runOf([failing]), before, [[passing], [failing], [passing]]);
    expect(sometimes.red).toHaveLength(2);
    expect(gateText(sometimes, CLEAN)).toMatch(/pass → fail, flaky: 1 of 3 alone/);
  });

  test('never again: flaky, said, and not red', () => {
    const decision = decided(runOf([failing]), before, [[passing], [passing], [passing]]);
    expect(texts(decision)).toEqual({ red: [], flaky: ['scenario a#ipv4 worse', `clause ${CLAUSE} worse`] });
    expect(gateExitCode(decision)).toBe(0);
    expect(gateText(decision, CLEAN)).toMatch(
      /Flaky: worse in the run, but not when repeated alone \(2\)[^]*2 changes did not recur when repeated alone.\n$/,
    );
  });

  test('what was not run says nothing', () => {
    expect(decided(runOf([failing]), before, [[]]).red).toHaveLength(2);
  });
});

describe('what is recorded', () => {
  const gone = scenario({ id: 'gone#ipv4' });
  const better = scenario({ id: 'b#ipv4' });
  const before = baselineOf(runOf([passing, gone, { ...better, verdict: 'fail' }]));
  const comparison = compareWithBaseline(runOf([failing, better, scenario({ id: 'new#ipv4' })]), before, 'must');

  test('what got better and what is new; regressions keep their earlier verdict', () => {
    expect(updatedVerdicts(comparison, before, false).scenarios).toEqual({
      'a#ipv4': 'pass',
      'b#ipv4': 'pass',
      'gone#ipv4': 'pass',
      'new#ipv4': 'pass',
    });
  });

  test('what vanished is dropped when told', () => {
    expect(Object.keys(updatedVerdicts(comparison, before, true).scenarios)).not.toContain('gone#ipv4');
  });

  test('a selection leaves the rest as it was', () => {
    const part = compareWithBaseline(runOf([better], { selected: true }), before, 'must');
    expect(updatedVerdicts(part, before, false).scenarios).toMatchObject({
      'a#ipv4': 'pass',
      'b#ipv4': 'pass',
      'gone#ipv4': 'pass',
    });
  });

  test('a selection cannot show that a clause is kept: scenarios outside of it judge the clause, too', () => {
    const [a, b] = [failing, passing].map((one, index) => ({ ...one, id: `s${index}#ipv4` }));
    const whole = baselineOf(runOf([a, b].flatMap((one) => one ?? [])));
    const part = compareWithBaseline(runOf(b === undefined ? [] : [b], { selected: true }), whole, 'must');
    expect([part.better, part.worse]).toEqual([[], []]);
    expect(updatedVerdicts(part, whole, false)).toEqual(whole.verdicts);
    const worse = compareWithBaseline(
      runOf(a === undefined ? [] : [a], { selected: true }),
      baselineOf(runOf([passing])),
      'must',
    );
    expect(worse.worse.map(({ what }) => what)).toContain('clause');
  });

  test('a new departure is not recorded: it stays new until it is declared', () => {
    const fresh = compareWithBaseline(runOf([failing]), baselineOf(undefined), 'must');
    expect(updatedVerdicts(fresh, baselineOf(undefined), false)).toMatchObject({ scenarios: {}, clauses: {} });
  });
});

describe('the summary of a job', () => {
  test('is a table that says what got worse, with the packets', () => {
    const markdown = gateMarkdown(decided(runOf([failing]), baselineOf(runOf([passing]))), {});
    expect(markdown).toMatch(/^## ❌ RFC 8684: linux 6\.18\.5\n/);
    expect(markdown).toContain('| what | which | change |\n| --- | --- | --- |\n| scenario | `a#ipv4` | pass → fail |');
    expect(markdown).toContain(`[${CLAUSE}](https://www.rfc-editor.org/rfc/rfc8684.html#section-3.1-20.4)`);
    expect(markdown).toContain('```text\n✘ fail  a#ipv4');
  });

  test('text from outside cannot leave its place', () => {
    const evil = '```\n<script>|</script>';
    const verdict: Verdict = 'fail';
    const results = runOf([
      scenario({ id: 'a`|b', verdict, expectations: [failure({ message: evil, actual: evil })] }),
    ]);
    const markdown = gateMarkdown(decided(results, baselineOf(undefined)), {});
    expect(markdown).toContain("| `a'\\|b` |");
    expect(markdown).toContain('````text');
    expect(escapeMarkdown('<b>*|`')).toBe('\\<b\\>\\*\\|\\`');
    expect(inlineCode('a`b')).toBe("`a'b`");
    expect(fenced('a\u001b[31m')).toBe('```text\na\\x1b[31m\n```');
  });
});
