/** `matrix`, with this machine's kernel and one of another version. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readRuns } from '../../report/results-file.ts';
import { buildProgram, mptcpConformance, temporaryFolder } from '../testing/command.ts';

vi.setConfig({ testTimeout: 300_000 });

/** Kernels before 6.18 give another reason with a reset of this scenario (see their baselines). */
const SCENARIO = '3.7-fallback/two-subflows/buffer-full-of-unmapped-data';

const folder = temporaryFolder();
beforeAll(() => buildProgram(), 60_000);
afterAll(() => folder.remove());

test('two kernels, the clauses in which they differ, and one file of both', async () => {
  const { code, stdout, stderr } = await mptcpConformance(
    'matrix',
    '--sut',
    'netns,kernel:6.12',
    SCENARIO,
    '-o',
    folder.path,
  );
  const logs = ['netns', 'kernel-6.12']
    .map((name) => readFileSync(join(folder.path, name, 'run.log'), 'utf8'))
    .join('\n');
  expect(code, `${stdout}\n${stderr}\n${logs}`).toBe(0);
  const runs = readRuns(join(folder.path, 'matrix.json'));
  expect(runs.map(({ sut }) => sut.kind).toSorted()).toEqual(['kernel', 'netns']);
  for (const run of runs) expect(run.scenarios.every(({ id }) => id.startsWith(SCENARIO))).toBe(true);
  expect(new Set(runs.map(({ scenarios }) => scenarios.length)).size).toBe(1);
  expect(stdout).toMatch(/Clauses with different verdicts \((\d+)\):\nclause .*6\.12/);
  expect(stdout).toMatch(/^3\.7-4\.4\.s2 +(warn +pass|pass +warn)/m);
});

test('a stack twice, or one that is not a stack: exit code 2, and nothing is run', async () => {
  const twice = await mptcpConformance('matrix', '--sut', 'netns,netns', '-o', join(folder.path, 'none'));
  expect(twice).toMatchObject({ code: 2, stderr: expect.stringContaining('--sut names netns twice') as string });
  const unknown = await mptcpConformance('matrix', '--sut', 'netns,kernle:6.12', '-o', join(folder.path, 'none'));
  expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean "kernel"') as string });
});
