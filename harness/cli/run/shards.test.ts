/** Shards of a run, merged, have the verdicts of the run. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readResults } from '../../report/results-file.ts';
import { buildProgram, execute, PROGRAM, temporaryFolder, type Ended } from '../testing/command.ts';

vi.setConfig({ testTimeout: 240_000 });

const folder = temporaryFolder();
const here = (...args: string[]): Promise<Ended> => execute([process.execPath, PROGRAM, ...args], { cwd: folder.path });
/** Some of them are declared for Linux. */
const SELECTION = ['3.1-connection-initiation/responder-handshake', '-f', 'ipv4'];
const SHARDS = ['1/4', '2/4', '3/4', '4/4'];

beforeAll(() => buildProgram(), 120_000);
afterAll(() => folder.remove());

/** The parts that must be equal; times and packet numbers may differ. */
function verdictsIn(name: string) {
  const { scenarios, clauses, summary, run, deviations } = readResults(join(folder.path, name, 'results.json'));
  return {
    scenarios: scenarios.map(({ id, verdict, declared }) => [id, verdict, declared]),
    clauses: clauses.map(({ id, verdict, declared, scenarios: judged }) => [id, verdict, declared, judged]),
    summary,
    selected: run.selected,
    applied: deviations?.applied,
  };
}

test('four shards merged are the run', async () => {
  const whole = await here('run', ...SELECTION, '-o', 'whole');
  expect([0, 3], whole.stderr).toContain(whole.code);
  for (const [index, shard] of SHARDS.entries())
    expect([0, 3]).toContain((await here('run', ...SELECTION, '--shard', shard, '-o', `shard-${index + 1}`)).code);
  const parts = SHARDS.map((_, index) => `shard-${index + 1}/results.json`);
  const merged = await here('merge', ...parts, '-o', 'all/results.json');
  expect(merged).toMatchObject({ code: 0, stderr: '' });
  const expected = verdictsIn('whole');
  expect(verdictsIn('all')).toEqual(expected);
  expect(expected.summary.declared).toBeGreaterThan(0);

  const three = await here('merge', ...parts.slice(1), '-o', 'three/results.json');
  expect(three.stderr).toMatch(/^linux .*: shard 1 of 4 is missing; the results are a selection\n$/);
});

test.each(['0/4', '5/4', '1', '1/0', 'a/b'])('--shard %s is refused', async (word) => {
  const { code, stderr } = await here('run', '--shard', word);
  expect(stderr).toMatch(/Expected INDEX\/COUNT, such as 1\/4/);
  expect(code).toBe(2);
});
