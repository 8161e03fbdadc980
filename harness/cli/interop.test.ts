/** Two kernels of different versions, joined by several paths: what they send one another is judged, and nobody blamed wrongly. */
import { join } from 'node:path';
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readResults } from '../report/results-file.ts';
import { buildProgram, mptcpConformance, temporaryFolder } from './testing/command.ts';

vi.setConfig({ testTimeout: 240_000 });

const folder = temporaryFolder();
beforeAll(() => buildProgram(), 60_000);
afterAll(() => folder.remove());

function capturesBelow(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.pcap'))
    .map((name) => join(path, name));
}

test.each([
  ['kernel:6.12', 'netns', 'ipv4', 'multipath/fail-over/silent-second-path', ['kernel', 'netns']],
  ['netns', 'kernel:6.12', 'ipv6', 'multipath/fail-over/silent-path', ['netns', 'kernel']],
])('%s as client, %s as server, over %s: %s', async (sut, peer, family, scenario, kinds) => {
  const output = join(folder.path, kinds.join('-'));
  const { code, stdout, stderr } = await mptcpConformance(
    'run',
    scenario,
    '--family',
    family,
    '--sut',
    sut,
    '--peer',
    peer,
    '-o',
    output,
  );
  expect(code, `${stdout}\n${stderr}`).toBe(0);
  const results = readResults(join(output, 'results.json'));
  expect([results.sut.kind, results.sut.peer?.kind]).toEqual(kinds);
  expect(results.sut.kernel).not.toBe(results.sut.peer?.kernel);
  expect(results.scenarios.map(({ verdict }) => verdict)).toEqual(results.scenarios.map(() => 'pass'));
  const captures = capturesBelow(output);
  expect(captures.length).toBe(2 * results.scenarios.length);
  const judged = await mptcpConformance('check', ...captures);
  expect(judged.code, judged.stdout).toBe(0);
  expect(judged.stdout).toMatch(/MP_JOIN by the/);
});

test('scenarios of one stack have no peer: exit code 2', async () => {
  const { code, stderr } = await mptcpConformance(
    'run',
    '--section',
    '3.2',
    '--peer',
    'netns',
    '-o',
    join(folder.path, 'none'),
  );
  expect(stderr).toMatch(/--peer is for scenarios with two stacks, but 3\.2-.* has one; add --section multipath/);
  expect(code).toBe(2);
});
