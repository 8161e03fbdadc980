/** `clean` on real processes and files. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isLauncherAlive, LAUNCHER_VARIABLE, launcherMark } from '../../topology/machine/launcher.ts';
import { buildProgram, mptcpConformance, plainEnvironment, temporaryFolder } from '../testing/command.ts';

const folder = temporaryFolder();
const started: ChildProcess[] = [];

beforeAll(() => buildProgram(), 60_000);
afterAll(() => {
  for (const child of started) child.kill('SIGKILL');
  folder.remove();
});

/** A process that stays, marked as belonging to a launcher. */
async function processOf(mark: string): Promise<ChildProcess> {
  const child = spawn('cat', {
    env: { ...plainEnvironment(), [LAUNCHER_VARIABLE]: mark },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  started.push(child);
  await once(child, 'spawn');
  return child;
}

test('ends processes whose run is gone and removes their unfinished files, and leaves those of a run under way', async () => {
  const launcher = spawn('true');
  const gone = `${launcher.pid ?? 0}:1`;
  await once(launcher, 'exit');
  const [orphan, busy] = await Promise.all([processOf(gone), processOf(launcherMark())]);
  const results = join(folder.path, 'results.json');
  const [stale, fresh] = [launcher.pid, process.pid].map((pid) =>
    join(folder.path, `.results.json.${pid ?? 0}.tmp`),
  ) as [string, string];
  mkdirSync(join(folder.path, 'evidence'));
  for (const file of [results, stale, fresh]) writeFileSync(file, '{');

  const dry = await mptcpConformance('clean', '--dry-run', '--output', folder.path);
  expect(dry.stdout).toContain(`would remove process ${orphan.pid ?? 0} (cat): its run has ended`);
  expect(dry.stdout).toMatch(/would remove unfinished .*\.results\.json\.\d+\.tmp/);
  expect([orphan.exitCode, orphan.signalCode, existsSync(stale)]).toEqual([null, null, true]);

  const end = once(orphan, 'exit');
  const { code, stdout } = await mptcpConformance('clean', '--output', folder.path);
  expect({ code, signal: (await end)[1] as unknown }).toEqual({ code: 0, signal: 'SIGKILL' });
  expect(stdout).toContain(`removed process ${orphan.pid ?? 0}`);
  expect(stdout).not.toContain(`process ${busy.pid ?? 0} `);
  expect([stale, fresh, results, join(folder.path, 'evidence')].map((path) => existsSync(path))).toEqual([
    false,
    true,
    true,
    true,
  ]);
  expect([busy.exitCode, busy.signalCode]).toEqual([null, null]);
});

test('a launcher is known by its start time, so that another process with its number is not taken for it', () => {
  expect(isLauncherAlive(launcherMark())).toBe(true);
  expect(isLauncherAlive(`${process.pid}:1`)).toBe(false);
});
