/** The GitHub action and the GitLab template, by running their scripts as CI would, on this machine and in a container. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { plainEnvironment } from '../harness/cli/testing/command.ts';
import { CAN_USE_DOCKER, testDaemon, type TestDaemon } from '../harness/topology/testing/docker-daemon.ts';

vi.setConfig({ testTimeout: 240_000 });

const ROOT = join(import.meta.dirname, '..');
const SCENARIO = '3.1-connection-initiation/responder-handshake/mp-capable-fields';
const folder = mkdtempSync(join(tmpdir(), 'ci-test-'));
const at = (name: string): string => join(folder, name);

interface Step {
  id?: string;
  if?: string;
  env?: Record<string, string>;
  run?: string;
  shell?: string;
}
interface Action {
  inputs: Record<string, { default: string }>;
  runs: { using: string; steps: Step[] };
}
const action = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8')) as Action;
const gitlab = (
  parse(readFileSync(join(ROOT, 'templates/gitlab.yml'), 'utf8')) as Record<
    string,
    { variables: Record<string, string>; script: string[] }
  >
)['.mptcp-conformance']!;

beforeAll(() => {
  mkdirSync(at('bin'));
  // Tests are root already.
  writeFileSync(at('bin/sudo'), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function bash(script: string, env: Record<string, string>): { status: number | null; stdout: string; stderr: string } {
  const path = `${at('bin')}${delimiter}${process.env['PATH'] ?? ''}`;
  return spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...plainEnvironment(), PATH: path, ...env },
  });
}

/** Runs the action's scripts in order with these inputs; the outcome of each, by its place. */
function runAction(inputs: Record<string, string>): { statuses: (number | null)[]; said: string; summary: string } {
  const values: Record<string, string> = {
    ...Object.fromEntries(Object.entries(action.inputs).map(([name, one]) => [name, one.default])),
    ...inputs,
  };
  for (const name of ['summary.md', 'output']) writeFileSync(at(name), '');
  let said = '';
  const statuses = action.runs.steps
    .filter((step) => step.run !== undefined && (values['baseline'] !== '' || !step.if?.includes('inputs.baseline')))
    .map((step) => {
      const env = Object.fromEntries(
        Object.entries(step.env ?? {}).map(([name, text]) => [
          name,
          text.replace(/\$\{\{ inputs\.(\w+) \}\}/g, (_all, key: string) => values[key] ?? ''),
        ]),
      );
      const ended = bash(step.run!, {
        ...env,
        GITHUB_ACTION_PATH: ROOT,
        GITHUB_OUTPUT: at('output'),
        GITHUB_STEP_SUMMARY: at('summary.md'),
      });
      said += ended.stdout + ended.stderr;
      return ended.status;
    });
  return { statuses, said, summary: readFileSync(at('summary.md'), 'utf8') };
}

describe('the GitHub action', () => {
  test('runs, writes what it says, and gates with a readable summary', () => {
    const first = runAction({ arguments: SCENARIO, output: 'out', site: 'true' });
    expect(first.statuses, first.said).toEqual([0, 0]);
    expect(readFileSync(at('output'), 'utf8')).toBe('results=out/results.json\n');
    expect(existsSync(at('out/junit.xml'))).toBe(true);
    expect(existsSync(at('out/site/index.html'))).toBe(true);
    writeFileSync(at('before.json'), readFileSync(at('out/results.json')));
    const gated = runAction({ arguments: SCENARIO, output: 'out', baseline: 'before.json' });
    expect(gated.statuses, gated.said).toEqual([0, 0, 0]);
    expect(gated.summary).toMatch(
      /^## ✅ RFC 8684: linux[^]*\| Clauses \| ✔ pass \|\n\| --- \| --- \|\n\| MUST \| \d+ \|/,
    );
  });

  test('what cannot run is an error, and a missing baseline too', () => {
    const wrong = runAction({ arguments: 'no-such-scenario', output: 'wrong' });
    expect(wrong.statuses[0]).toBe(2);
    expect(runAction({ arguments: SCENARIO, output: 'out', baseline: 'none.yaml' }).statuses[1]).toBe(2);
  });

  test('inputs are never part of a script', () => {
    for (const { run } of action.runs.steps) expect(run ?? '').not.toContain('${{');
  });
});

