import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const PAST = new Date('2020-01-01');

interface Need {
  id: string;
  apt: string;
}
interface Checks {
  nodeProblem(version: string): string | undefined;
  installReason(root: string): string | undefined;
  addonProblem(root: string): string | undefined;
  missingNeeds(occasions: string[], path?: string, includes?: string[]): Need[];
  missingMessage(missing: Need[], path?: string): string;
}

const folder = mkdtempSync(join(tmpdir(), 'bootstrap-test-'));
const clone = join(folder, 'clone');
const shims = join(folder, 'shims');
let checks: Checks;

function put(path: string, text: string, mode = 0o644): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode });
  return path;
}

const CLI = `
import { writeFileSync } from 'node:fs';
const [, program, ...args] = process.argv;
if (args.includes('wait')) {
  process.on('SIGTERM', () => process.exit(42));
  setInterval(() => {}, 1000);
  console.log('ready');
} else {
  console.log(JSON.stringify({ program: program.endsWith('main.js'), args }));
  process.exitCode = Number(process.env.CODE ?? '0');
}
`;

/** A clone in small: our scripts, a lock file, a compiler that copies, an agent that make "builds". */
beforeAll(async () => {
  checks = (await import(join(ROOT, 'scripts/setup-checks.mjs'))) as Checks;
  for (const path of [
    'scripts/bootstrap.mjs',
    'scripts/setup-checks.mjs',
    'scripts/setup-steps.mjs',
    'bin/mptcp-conformance.mjs',
  ]) {
    cpSync(join(ROOT, path), join(clone, path));
  }
  put(join(clone, 'package.json'), '{"type":"module"}');
  put(join(clone, 'tsconfig.json'), '{}');
  put(join(clone, 'tsconfig.build.json'), '{}');
  put(join(clone, 'harness/cli/main.ts'), CLI);
  put(join(clone, 'docker/agent/Makefile'), 'mptcp-agent: agent.c\n\tcp agent.c mptcp-agent\n');
  put(join(clone, 'docker/agent/agent.c'), 'int main(void) { return 0; }\n');
  const lock = {
    packages: {
      '': {},
      'node_modules/raw-socket': { version: '1.0.0', integrity: 'x' },
      'node_modules/other-os': { version: '1', optional: true },
    },
  };
  put(join(clone, 'package-lock.json'), JSON.stringify(lock));
  // npm ci in small: leaves what the tests need, and a trace.
  put(join(folder, 'template/raw-socket/index.js'), '');
  put(join(folder, 'template/raw-socket/package.json'), '{"name":"raw-socket","version":"1.0.0"}');
  put(
    join(folder, 'template/.package-lock.json'),
    JSON.stringify({ packages: { 'node_modules/raw-socket': lock.packages['node_modules/raw-socket'] } }),
  );
  put(
    join(folder, 'template/typescript/bin/tsc'),
    `
    const { cpSync, mkdirSync } = require('node:fs');
    const out = process.argv[process.argv.indexOf('--outDir') + 1];
    mkdirSync(out + '/harness/cli', { recursive: true });
    cpSync('harness/cli/main.ts', out + '/harness/cli/main.js');
  `,
  );
  put(
    join(folder, 'template/vitest/vitest.mjs'),
    'console.log("vitest " + process.argv.slice(2).join(" ")); process.exitCode = 3;',
  );
  put(
    join(shims, 'npm'),
    `#!/bin/sh\necho "npm $*" >> ${folder}/trace\nmkdir -p node_modules && cp -r ${folder}/template/. node_modules/\n`,
    0o755,
  );
  put(join(shims, 'make'), '#!/bin/sh\ncp "$3/agent.c" "$3/mptcp-agent"\n', 0o755);
  // Whatever this machine lacks, a test installs nothing.
  put(join(shims, 'apt-get'), '#!/bin/sh\nexit 1\n', 0o755);
  for (const name of ['tshark', 'python3', 'ip', 'unshare', 'cc', 'c++']) put(join(shims, name), '#!/bin/sh\n', 0o755);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(script: string, args: string[], env: Record<string, string> = {}) {
  const path = [shims, process.env['PATH'] ?? ''].join(delimiter);
  const result = spawnSync(process.execPath, [join(clone, script), ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: path, HOME: folder, ...env },
  });
  return { code: result.status, out: result.stdout, err: result.stderr };
}

describe('from a clone to a run', () => {
  test('start sets up what is missing, passes the arguments on, and the exit code back', () => {
    const first = run('scripts/bootstrap.mjs', ['start', '--only', 'a b'], { CODE: '1' });
    expect(first.err).toContain('node_modules is missing or incomplete: npm ci');
    expect(first.err).toContain('building the agent');
    expect(first.err).toContain('compiling');
    expect(JSON.parse(first.out)).toEqual({ program: true, args: ['run', '--allure', '--only', 'a b'] });
    expect(first.code).toBe(1);
    expect(existsSync(join(clone, 'docker/agent/mptcp-agent'))).toBe(true);
  });

  test('a second time nothing is done', () => {
    const again = run('scripts/bootstrap.mjs', ['start']);
    expect(again).toMatchObject({ code: 0, err: '' });
    expect(readFileSync(join(folder, 'trace'), 'utf8').trim().split('\n')).toHaveLength(1);
  });

  test('a changed source is compiled again, by the command too', () => {
    put(join(clone, 'harness/cli/main.ts'), `${CLI}\n// changed\n`);
    const { err, out } = run('bin/mptcp-conformance.mjs', ['list']);
    expect(err).toBe('set-up: compiling\n');
    expect(JSON.parse(out)).toEqual({ program: true, args: ['list'] });
    expect(run('bin/mptcp-conformance.mjs', ['list']).err).toBe('');
  });

  test('a newer lock file of the same content installs nothing; a different one does', () => {
    utimesSync(join(clone, 'node_modules/.package-lock.json'), PAST, PAST);
    expect(checks.installReason(clone)).toBeUndefined();
    const lock = readFileSync(join(clone, 'package-lock.json'), 'utf8');
    put(join(clone, 'package-lock.json'), lock.replace('1.0.0', '1.0.1'));
    expect(checks.installReason(clone)).toBe('node_modules is older than package-lock.json');
    put(join(clone, 'harness/cli/main.ts'), `${CLI}\n// pulled\n`);
    const pulled = run('bin/mptcp-conformance.mjs', ['list']);
    put(join(clone, 'package-lock.json'), lock);
    expect(pulled).toEqual({
      code: 2,
      out: '',
      err: 'mptcp-conformance: node_modules is older than package-lock.json; run: npm ci\n',
    });
  });

  test('an addon that does not load is rebuilt; one that still does not has a remedy', () => {
    const addon = join(clone, 'node_modules/raw-socket/index.js');
    put(addon, 'throw new Error("built for another Node.js");');
    expect(checks.addonProblem(clone)).toBe('built for another Node.js');
    expect(run('scripts/bootstrap.mjs', ['start']).err).toContain('raw-socket does not load: npm rebuild raw-socket');
    expect(checks.addonProblem(join(folder, 'nowhere'))).toContain('Cannot find module');
    put(join(folder, 'template/raw-socket/index.js'), 'throw new Error("no compiler");');
    put(addon, 'throw new Error("no compiler");');
    const { code, err } = run('scripts/bootstrap.mjs', ['start']);
    put(join(folder, 'template/raw-socket/index.js'), '');
    put(addon, '');
    expect(code).toBe(2);
    expect(err).toContain("raw-socket does not load: no compiler; look at the compiler's output");
  });

  test('test runs vitest and gives its exit code', () => {
    expect(run('scripts/bootstrap.mjs', ['test', 'harness/packet'])).toMatchObject({
      code: 3,
      out: 'vitest run harness/packet\n',
    });
  });

  test('signals reach the program', async () => {
    const child = spawn(process.execPath, [join(clone, 'bin/mptcp-conformance.mjs'), 'wait'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([42, null]);
  });

  test('a compiler error stops, keeps the old build and gives 2', () => {
    const compiler = join(clone, 'node_modules/typescript/bin/tsc');
    const good = readFileSync(compiler, 'utf8');
    put(compiler, 'process.exit(1)');
    put(join(clone, 'harness/cli/main.ts'), `${CLI}\n// broken\n`);
    const { code, err } = run('bin/mptcp-conformance.mjs', []);
    expect([code, existsSync(join(clone, 'dist/harness/cli/main.js'))]).toEqual([2, true]);
    expect(err).toMatch(/tsc .*ended with code 1/);
    put(compiler, good);
  });

  test('set-up installs what a run needs; more is asked for by name', () => {
    expect(run('scripts/bootstrap.mjs', ['setup'])).toMatchObject({ code: 0, out: '' });
    const help = run('scripts/bootstrap.mjs', ['setup', '--help']);
    expect(help).toMatchObject({ code: 0, err: expect.stringMatching(/--with docker .*firewall rules/) as string });
    const wrong = run('scripts/bootstrap.mjs', ['setup', '--with', 'dokcer']);
    expect(wrong).toMatchObject({ code: 2, err: expect.stringMatching(/unknown argument "dokcer"; usage/) as string });
  });

  test('unknown commands are refused', () => {
    expect(run('scripts/bootstrap.mjs', ['begin'])).toMatchObject({ code: 2, out: '' });
  });
});

describe('what the machine must have', () => {
  test('Node.js 20.19 or newer', () => {
    expect(['v20.19.0', 'v20.20.2', 'v22.0.0', '24.1.0'].map((version) => checks.nodeProblem(version))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(checks.nodeProblem('v20.18.3')).toBe(
      'Node.js v20.18.3 is too old: mptcp-conformance needs 20.19.0 or newer; get it from https://nodejs.org',
    );
    expect(checks.nodeProblem('v18.20.0')).toContain('too old');
  });

  test('compilers only when there is something to compile, what tests need only for tests', () => {
    const ids = (...occasions: string[]) => checks.missingNeeds(occasions, '/nonexistent', []).map(({ id }) => id);
    expect(ids()).toEqual(['ip', 'unshare']);
    expect(ids('tests')).toEqual([
      'ip',
      'unshare',
      'tshark',
      'tcpdump',
      'debootstrap',
      'qemu-system-x86_64',
      'qemu-system-aarch64',
      'qemu-system-s390x',
      'aarch64-linux-gnu-gcc',
      's390x-linux-gnu-gcc',
      'xz',
      'zstd',
      'chromium',
    ]);
    expect(ids('compile')).toEqual(['ip', 'unshare', 'cc', 'c++', 'make', 'C headers', 'python3']);
  });

  test('one line says which command installs what is missing', () => {
    const bin = join(folder, 'debian');
    put(join(bin, 'apt-get'), '', 0o755);
    put(join(bin, 'ip'), '');
    chmodSync(join(bin, 'ip'), 0o644);
    const missing = checks.missingNeeds(['tests'], bin, []);
    expect(checks.missingMessage(missing, bin)).toBe(
      'missing: ip, unshare, tshark, tcpdump, debootstrap, qemu-system-x86_64, qemu-system-aarch64, qemu-system-s390x, ' +
        'aarch64-linux-gnu-gcc, s390x-linux-gnu-gcc, xz, zstd, chromium; install with: sudo apt-get install -y ' +
        'iproute2 util-linux tshark tcpdump debootstrap qemu-system-x86 qemu-system-arm qemu-system-misc ' +
        'gcc-aarch64-linux-gnu libc6-dev-arm64-cross gcc-s390x-linux-gnu libc6-dev-s390x-cross xz-utils zstd chromium',
    );
    expect(checks.missingMessage(missing, '/nonexistent')).toContain(
      'install what Debian calls: iproute2 util-linux tshark tcpdump debootstrap qemu',
    );
  });

  test('the command works through a link, as npm makes one', () => {
    const link = join(folder, 'linked');
    symlinkSync(join(clone, 'bin/mptcp-conformance.mjs'), link);
    const result = spawnSync(process.execPath, [link, 'x'], { encoding: 'utf8' });
    expect(JSON.parse(result.stdout)).toEqual({ program: true, args: ['x'] });
  });
});
