import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { checkTun } from './tun.ts';

const folder = mkdtempSync(join(tmpdir(), 'tun-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('names the module where there is no device', () => {
  expect(checkTun(join(folder, 'none'))).toMatchObject({
    works: false,
    remedy: expect.stringMatching(/modprobe tun/) as string,
  });
});

test('agrees with the kernel about the device of this machine', () => {
  const opened = spawnSync('sh', ['-c', 'exec 3<>/dev/net/tun'], { encoding: 'utf8' });
  expect(checkTun().works).toBe(opened.status === 0);
});

test.runIf(process.getuid?.() !== 0)('names the mode that keeps a user out', () => {
  const device = join(folder, 'tun');
  writeFileSync(device, '');
  chmodSync(device, 0o000);
  expect(checkTun(device).detail).toMatch(/this user cannot open .* \(mode 0000\)/);
});
