/** Every expectation of the suites of section 3.1 is seen failing, on this kernel; the command proves the rest, too. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const PROGRAM = join(ROOT, 'bin', 'mptcp-conformance.mjs');

test('notices every alteration of what the stack sends', { timeout: 900_000 }, () => {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST')));
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, 'mutants', '--section', '3.1'], {
    cwd: ROOT,
    encoding: 'utf8',
    env,
    maxBuffer: 64e6,
  });
  expect(status, `${stdout}\n${stderr}`).toBe(0);
  const counted = /(\d+) alterations: (\d+) detected, 0 not detected/.exec(stdout);
  expect(Number(counted?.[2]), stdout).toBeGreaterThan(3000);
  console.log(stdout.trim().split('\n').at(-1));
});
