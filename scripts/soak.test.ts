/** `npm run soak`: a short round, and proof that it notices growth. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { growth } from './soak-samples.mjs';

const SCENARIO = '3.1-connection-initiation/responder-handshake/mp-capable-fields';

test('a round, its size, and no difference', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'soak-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const soak = ['scripts/soak.mjs', '--hours', '0', '--sut', 'reference', '--output', join(folder, 'out')];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...soak, '--', SCENARIO], { encoding: 'utf8' });
  expect(stdout, stderr).toMatch(
    /^round 1: reference, .*: 2 scenarios, exit code 0, \d+ s; at most [1-9]\d* MiB in all/,
  );
  expect(stdout).toMatch(/\n1 rounds, 0 problems; seed 1\n$/);
  expect(status).toBe(0);
});

test.each([
  [(at: number) => 20 + at * 10, ['leaky (pid 7): from 75 to 155 open files']],
  [() => 20, []],
])('growth of open files', (files, expected) => {
  const times = Array.from({ length: 16 }, (_, at) => at);
  const seen = new Map([[7, { name: 'leaky', mib: times.map(() => 50), files: times.map(files) }]]);
  expect(growth({ seen })).toEqual(expected);
});
