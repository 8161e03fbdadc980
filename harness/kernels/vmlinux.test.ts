import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { findMptcp, readReached } from './vmlinux.ts';

const folder = mkdtempSync(join(tmpdir(), 'mptcp-conformance-vmlinux-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('a vmlinux', () => {
  test('that is not there or has no MPTCP is told in one line', async () => {
    await expect(findMptcp(join(folder, 'vmlinux'))).rejects.toThrow(
      /vmlinux does not exist; give the vmlinux of the kernel/,
    );
    await expect(findMptcp(process.execPath)).rejects.toThrow(/has no symbols of MPTCP; it must be built in/);
    const text = join(folder, 'text');
    writeFileSync(text, 'no kernel\n');
    await expect(findMptcp(text)).rejects.toThrow(/--code-coverage: nm failed: .*file format not recogni[sz]ed/);
  });

  test('logs of several guests are one set of addresses', async () => {
    const logs = mkdtempSync(join(folder, 'logs-'));
    writeFileSync(join(logs, '1'), 'IN: \n0x0000000000001000:  90  nop\n0x0000000000001001:  c3  retq\n');
    writeFileSync(join(logs, '2'), 'IN: \n0x0000000000001001:  c3  retq\n');
    expect([...(await readReached(logs))].sort()).toEqual(['0000000000001000', '0000000000001001']);
  });
});
