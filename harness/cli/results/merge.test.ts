/** `merge`, as a user runs it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { matrixProblems, readResults, readRuns, writeResults } from '../../report/results-file.ts';
import { failure, runOf, scenario } from '../../report/testing/sample.ts';
import { buildProgram, mptcpConformance, temporaryFolder } from '../testing/command.ts';

vi.setConfig({ testTimeout: 90_000 });

const folder = temporaryFolder();
const at = (name: string): string => join(folder.path, name);

beforeAll(() => {
  buildProgram();
  const evidence = { pcap: 'evidence/one/capture.pcap' };
  writeResults(at('a/results.json'), runOf([scenario({ id: 'one', evidence })], { selected: true }));
  writeResults(
    at('b/results.json'),
    runOf([scenario({ id: 'two', verdict: 'fail', expectations: [failure()] })], { selected: true }),
  );
  const other = runOf([scenario({ id: 'one', evidence })]);
  writeResults(at('c/results.json'), { ...other, sut: { ...other.sut, kernel: '6.9.1', kind: 'kernel' } });
}, 60_000);
afterAll(() => folder.remove());

test('shards become a run whose evidence is found from the new place', async () => {
  const { code, stdout } = await mptcpConformance(
    'merge',
    at('a/results.json'),
    at('b/results.json'),
    '-o',
    at('all/results.json'),
  );
  expect(code).toBe(0);
  expect(stdout).toMatch(/2 scenarios of linux 6\.18\.5 \(netns\)/);
  const merged = readResults(at('all/results.json'));
  expect(merged.scenarios.map(({ id }) => id)).toEqual(['one', 'two']);
  expect(merged.scenarios[0]?.evidence.pcap).toBe('../a/evidence/one/capture.pcap');
});

test('several stacks become a matrix, which fits its published schema and can be merged again', async () => {
  const first = await mptcpConformance('merge', at('a/results.json'), at('c/results.json'), '-o', at('m/matrix.json'));
  expect(first.code).toBe(0);
  expect(matrixProblems(JSON.parse(readFileSync(at('m/matrix.json'), 'utf8')))).toEqual([]);
  const second = await mptcpConformance('merge', at('m/matrix.json'), at('b/results.json'), '-o', at('m/matrix.json'));
  expect(second.code).toBe(0);
  expect(readRuns(at('m/matrix.json')).map(({ sut, scenarios }) => [sut.kernel, scenarios.length])).toEqual([
    ['6.9.1', 1],
    ['6.18.5', 2],
  ]);
  expect(() => readResults(at('m/matrix.json'))).toThrow(
    /a matrix of several stacks; expected the results\.json of one run/,
  );
});

test.each([
  ['a file that is not there', ['none.json'], /none\.json: no such file/],
  [
    'the same scenarios twice',
    ['a/results.json', 'a/results.json'],
    /contain the scenario one; shards must not overlap/,
  ],
  [
    'a run of another schema in a matrix',
    ['newer.json'],
    /newer\.json: schema version 3, this tool reads 2; use the version/,
  ],
  ['a matrix of another schema', ['newer-matrix.json'], /schema version 7, this tool reads 1/],
  ['a broken matrix', ['broken.json'], /broken\.json: does not match reports\/schema\/matrix\.schema\.json: .*runs/],
])('%s: exit code 2, and what was there stays', async (_what, files, message) => {
  const tool = { name: 'mptcp-conformance', version: '0.1.0' };
  writeFileSync(
    at('newer.json'),
    JSON.stringify({ schemaVersion: 1, kind: 'matrix', tool, runs: [{ ...runOf([]), schemaVersion: 3 }] }),
  );
  writeFileSync(at('newer-matrix.json'), JSON.stringify({ schemaVersion: 7, kind: 'matrix', tool, runs: [] }));
  writeFileSync(at('broken.json'), JSON.stringify({ schemaVersion: 1, kind: 'matrix', tool, runs: [] }));
  writeFileSync(at('kept.json'), 'mine');
  const { code, stderr } = await mptcpConformance('merge', ...files.map(at), '-o', at('kept.json'));
  expect(stderr).toMatch(message);
  expect(code).toBe(2);
  expect(readFileSync(at('kept.json'), 'utf8')).toBe('mine');
  expect(existsSync(at('kept.json.tmp'))).toBe(false);
});
