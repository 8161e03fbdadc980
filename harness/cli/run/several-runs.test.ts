/** Runs one after the other and at once, in one folder: none destroys the results of another. */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readResults } from '../../report/results-file.ts';
import type { RunResults } from '../../report/results.ts';
import {
  begin,
  buildProgram,
  ending,
  execute,
  PROGRAM,
  SCENARIO,
  temporaryFolder,
  until,
  type Ended,
} from '../testing/command.ts';

vi.setConfig({ testTimeout: 240_000 });

const folder = temporaryFolder();
const at = (name: string): string => join(folder.path, name);
const OTHER = '3.1-connection-initiation/responder-handshake/without-timestamps';
const here = (...args: string[]): Promise<Ended> => execute([process.execPath, PROGRAM, ...args], { cwd: folder.path });
const ids = (file: string): string[] => readResults(at(file)).scenarios.map(({ id }) => id);

beforeAll(() => buildProgram(), 120_000);
afterAll(() => folder.remove());

test('a selection leaves the last complete run, "show" finds what either has, and --failed runs what failed', async () => {
  const first = await here('run', SCENARIO, '-f', 'ipv4', '-o', 'reports/latest');
  expect(first.code, first.stderr).toBe(0);
  const second = await here('run', OTHER, '-f', 'ipv4');
  expect(second.code, second.stderr).toBe(0);
  expect(second.stdout).toContain('results: reports/again/results.json');
  expect(ids('reports/latest/results.json')).toEqual([`${SCENARIO}#ipv4`]);
  expect((await here('show', SCENARIO)).stdout).toContain('(reports/latest/results.json)');
  expect((await here('show', OTHER)).stdout).toContain('(reports/again/results.json)');
  const none = await here('run', '--failed');
  expect(none).toMatchObject({ code: 2, stderr: expect.stringMatching(/--failed: every scenario passed/) as string });

  const results = JSON.parse(readFileSync(at('reports/again/results.json'), 'utf8')) as RunResults;
  for (const one of results.scenarios.slice(0, 1)) one.verdict = 'error';
  writeFileSync(at('reports/again/results.json'), JSON.stringify(results));
  const failed = await here('run', '--failed');
  expect(failed.code, failed.stderr).toBe(0);
  expect(ids('reports/again/results.json')).toEqual([results.scenarios[0]?.id]);
});

test('a folder of others is refused, and left as it is', async () => {
  mkdirSync(at('mine/evidence'), { recursive: true });
  writeFileSync(at('mine/evidence/notes'), 'mine');
  const { code, stderr } = await here('run', SCENARIO, '-o', 'mine');
  expect(stderr).toMatch(/mine\/evidence was not written by a run.*choose another --output\n$/);
  expect(code).toBe(2);
  expect(readdirSync(at('mine'))).toEqual(['evidence']);
});

test('a second run into the folder of a run is refused', async () => {
  const child = begin([process.execPath, PROGRAM, 'run', '--section', '3.2', '-o', 'shared'], { cwd: folder.path });
  const ended = ending(child);
  await until('the first run has the folder', () => {
    try {
      return readdirSync(at('shared')).includes('.lock');
    } catch {
      return false;
    }
  });
  const { code, stderr } = await here('run', SCENARIO, '-o', 'shared');
  expect(stderr).toMatch(/another run \(pid \d+\) is writing to .*shared; wait for it or choose another --output\n$/);
  expect(code).toBe(2);
  child.kill('SIGINT');
  await ended;
  expect(readdirSync(at('shared'))).not.toContain('.lock');
});

test('rounds are compared, --exclude leaves out, and - is standard output', async () => {
  const repeated = await here('run', OTHER, '-f', 'ipv4', '--repeat', '2', '-o', 'rounds');
  expect(repeated.stdout).toMatch(/^round 1: .*\nround 2: .*exit code 0.*\n2 rounds of \d+ scenarios: /);
  expect(repeated.code).toBe(0);
  const { code, stdout, stderr } = await here(
    'run',
    '3.1-connection-initiation/responder-handshake',
    ...['-f', 'ipv4'],
    '-x',
    OTHER,
    '--json',
    '-',
  );
  expect([0, 3]).toContain(code);
  const found = (JSON.parse(stdout) as RunResults).scenarios.map(({ id }) => id);
  expect(found).toContain(`${SCENARIO}#ipv4`);
  expect(found.filter((id) => id.startsWith(OTHER))).toEqual([]);
  expect(stderr).toContain('results: reports/again/results.json');
});
