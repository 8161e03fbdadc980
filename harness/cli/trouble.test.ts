/** Real trouble around a run: no namespaces, no MPTCP, no compiler, no space, signals. */
import {
  cpSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readResults } from '../report/results-file.ts';
import {
  begin,
  buildProgram,
  devices,
  ending,
  execute,
  mptcpConformance,
  namespacesInUse,
  plainEnvironment,
  processesOf,
  PROGRAM,
  ROOT,
  SCENARIO,
  temporaryFolder,
  until,
} from './testing/command.ts';

// Every test starts processes, and the machine may be busy.
vi.setConfig({ testTimeout: 90_000 });

const folder = temporaryFolder();
const IS_ROOT = process.getuid?.() === 0;
const NOBODY = 65534;

beforeAll(() => buildProgram(), 60_000);
afterAll(() => folder.remove());

const output = (name: string): string => join(folder.path, name);
const run = (name: string, ...args: string[]): string[] => [
  process.execPath,
  PROGRAM,
  'run',
  '-o',
  output(name),
  ...args,
];
/** In namespaces where this test is root, whoever started it. @param script with `$@` for the command */
const asRootOf = (flags: string[], script: string, command: readonly string[]): string[] => [
  'unshare',
  ...(IS_ROOT ? [] : ['--user', '--map-root-user']),
  ...flags,
  'sh',
  '-c',
  script,
  'sh',
  ...command,
];

/** A copy of what an installation needs, without the agent's program. */
function copyInstallation(to: string): void {
  for (const part of ['dist', 'suites', 'topologies', 'package.json', 'reports/schema', 'docker/agent']) {
    cpSync(join(ROOT, part), join(to, part), {
      recursive: true,
      filter: (source) => !/agent\/(build|mptcp-agent)$/.test(source),
    });
  }
  symlinkSync(realpathSync(join(ROOT, 'node_modules')), join(to, 'node_modules'));
}

