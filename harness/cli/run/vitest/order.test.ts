import { describe, expect, test } from 'vitest';
import type { Scenario } from '../../../scenario/suite.ts';
import { mayTake, shareOut, startOrder } from './order.ts';

/** A scenario that waits for one packet for so long; at once when 0. */
function scenario(id: string, within = 0): Scenario {
  return {
    kind: 'wire',
    id,
    preamble: [],
    body: [within === 0 ? { kind: 'expect' } : { kind: 'expect', within }],
  } as unknown as Scenario;
}

const ids = (scenarios: readonly Scenario[]): string => scenarios.map((one) => one.id).join(' ');

describe('the order of scenarios', () => {
  const some = [
    scenario('a'),
    scenario('b', 3000),
    scenario('c'),
    scenario('d'),
    scenario('e', 9000),
    scenario('f'),
    scenario('g'),
    scenario('h'),
  ];

  test('begins with the longest wait, and has others between those that wait', () => {
    expect(ids(startOrder(some, []))).toBe('e a c b d f g h');
  });

  test('counts what is repeated', () => {
    const repeated = {
      ...scenario('r'),
      body: [{ kind: 'repeat', times: 40, steps: [{ kind: 'fence' }, { kind: 'fence' }] }],
    } as unknown as Scenario;
    expect(mayTake(repeated, [])).toBe(400);
    expect(ids(startOrder([...some, repeated], []))).toBe('e a c b d f r g h');
  });

  test('expects a wait where a departure is declared', () => {
    const declared = [{ id: 'x', scenario: 'd', reason: 'because' }] as unknown as Parameters<typeof mayTake>[1];
    expect(mayTake(scenario('d'), declared)).toBeGreaterThan(0);
    expect(mayTake(scenario('a'), declared)).toBe(0);
  });
});

describe('the shares of workers', () => {
  test('are of one size, each with some that wait, and hold every scenario once', () => {
    const some = [scenario('a'), scenario('b', 3000), scenario('c'), scenario('d', 9000), scenario('e')];
    const shares = shareOut(some, 2, []);
    expect(shares.map(ids)).toEqual(['d a e', 'b c']);
  });

  test('are no more than there are scenarios', () => {
    expect(shareOut([scenario('a')], 4, []).map(ids)).toEqual(['a']);
    expect(shareOut([], 4, [])).toEqual([]);
  });
});