describe('the GitLab template', () => {
  const job = (variables: Record<string, string>): ReturnType<typeof bash> =>
    bash(gitlab.script.join('\n'), {
      ...gitlab.variables,
      MPTCP_TOOL: ROOT,
      MPTCP_ARGUMENTS: SCENARIO,
      MPTCP_OUTPUT: 'lab',
      ...variables,
    });

  test('runs, and gates when told', () => {
    const first = job({});
    expect(first.status, first.stderr).toBe(0);
    expect(existsSync(at('lab/junit.xml'))).toBe(true);
    writeFileSync(at('lab-before.json'), readFileSync(at('lab/results.json')));
    const gated = job({ MPTCP_BASELINE: 'lab-before.json' });
    expect(gated.status, gated.stderr).toBe(0);
    expect(readFileSync(at('lab/gate.md'), 'utf8')).toMatch(/^## ✅/);
  });

  test('what cannot run is an error', () => {
    expect(job({ MPTCP_ARGUMENTS: 'no-such-scenario', MPTCP_OUTPUT: 'lab-wrong' }).status).not.toBe(0);
  });
});

/** Programs and libraries of this machine, read-only: no image of a distribution can be had without a network. */
const OF_THE_MACHINE = ['/usr', '/bin', '/sbin', '/lib', '/lib64', '/etc/alternatives'].filter((path) =>
  existsSync(path),
);
const IMAGE = 'mptcp-conformance-ci-test';
/** As docs/kernel-ci.md has them for containers. */
const RIGHTS = ['SYS_ADMIN', 'NET_ADMIN', 'NET_RAW'].flatMap((name) => ['--cap-add', name]);
const UNCONFINED = ['apparmor=unconfined', 'seccomp=unconfined'].flatMap((option) => ['--security-opt', option]);

describe.runIf(CAN_USE_DOCKER)('the GitLab template in a container without a network', () => {
  let daemon: TestDaemon;
  beforeAll(async () => {
    daemon = await testDaemon();
    const empty = at('empty');
    for (const name of ['tmp', 'root', 'etc', 'builds']) mkdirSync(join(empty, name), { recursive: true });
    const made = bash('tar -C "$EMPTY" -c . | docker import - "$IMAGE"', {
      EMPTY: empty,
      IMAGE,
      DOCKER_HOST: daemon.host,
    });
    expect(made.status, made.stderr).toBe(0);
  }, 60_000);
  afterAll(async () => {
    bash('docker rmi "$IMAGE"', { IMAGE, DOCKER_HOST: daemon.host });
    await daemon.stop();
  });

  /** The job's script, in a container that has the tool, and nothing else of this machine that can be written. */
  function jobInContainer(rights: readonly string[]): ReturnType<typeof spawnSync> {
    const variables = {
      ...gitlab.variables,
      MPTCP_TOOL: '/builds/tool',
      MPTCP_ARGUMENTS: SCENARIO,
      XDG_CACHE_HOME: '/tmp/cache',
    };
    const binds = [
      ...OF_THE_MACHINE.map((path) => `${path}:${path}:ro`),
      `${ROOT}:/builds/tool`,
      `${folder}:/builds/job`,
    ];
    const words = [
      ...['run', '--rm', '--network', 'none', '--workdir', '/builds/job', ...rights],
      ...binds.flatMap((bind) => ['--volume', bind]),
      ...Object.entries(variables).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
      ...['--env', 'HOME=/root', '--env', 'PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin'],
      ...[IMAGE, '/bin/bash', '--noprofile', '--norc', '-eo', 'pipefail', '-c', gitlab.script.join('\n')],
    ];
    return spawnSync('docker', words, { encoding: 'utf8', env: { ...plainEnvironment(), DOCKER_HOST: daemon.host } });
  }

  test('runs with the rights that the documents name', () => {
    const { status, stdout, stderr } = jobInContainer([...RIGHTS, ...UNCONFINED]);
    expect(status, `${String(stdout)}${String(stderr)}`).toBe(0);
    expect(existsSync(at('conformance/junit.xml'))).toBe(true);
  });

  test('says which rights it lacks', () => {
    const { status, stderr } = jobInContainer([]);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/lacks CAP_SYS_ADMIN; in a container, start it with --cap-add SYS_ADMIN/);
  });
});
