import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadSuite, openLibrary } from '../scenario/load.ts';
import type { Scenario } from '../scenario/suite.ts';
import { missingAbility } from './abilities.ts';

const folder = mkdtempSync(join(tmpdir(), 'abilities-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function scenario(family: string, ...steps: string[]): Scenario {
  const file = join(folder, 'probe.suite.yaml');
  const body = steps.map((step) => `      - ${step}\n`).join('');
  const head = `title: Probe\nsection: "3.1"\nsut: responder\nscenarios:\n  probe:\n    title: Probe\n    family: [${family}]\n`;
  writeFileSync(file, `${head}    steps:\n${body}`);
  const [loaded] = loadSuite(file, openLibrary(join(import.meta.dirname, '..', '..', 'suites')));
  if (loaded === undefined) throw new Error('no scenario');
  return loaded;
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
