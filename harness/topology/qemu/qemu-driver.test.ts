/** Real guests: cells side by side, a kernel that panics, and an ordinary user. */
import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KernelStore } from '../../kernels/cache.ts';
import { ARCHITECTURES } from '../../sut/architecture.ts';
import { ensureAgent } from '../../sut/build-agent.ts';
import { enterCommand } from '../tester-namespace.ts';
import { makeInitramfs } from './initramfs.ts';
import { resolveModules } from './modules.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const X86 = ARCHITECTURES.x86_64;
const NOBODY = 65534;
const SCRIPT = join(ROOT, 'harness', 'topology', 'qemu', 'testing', 'crash.ts');
const LOAD = `import { runnerImport } from 'vite'; await runnerImport(${JSON.stringify(SCRIPT)}, { configFile: false });`;
const folder = mkdtempSync(join(tmpdir(), 'qemu-driver-test-'));

interface Report {
  upAfterMs: number;
  devices: string[];
  first: string[];
  lost: string[];
  troubles: { kind: string; title: string; lines: number }[][];
  next: { bootId: string; troubles: number };
  other: string;
}

beforeAll(async () => {
  chmodSync(folder, 0o755);
  const kernel = await new KernelStore({ architecture: X86, say: (line) => console.log(line) }).get('6.12');
  const modules = await resolveModules(kernel.modules ?? '', X86.modules);
  copyFileSync(kernel.image, join(folder, 'image'));
  writeFileSync(join(folder, 'initramfs'), makeInitramfs(readFileSync(await ensureAgent(ROOT)), modules));
}, 300_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function crash(command: readonly string[]): Promise<Report> {
  const guest = JSON.stringify({
    image: join(folder, 'image'),
    initramfs: join(folder, 'initramfs'),
    architecture: X86.name,
    accelerator: 'tcg',
  });
  const [program = '', ...args] = command;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST')));
  const child = spawn(program, args, { cwd: ROOT, env: { ...env, HOME: '/tmp', MPTCP_CONFORMANCE_GUEST: guest } });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Report;
}

function judge(report: Report): void {
  // Two cells share a guest, each with devices of its own under the names of the topology.
  expect(report.devices).toEqual(['b', 'b']);
  expect(report.first[0]).toBe(report.first[1]);
  // The kernel's panic is told to both, and ends what waited for an answer.
  expect(report.lost).toEqual(['lost', 'lost']);
  for (const troubles of report.troubles) {
    expect(troubles).toHaveLength(1);
    expect(troubles[0]).toMatchObject({
      kind: 'panic',
      title: expect.stringMatching(/^Kernel panic - not syncing: NMI/) as string,
    });
    expect(troubles[0]?.lines).toBeGreaterThan(5);
  }
  // Whoever comes next gets a new guest, and whoever wants to be alone another one.
  expect(new Set([report.first[0], report.next.bootId, report.other]).size).toBe(3);
  expect(report.next.troubles).toBe(0);
}

describe('guests', () => {
  const command = [process.execPath, '--input-type=module', '--eval', LOAD];

  test('carry many cells, and are replaced when their kernel panics', async () => {
    const report = await crash(enterCommand(command));
    judge(report);
    console.log(`two cells in a new guest after ${report.upAfterMs.toFixed(0)} ms`);
  }, 180_000);

  // Where the administrator keeps taps to root, ordinary users have no guests.
  test.runIf(process.getuid?.() === 0 && (statSync('/dev/net/tun').mode & 0o006) === 0o006)(
    'do so for an ordinary user, too',
    async () => {
      judge(
        await crash([
          'setpriv',
          `--reuid=${NOBODY}`,
          `--regid=${NOBODY}`,
          '--clear-groups',
          ...enterCommand(command, NOBODY),
        ]),
      );
    },
    180_000,
  );
});
