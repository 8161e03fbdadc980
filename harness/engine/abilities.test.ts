import { expect, test } from 'vitest';
import type { Scenario } from '../scenario/suite.ts';
import { missingAbility } from './abilities.ts';
import { scenarioOf } from './testing/written-scenario.ts';

function scenario(family: string, ...steps: string[]): Scenario {
  return scenarioOf(steps, family);
}

const BASIC = new Set(['tcp', 'mptcp']);

test.each([
  ['sockets', scenario('ipv4', 'sut: listen', 'sut: accept', 'sut: send bytes=10'), undefined],
  [
    'a feature',
    scenario('ipv4', 'sut: limits-set subflows=2'),
    /feature endpoints, which "sut: limits-set subflows=2" needs/,
  ],
  ['a feature within a loop', scenario('ipv4', '{ repeat: 2, steps: [{ sut: endpoint-flush }] }'), /feature endpoints/],
  ['counters', scenario('ipv4', 'sut: counter name=MPFailTx -> value=0'), /feature counters/],
  ['IPv6', scenario('ipv6', 'sut: listen'), /feature ipv6, which a scenario of IPv6 needs/],
])('what the agent does not name: %s', (_, one, message) => {
  const missing = missingAbility(one, BASIC);
  if (message === undefined) expect(missing).toBeUndefined();
  else expect(missing).toMatch(message);
  expect(missingAbility(one, new Set([...BASIC, 'endpoints', 'counters', 'ipv6']))).toBeUndefined();
});

test('a TCP socket needs TCP, and not MPTCP', () => {
  expect(missingAbility(scenario('ipv4', 'sut: listen proto=tcp'), new Set(['mptcp']))).toMatch(/feature tcp/);
  expect(missingAbility(scenario('ipv4', 'sut: listen proto=tcp'), new Set(['tcp']))).toBeUndefined();
});
