/** Vitest on the suites and `run` give the same verdicts. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunResults } from '../../../report/results.ts';
import type { ScenarioResult } from '../../../verdict/result.ts';
import { buildProgram, mptcpConformance, temporaryFolder } from '../../testing/command.ts';

/** Suites with passed, failed, declared and skipped scenarios on the kernels that have a baseline. */
const SUITES = ['3.1-connection-initiation/responder-options-lost', '3.5-fast-close/option-a'];

const folder = temporaryFolder();
beforeAll(buildProgram, 300_000);
afterAll(folder.remove);

/** A test in the output of Vitest's JSON reporter. */
interface TestReport {
  testResults: { assertionResults: { status: string; meta: { conformance: ScenarioResult } }[] }[];
}

/** The fields that decide whether a scenario passed. */
function judged({ id, verdict, declared }: Omit<ScenarioResult, 'ladder'>): [string, object] {
  return [id, { verdict, declared: declared !== undefined }];
}

test('Vitest on the suites gives the verdicts of run', async () => {
  const output = join(folder.path, 'run');
  const ran = await mptcpConformance('run', ...SUITES, '--output', output);
  expect(ran.code, ran.stderr).toBe(0);
  const results = JSON.parse(readFileSync(join(output, 'results.json'), 'utf8')) as RunResults;

  const file = join(folder.path, 'vitest.json');
  const tested = await mptcpConformance('vitest', 'run', ...SUITES, '--reporter=json', `--outputFile=${file}`);
  expect(tested.code, tested.stderr).toBe(0);
  const report = JSON.parse(readFileSync(file, 'utf8')) as TestReport;
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);

  const verdicts = Object.fromEntries(tests.map(({ meta }) => judged(meta.conformance)));
  expect(Object.keys(verdicts).length).toBeGreaterThan(20);
  expect(verdicts).toEqual(Object.fromEntries(results.scenarios.map((one) => judged(one))));
  // Skipped and declared scenarios show that the declarations of what the stack lacks and does were read.
  const seen = new Set(
    results.scenarios.map(({ verdict, declared }) => (declared === undefined ? verdict : 'declared')),
  );
  expect([...seen]).toEqual(expect.arrayContaining(['pass', 'skip', 'declared']));
}, 120_000);
