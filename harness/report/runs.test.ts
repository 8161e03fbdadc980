import type { SutInfo } from '../verdict/stack-info.ts';
import { describe, expect, test } from 'vitest';
import { applyDeviations } from './deviations.ts';
import type { RunResults } from './results.ts';
import { otherBuild } from './build-identity.ts';
import { compareSuts, mergeRuns, MergeError, moveEvidence, sutLabels } from './runs.ts';
import { CLAUSES, expectation, failure, runOf, scenario } from './testing/sample.ts';

const withSut = (results: RunResults, sut: Partial<SutInfo>): RunResults => ({
  ...results,
  sut: { ...results.sut, ...sut },
});
const sut = (over: Partial<SutInfo>): SutInfo => ({ name: 'linux', kind: 'netns', kernel: '6.18.5', ...over });

describe('shards of one stack', () => {
  const first = runOf([scenario({ id: 'b#ipv4' })], { selected: true });
  const second = runOf([scenario({ id: 'a#ipv4', verdict: 'fail', expectations: [failure()] })], {
    selected: true,
    startedAt: '2026-01-02T03:00:00.000Z',
    durationMs: 500,
    partial: true,
    concurrency: 2,
  });

  test('become one run: counts and clauses are those of all, the order is that of the suites', () => {
    const [merged] = mergeRuns([first, second], { catalogue: CLAUSES, scenarios: ['a#ipv4', 'b#ipv4', 'c#ipv4'] });
    expect(merged?.scenarios.map(({ id }) => id)).toEqual(['a#ipv4', 'b#ipv4']);
    expect(merged?.summary).toMatchObject({ pass: 1, fail: 1 });
    expect(merged?.clauses).toEqual([
      { id: '3.1-20.4.s2', level: 'must', verdict: 'fail', scenarios: ['a#ipv4', 'b#ipv4'] },
    ]);
    expect(merged?.coverage?.byLevel.must).toEqual({ total: 1, judged: 1, unobservable: 0 });
    expect(merged?.run).toMatchObject({
      startedAt: '2026-01-02T03:00:00.000Z',
      durationMs: 13_000,
      partial: true,
      selected: true,
      concurrency: 8,
    });
  });

  test('that together have everything are no selection any more', () => {
    const merged = (scenarios: string[]) => mergeRuns([first, second], { scenarios })[0]?.run.selected;
    expect(merged(['a#ipv4', 'b#ipv4'])).toBe(false);
    expect(merged(['a#ipv4', 'b#ipv4', 'c#ipv6'])).toBe(true);
  });

  test('have their declarations applied again, over all of them', () => {
    const list = { source: 'linux.yaml', sut: 'linux', deviations: [{ clause: '3.1-20.4.s2', reason: 'known' }] };
    const [merged] = mergeRuns([applyDeviations(first, list), applyDeviations(second, list)]);
    expect(merged?.summary).toMatchObject({ declared: 1, fail: 0 });
    expect(merged?.deviations).toEqual({
      source: 'linux.yaml',
      stale: [],
      unseen: [],
      applied: [{ clause: '3.1-20.4.s2', reason: 'known', scenarios: ['a#ipv4'] }],
    });
  });

  test('must not share a scenario', () => {
    expect(() => mergeRuns([first, first])).toThrow(MergeError);
    expect(() => mergeRuns([first, first])).toThrow(/contain the scenario b#ipv4; shards must not overlap/);
  });
});

describe('several stacks', () => {
  test('stay apart, and stand in the order of their versions', () => {
    const runs = ['6.18.5', '6.9.0', '6.12.1'].map((kernel) => withSut(runOf([scenario()]), { kernel }));
    expect(mergeRuns(runs).map((run) => run.sut.kernel)).toEqual(['6.9.0', '6.12.1', '6.18.5']);
    expect(mergeRuns([...runs, withSut(runOf([scenario({ id: 'other' })]), { kernel: '6.9.0' })])).toHaveLength(3);
    expect([sut({ name: 'b' }), sut({ name: 'a', kernel: '' })].sort(compareSuts).map(({ name }) => name)).toEqual([
      'a',
      'b',
    ]);
  });

  test('are called by what tells them apart', () => {
    expect(sutLabels([sut({}), sut({ kernel: '6.9' })])).toEqual(['6.18.5', '6.9']);
    expect(sutLabels([sut({}), sut({ name: 'other' })])).toEqual(['linux 6.18.5', 'other 6.18.5']);
    expect(sutLabels([sut({}), sut({ kind: 'kernel' })])).toEqual(['linux 6.18.5 (netns)', 'linux 6.18.5 (kernel)']);
    expect(sutLabels([sut({ name: 'stack', kernel: '' })])).toEqual(['stack']);
    expect(sutLabels([sut({ label: 'mine' }), sut({})])).toEqual(['mine', '6.18.5']);
  });

  test('two builds of one version are two stacks, called by their builds', () => {
    const [a, b] = [
      { digest: `sha256:${'a'.repeat(64)}`, build: '#1 SMP' },
      { digest: `sha256:${'b'.repeat(64)}`, build: '#1 SMP' },
    ];
    expect(mergeRuns([withSut(runOf([scenario()]), a), withSut(runOf([scenario()]), b)])).toHaveLength(2);
    expect(sutLabels([sut(a), sut(b)])).toEqual(['6.18.5 aaaaaaaa', '6.18.5 bbbbbbbb']);
    expect(sutLabels([sut({ build: '#1 SMP' }), sut({ build: '#2 SMP' })])).toEqual(['6.18.5 #1', '6.18.5 #2']);
    expect(otherBuild(sut(a), sut(b))).toMatch(/its image is sha256:bbbb.*the results are of sha256:aaaa/);
    expect(otherBuild(sut(a), sut({}))).toBeUndefined();
  });
});

test('evidence moves, all of it', () => {
  const results = runOf([
    scenario({
      expectations: [failure({ pcap: 'e/c.pcap' })],
      monitors: [expectation({ pcap: 'e/c.pcap' })],
      evidence: { pcap: 'e/c.pcap', agentLog: 'e/agent.log', ladder: 'e/ladder.json' },
    }),
  ]);
  const [moved] = moveEvidence(results, (path) => `there/${path}`).scenarios;
  expect(moved?.evidence).toEqual({
    pcap: 'there/e/c.pcap',
    agentLog: 'there/e/agent.log',
    ladder: 'there/e/ladder.json',
  });
  expect([...(moved?.expectations ?? []), ...(moved?.monitors ?? [])].map(({ pcap }) => pcap)).toEqual([
    'there/e/c.pcap',
    'there/e/c.pcap',
  ]);
});
