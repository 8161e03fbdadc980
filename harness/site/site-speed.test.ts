/** Ten kernels with all captures, made from a real run: the site is built in ten seconds, and its front page is small. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadCatalogue } from '../catalogue/load.ts';
import { buildProgram, mptcpConformance, temporaryFolder } from '../cli/testing/command.ts';
import { projectFile } from '../document/project-file.ts';
import { readResults, readRuns, writeResults } from '../report/results-file.ts';
import type { ScenarioRecord } from '../report/results.ts';
import { mergeRuns } from '../report/runs.ts';
import { buildSite } from './build-site.ts';

const KERNELS = ['6.1.55', '6.2.16', '6.6.30', '6.9.1', '6.12.4', '6.16.1', '6.17.2', '6.18.44', '7.2.0', '7.3.1'];
/** About what the suites hold. */
const SCENARIOS = 2100;
const LIMIT_MS = 10_000;

const folder = temporaryFolder();
afterAll(() => folder.remove(), 120_000);

beforeAll(async () => {
  buildProgram();
  const { code, stderr } = await mptcpConformance(
    'run',
    '--section',
    '3.6,3.8',
    '--family',
    'ipv4',
    '--output',
    folder.path,
  );
  expect([0, 1], stderr).toContain(code);
}, 240_000);

test('ten kernels', { timeout: 120_000 }, () => {
  const real = readResults(join(folder.path, 'results.json'));
  const scenarios = Array.from({ length: SCENARIOS }, (_, index): ScenarioRecord => {
    const one = real.scenarios[index % real.scenarios.length]!;
    return { ...one, id: `${one.id}-${index}` };
  });
  const runs = mergeRuns(KERNELS.map((release) => ({ ...real, scenarios, sut: { ...real.sut, kernel: release } })));
  const file = join(folder.path, 'matrix.json');
  writeResults(file, { schemaVersion: 1, kind: 'matrix', tool: real.tool, runs });
  const clauses = loadCatalogue(projectFile('suites/rfc8684/clauses')).all;
  const before = process.cpuUsage();
  const read = readRuns(file).map((run) => ({ run, folder: folder.path }));
  const { index, problems } = buildSite(read, clauses, join(folder.path, 'site'), '0.1.0');
  const { user, system } = process.cpuUsage(before);
  expect(problems).toEqual([]);
  expect(statSync(index).size).toBeLessThan(1_000_000);
  // Time of this process, not of the clock: the machine may be busy with other things.
  expect((user + system) / 1000).toBeLessThan(LIMIT_MS);
});
