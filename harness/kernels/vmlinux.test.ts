import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ARCHITECTURES, hostArchitecture } from '../sut/architecture.ts';
import { readReached, readVmlinux } from './vmlinux.ts';

const folder = mkdtempSync(join(tmpdir(), 'mptcp-conformance-vmlinux-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const host = hostArchitecture() ?? ARCHITECTURES.x86_64;
const image = { release: '6.1.0-test', build: '#3 SMP Fri' };

/** Stands for a kernel: its banners, an inlined function and a caller. Line 10 has no code but the inlined. */
const SOURCE = `const char early_banner[] = "Linux version 6.1.0-test (me@here) (cc) # ";
const char linux_banner[] = "Linux version 6.1.0-test (me@here) (cc) #3 SMP Fri\\n";
volatile int seen;
static inline __attribute__((always_inline)) void subflow_inlined(void)
{
  seen = 1;
}
int mptcp_caller(int value)
{
  subflow_inlined();
  return value;
}
int main(void)
{
  return mptcp_caller(1) + linux_banner[0] + early_banner[0];
}
`;

function compile(name: string, ...options: string[]): string {
  mkdirSync(join(folder, 'net', 'mptcp'), { recursive: true });
  const source = join(folder, 'net', 'mptcp', 'caller.c');
  const program = join(folder, name);
  writeFileSync(source, SOURCE);
  execFileSync('cc', ['-O1', '-no-pie', ...options, '-o', program, source]);
  return program;
}

describe('a vmlinux', () => {
  const vmlinux = compile('vmlinux', '-g');

  test('gives the lines of an inlined function and of the place where it is inlined', async () => {
    const { range, instructions } = await readVmlinux(vmlinux, image, host);
    const places = new Set(instructions.map(({ line, function: name }) => `${line} ${name}`));
    expect([...places]).toEqual(expect.arrayContaining(['6 subflow_inlined', '10 mptcp_caller']));
    expect(new Set(instructions.map(({ file }) => file))).toEqual(new Set(['net/mptcp/caller.c']));
    for (const { address } of instructions) {
      expect(BigInt(`0x${address}`)).toBeGreaterThanOrEqual(range.start);
      expect(BigInt(`0x${address}`)).toBeLessThan(range.end);
    }
  });

  test('of another build than the image is refused', async () => {
    await expect(readVmlinux(vmlinux, { ...image, build: '#4 SMP Sat' }, host)).rejects.toThrow(
      /vmlinux is Linux 6\.1\.0-test #3 SMP Fri, but the image is 6\.1\.0-test #4 SMP Sat; give the vmlinux of the same/,
    );
    await expect(readVmlinux(vmlinux, { ...image, release: '6.1.1' }, host)).rejects.toThrow(
      /but the image is 6\.1\.1 /,
    );
    expect((await readVmlinux(vmlinux, { release: '6.1.0-test' }, host)).instructions).not.toEqual([]);
  });

  test('that is not there, has no MPTCP or no line numbers is told in one line', async () => {
    await expect(readVmlinux(join(folder, 'none'), image, host)).rejects.toThrow(
      /none does not exist; give the vmlinux of the kernel$/,
    );
    await expect(readVmlinux(process.execPath, image, host)).rejects.toThrow(
      /has no symbols of MPTCP; it must be built/,
    );
    await expect(readVmlinux(compile('bare', '-g0'), image, host)).rejects.toThrow(
      /bare has no line numbers for net\/mptcp/,
    );
    const text = join(folder, 'text');
    writeFileSync(text, 'no kernel\n');
    await expect(readVmlinux(text, image, host)).rejects.toThrow(
      /--code-coverage: nm failed: .*file format not recogni[sz]ed/,
    );
  });

  test('without binutils, the package is named', async () => {
    const path = process.env.PATH;
    process.env.PATH = folder;
    const foreign = ARCHITECTURES[host.name === 's390x' ? 'x86_64' : 's390x'];
    try {
      await expect(readVmlinux(vmlinux, image, host)).rejects.toThrow(/needs nm; apt-get install binutils$/);
      await expect(readVmlinux(vmlinux, image, foreign)).rejects.toThrow(
        /needs \w+-linux-gnu-nm; apt-get install binutils-[\w-]+-linux-gnu$/,
      );
    } finally {
      process.env.PATH = path;
    }
  });

  test('logs of several guests are one set of addresses', async () => {
    const logs = mkdtempSync(join(folder, 'logs-'));
    writeFileSync(join(logs, '1'), 'IN: \n0x0000000000001000:  90  nop\n0x0000000000001001:  c3  retq\n');
    writeFileSync(join(logs, '2'), 'IN: \n0x0000000000001001:  c3  retq\n');
    expect([...(await readReached(logs))].sort()).toEqual(['0000000000001000', '0000000000001001']);
  });
});
