/** Starts the tests that need a tester namespace inside of one, and checks that the namespace keeps what it promises. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { ensureAgent } from '../sut/build-agent.ts';
import { OUTSIDE_VARIABLE } from '../wire/inside.ts';
import { openPort } from '../wire/raw-link.ts';
import { WireError } from '../wire/types.ts';
import { loadTopology } from './load.ts';
import { createNetnsDriver } from './netns.ts';
import { assertInsideTester, enterCommand, prepareTester } from './tester-namespace.ts';
import { TopologyError } from './types.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const NOBODY = 65534;
const VITEST = [
  process.execPath,
  join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'),
  'run',
  '--configLoader',
  'runner',
  '--config',
];
const INSIDE = [...VITEST, join(ROOT, 'harness', 'topology', 'testing', 'inside.config.ts')];

let agent = '';
beforeAll(async () => {
  agent = await ensureAgent(ROOT);
}, 180_000);

function start(command: readonly string[]): { child: ChildProcess; said: () => string; ended: Promise<number | null> } {
  const [program = '', ...argv] = command;
  // The inner runner must not take itself for a worker of this one.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST') && name !== OUTSIDE_VARIABLE),
  );
  const child = spawn(program, argv, {
    cwd: ROOT,
    env: { ...env, MPTCP_CONFORMANCE_AGENT: agent, HOME: '/tmp', CI: '1' },
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (more: string) => (text += more));
  child.stderr.setEncoding('utf8').on('data', (more: string) => (text += more));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { child, said: () => text, ended };
}

async function passes(command: readonly string[]): Promise<void> {
  const { said, ended } = start(command);
  const status = await ended;
  expect(status, said()).toBe(0);
  const speed = /one cell:.*/.exec(said());
  console.log(speed?.[0]);
}

/** The command that runs one of the scripts in `testing/`. */
function script(name: string): string[] {
  const path = JSON.stringify(join(ROOT, 'harness', 'topology', 'testing', name));
  const load = `import { runnerImport } from 'vite'; await runnerImport(${path}, { configFile: false });`;
  return [process.execPath, '--input-type=module', '--eval', load];
}

/** Network namespaces that a process is in, of those that we may see. */
function livingNamespaces(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readlinkSync(`/proc/${pid}/ns/net`)];
      } catch {
        // Gone meanwhile, or someone else's.
        return [];
      }
    });
}

async function eventually(what: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > deadline) {
      throw new Error(`still not after 10 s: ${what}`);
    }
    await delay(5);
  }
}

describe('inside a tester namespace', () => {
  test('cells and ports do what they promise', () => passes(enterCommand(INSIDE)), 180_000);

  test.runIf(process.getuid?.() === 0)(
    'they do so for an ordinary user, too',
    async () => {
      const asNobody = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
      await passes([...asNobody, ...enterCommand(INSIDE, NOBODY)]);
    },
    180_000,
  );

  test('processes work side by side, also when they think they are the same worker', async () => {
    const three = 'for i in 1 2 3; do "$@" & done; wait';
    const { said, ended } = start(enterCommand(['sh', '-c', three, 'sh', ...script('many-cells.ts')]));
    expect(await ended).toBe(0);
    expect(said()).toBe('done\n'.repeat(3));
  }, 180_000);

  test('a killed run leaves no process, namespace or device', async () => {
    const { child, said, ended } = start(enterCommand(script('hold-cells.ts')));
    await new Promise((resolve) => child.stdout?.on('data', () => said().includes('\n') && resolve(undefined)));
    const held = JSON.parse(said()) as { pids: number[]; namespaces: string[]; devices: string[] };
    expect(new Set(held.namespaces).size).toBe(4);
    expect(held.devices).toHaveLength(6);
    expect(held.pids[0]).toBe(child.pid);
    expect(livingNamespaces()).toEqual(expect.arrayContaining(held.namespaces));
    child.kill('SIGKILL');
    await ended;
    await eventually('all processes are gone', () => held.pids.every((pid) => !existsSync(`/proc/${pid}`)));
    await eventually('all namespaces are gone', () => {
      const living = livingNamespaces();
      return held.namespaces.every((namespace) => !living.includes(namespace));
    });
    for (const device of held.devices) {
      expect(existsSync(`/proc/sys/net/ipv4/conf/${device}`)).toBe(false);
    }
  }, 180_000);
});

describe('outside of a tester namespace', () => {
  const port = { device: 'lo', link: 'a', family: 'ipv4', testerAddress: '10.0.0.1', sutAddress: '10.0.0.2' } as const;

  function refused(): void {
    expect(() => assertInsideTester()).toThrow(TopologyError);
    expect(() => openPort({ ...port, onPacket: () => undefined })).toThrow(WireError);
  }

  test('nothing is built, opened or set up', async () => {
    refused();
    const driver = createNetnsDriver({ agentPath: agent });
    const topology = loadTopology(join(ROOT, 'topologies', 'one-link.yaml'));
    await expect(driver.build(topology)).rejects.toThrow(/was not made by this run .*enterCommand/);
    await expect(prepareTester()).rejects.toThrow(TopologyError);
    await driver.close();
  });

  test.each([
    ['a name that is not ours', 'net:[1]'],
    ['our own name', readlinkSync('/proc/self/ns/net')],
  ])('is not fooled by a variable with %s', (_what, value) => {
    process.env[OUTSIDE_VARIABLE] = value;
    try {
      refused();
    } finally {
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- assigning undefined would set the text
      delete process.env[OUTSIDE_VARIABLE];
    }
  });
});

describe('the way in', () => {
  test('needs a user namespace only where we are not root', () => {
    expect(enterCommand(['true'], 0).slice(0, 4)).toEqual(['unshare', '--net', '--mount', '--']);
    expect(enterCommand(['true'], 1000).slice(0, 6)).toEqual([
      'unshare',
      '--user',
      '--map-root-user',
      '--net',
      '--mount',
      '--',
    ]);
    expect(enterCommand(['true', 'x']).slice(-2)).toEqual(['true', 'x']);
  });
});