describe('what a run cannot do without', () => {
  test('an ordinary user without user namespaces is told which setting to change', async () => {
    const script = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"';
    const { code, stderr, stdout } = await execute([
      'unshare',
      '--user',
      '--map-user=1000',
      '--map-group=1000',
      '--keep-caps',
      'sh',
      '-c',
      script,
      'sh',
      ...run('no-user-namespace', SCENARIO),
    ]);
    expect(stderr).toMatch(
      /cannot create a network namespace as an ordinary user: .*; sudo sysctl user\.max_user_namespaces=10000, or run as root; .*doctor/,
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(existsSync(output('no-user-namespace'))).toBe(false);
  });

  test.runIf(IS_ROOT)('a root that may not make namespaces is told what it lacks', async () => {
    const { code, stderr } = await execute([
      'setpriv',
      '--bounding-set=-sys_admin',
      '--inh-caps=-sys_admin',
      ...run('weak-root', SCENARIO),
    ]);
    expect(stderr).toMatch(
      /cannot create a network namespace as root: .*Operation not permitted; this root lacks CAP_SYS_ADMIN/,
    );
    expect(code).toBe(2);
  });

  test('a kernel without MPTCP', async () => {
    // The settings of the network vanish behind an empty file system, as they look on such a kernel.
    const command = asRootOf(['--mount'], 'mount -t tmpfs none /proc/sys/net && exec "$@"', run('no-mptcp', SCENARIO));
    const { code, stderr } = await execute(command);
    expect(stderr).toMatch(/^mptcp-conformance: kernel \S+ has no MPTCP .*CONFIG_MPTCP/m);
    expect(code).toBe(2);
    expect(existsSync(output('no-mptcp'))).toBe(false);
  });

  test('no compiler to build the agent with', async () => {
    const root = output('no-compiler');
    copyInstallation(root);
    const tools = output('tools');
    mkdirSync(tools);
    for (const name of ['unshare', 'env', 'true', 'make', 'ip']) {
      const found = (process.env['PATH'] ?? '')
        .split(':')
        .concat('/usr/sbin', '/sbin')
        .map((path) => join(path, name))
        .find((path) => existsSync(path));
      if (found !== undefined) symlinkSync(found, join(tools, name));
    }
    const { code, stderr } = await execute(
      [process.execPath, join(root, 'dist/harness/cli/main.js'), 'run', SCENARIO, '-o', output('no-compiler-out')],
      { env: { ...plainEnvironment(), PATH: tools } },
    );
    expect(stderr).toMatch(
      /^mptcp-conformance: the agent in .* could not be built; cc is missing: apt-get install build-essential/m,
    );
    expect(code).toBe(2);
    expect(existsSync(output('no-compiler-out'))).toBe(false);
  });
});

// The first is full before the first scenario, the second while scenarios run.
test.each(['8k', '112k'])(
  'a disk of %s: said, exit code 2, and nothing half-written is called results',
  async (size) => {
    const name = `disk-${size}`;
    const disk = output(name);
    mkdirSync(disk);
    const script = `mount -t tmpfs -o size=${size} none "$0" && "$@"; code=$?; ls -A "$0"; exit $code`;
    const command = [
      'unshare',
      ...(IS_ROOT ? [] : ['--user', '--map-root-user']),
      '--mount',
      'sh',
      '-c',
      script,
      disk,
      ...run(name, SCENARIO),
    ];
    const { code, stderr, stdout } = await execute(command);
    expect(stderr).toMatch(/the disk is full \(ENOSPC.*; free some space,? or choose another/);
    expect({ code, left: stdout.trim() }).toEqual({ code: 2, left: '.mptcp-conformance\nevidence' });
  },
);

test.each([
  [64, 2, /^mptcp-conformance: only 64 files may be open at once, 256 are needed; raise the limit: ulimit -n 1024\n$/],
  [256, 0, /^/],
])('a limit of %i open files', async (limit, expected, message) => {
  const limited = ['sh', '-c', `ulimit -n ${limit} && exec "$@"`, 'sh', ...run(`files-${limit}`, SCENARIO)];
  const { code, stderr } = await execute(limited);
  expect(code, stderr).toBe(expected);
  expect(stderr).toMatch(message);
});

test('folders that can only be read: temporary files are done without, the output is not', async () => {
  const disk = output('read-only');
  mkdirSync(disk);
  const mounted = 'disk=$1; shift; mount -t tmpfs none "$disk" && mount -o remount,ro "$disk" || exit 99; ';
  const without = [disk, ...run('beside-read-only', SCENARIO)];
  const temporary = await execute(asRootOf(['--mount'], `${mounted} TMPDIR="$disk" exec "$@"`, without));
  expect(temporary.code, temporary.stderr).toBe(0);
  const { code, stderr } = await execute(
    asRootOf(['--mount'], `${mounted} exec "$@"`, [disk, ...run('read-only', SCENARIO)]),
  );
  expect(stderr).toMatch(/cannot write to the folder .*\/read-only: EROFS.*; choose another --output\n$/);
  expect(code).toBe(2);
});

test('an output folder that is a file is refused, and left as it was', async () => {
  writeFileSync(output('file'), 'mine');
  const { code, stderr } = await execute(run('file', SCENARIO));
  expect(stderr).toMatch(/cannot write to the folder .*\/file: EEXIST.*; choose another --output\n$/);
  expect(code).toBe(2);
  expect(readFileSync(output('file'), 'utf8')).toBe('mine');
});

test('evidence of what passed is dropped when only failures are to be kept, folders and all', async () => {
  const { code } = await execute(run('lean', SCENARIO, '--keep-captures', 'failed'));
  expect(code).toBe(0);
  expect(readdirSync(join(output('lean'), 'evidence'))).toEqual([]);
});

describe('a run that is cut short', () => {
  /** Starts a run of everything and waits until its first scenarios are through. */
  async function underWay(name: string) {
    // One at a time, so that there is always one to come.
    const child = begin(run(name, '-j', '1', '--family', 'ipv4', SCENARIO.split('/').slice(0, 2).join('/')), {
      detached: true,
    });
    const end = ending(child);
    const journal = join(output(name), 'evidence', 'journal.jsonl');
    await until('the first scenario is through', () => existsSync(journal), 80_000);
    const pid = child.pid ?? 0;
    const processes = processesOf(pid);
    // The run itself, its workers, and an agent at least.
    expect(processes.length).toBeGreaterThan(2);
    return { pid, end, namespaces: new Set(processes.map(({ namespace }) => namespace)) };
  }

  async function nothingIsLeft(pid: number, namespaces: ReadonlySet<string>): Promise<void> {
    await until('every process of the run is gone', () => processesOf(pid).length === 0);
    const used = namespacesInUse();
    expect([...namespaces].filter((namespace) => used.has(namespace))).toEqual([]);
    expect(devices()).toEqual(before);
  }

  const before = devices();

  test('by Ctrl-C writes what there is, marked as partial, and leaves nothing behind', async () => {
    const { pid, end, namespaces } = await underWay('interrupted');
    process.kill(-pid, 'SIGINT');
    const { code, stderr, stdout } = await end;
    expect(stderr).toContain('interrupted: waiting for running scenarios');
    expect(stdout).toContain('The run was interrupted.');
    const results = readResults(join(output('interrupted'), 'results.json'));
    expect(results.run.partial).toBe(true);
    expect(results.scenarios.length).toBeGreaterThan(0);
    expect([1, 2]).toContain(code);
    expect(readdirSync(output('interrupted')).sort()).toEqual(['.mptcp-conformance', 'evidence', 'results.json']);
    await nothingIsLeft(pid, namespaces);
  });

  test('by kill -9 leaves the evidence so far and nothing else', async () => {
    const { pid, end, namespaces } = await underWay('killed');
    process.kill(pid, 'SIGKILL');
    const { code } = await end;
    expect(code).toBeNull();
    await nothingIsLeft(pid, namespaces);
    expect(existsSync(join(output('killed'), 'results.json'))).toBe(false);
    expect(readFileSync(join(output('killed'), 'evidence', 'journal.jsonl'), 'utf8')).toMatch(/^\{"id":/);
    const asked = await mptcpConformance('export', '--format', 'junit', join(output('killed'), 'results.json'));
    expect(asked.stderr).toContain(`mptcp-conformance recover ${output('killed')}`);
    const recovered = await mptcpConformance('recover', output('killed'));
    expect(recovered.stdout, recovered.stderr).toMatch(/results.json: \d+ scenarios, marked as partial/);
    const { run, scenarios } = readResults(join(output('killed'), 'results.json'));
    expect(run).toMatchObject({
      partial: true,
      command: expect.arrayContaining(['mptcp-conformance', 'run']) as unknown,
    });
    expect(scenarios.length).toBeGreaterThan(0);
    const again = await mptcpConformance('recover', output('killed'));
    expect(again).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('has no journal of a killed run') as unknown,
    });
  });
});

test.runIf(IS_ROOT)('an ordinary user can run it, agent and all', async (context) => {
  const root = output('of-nobody');
  copyInstallation(root);
  const { code: readable } = await execute([
    'setpriv',
    `--reuid=${NOBODY}`,
    `--regid=${NOBODY}`,
    '--clear-groups',
    'ls',
    `${root}/node_modules/`,
    folder.path,
  ]);
  if (readable !== 0) context.skip('this checkout, or the folder for temporary files, is not readable by others');
  for (const entry of readdirSync(root, { recursive: true, encoding: 'utf8' }))
    lchownSync(join(root, entry), NOBODY, NOBODY);
  lchownSync(root, NOBODY, NOBODY);
  const { code, stdout, stderr } = await execute(
    [
      'setpriv',
      `--reuid=${NOBODY}`,
      `--regid=${NOBODY}`,
      '--clear-groups',
      process.execPath,
      join(root, 'dist/harness/cli/main.js'),
      'run',
      `${SCENARIO}#ipv4`,
      '-o',
      join(root, 'reports/latest'),
    ],
    { cwd: root, env: { ...plainEnvironment(), HOME: root } },
  );
  expect(stdout, stderr).toContain('1 scenarios: 1 pass');
  expect(code).toBe(0);
});
