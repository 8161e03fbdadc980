/** The reference stack and this kernel over real links: they understand each other, and the monitors blame neither. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ensureAgent } from '../sut/build-agent.ts';
import { enterCommand } from '../topology/tester-namespace.ts';
import { OUTSIDE_VARIABLE } from '../wire/inside.ts';

const ROOT = join(import.meta.dirname, '..', '..');

test(
  'the reference stack and Linux exchange data, join, fall back, fail over and close',
  { timeout: 420_000 },
  async () => {
    const agent = await ensureAgent(ROOT);
    const [program = '', ...argv] = enterCommand([
      process.execPath,
      join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--configLoader',
      'runner',
      '--config',
      join(ROOT, 'harness', 'cli', 'testing', 'on-wire.config.ts'),
    ]);
    // The inner runner must not take itself for a worker of this one.
    const outside = Object.entries(process.env).filter(
      ([name]) => !name.startsWith('VITEST') && name !== OUTSIDE_VARIABLE,
    );
    const child = spawn(program, argv, {
      cwd: ROOT,
      env: { ...Object.fromEntries(outside), MPTCP_CONFORMANCE_AGENT: agent, CI: '1' },
    });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (more: string) => (said += more));
    child.stderr.setEncoding('utf8').on('data', (more: string) => (said += more));
    const status = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
    expect(status, said).toBe(0);
  },
);
