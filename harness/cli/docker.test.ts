/** `--sut docker` as users run it, on a real daemon. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LISTEN_PORT } from '../engine/subflows.ts';
import type { RunResults } from '../report/results.ts';
import { startAgent } from '../topology/docker/hosts.ts';
import { ensureAgentImage } from '../topology/docker/image.ts';
import { RUN_LABEL } from '../topology/docker/labels.ts';
import { CAN_USE_DOCKER, testDaemon, type TestDaemon } from '../topology/testing/docker-daemon.ts';
import {
  begin,
  buildProgram,
  ending,
  execute,
  plainEnvironment,
  processesOf,
  PROGRAM,
  ROOT,
  SCENARIO,
  temporaryFolder,
  type Ended,
} from './testing/command.ts';

const folder = temporaryFolder();
let daemon: TestDaemon;
let docker: Docker;

async function ours(all = true): Promise<string[]> {
  const containers: Docker.ContainerInfo[] = await docker.listContainers({ all, filters: { label: [RUN_LABEL] } });
  return containers.map(({ Id }) => Id);
}

function command(...args: string[]): string[] {
  return [process.execPath, PROGRAM, ...args];
}

function withDocker(host = daemon.host): { env: NodeJS.ProcessEnv } {
  return { env: { ...plainEnvironment(), DOCKER_HOST: host } };
}

async function judged(name: string, ...args: string[]): Promise<{ ended: Ended; results: RunResults }> {
  const output = join(folder.path, name);
  const ended = await execute(command('run', '--output', output, '--keep-captures', 'failed', ...args), withDocker());
  expect(existsSync(join(output, 'results.json')), ended.stderr + ended.stdout).toBe(true);
  return { ended, results: JSON.parse(readFileSync(join(output, 'results.json'), 'utf8')) as RunResults };
}

function verdicts({ scenarios }: RunResults): Record<string, string> {
  const pairs = scenarios.map(({ id, verdict, reason = '' }): [string, string] => [
    id,
    verdict === 'error' ? `error: ${reason}` : verdict,
  ]);
  return Object.fromEntries(pairs.toSorted());
}

function writeIn(name: string, text: string): string {
  const file = join(folder.path, name);
  writeFileSync(file, text);
  return file;
}

/** The scenarios that a run has judged, a line each. */
function journalOf(output: string): string[] {
  const file = join(output, 'evidence', 'journal.jsonl');
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
}

/** Waits until a run has judged so many scenarios. */
async function journalHas(output: string, lines: number): Promise<void> {
  await expect.poll(() => journalOf(output).length, { timeout: 30_000, interval: 5 }).toBeGreaterThanOrEqual(lines);
}

/** Whether a scenario is under way in a container: its network namespace has a socket on the port that scenarios listen on. */
async function isInUse(id: string): Promise<boolean> {
  try {
    const { State } = await docker.getContainer(id).inspect();
    const port = `:${LISTEN_PORT.toString(16)} `;
    return readFileSync(`/proc/${State.Pid}/net/tcp`, 'utf8').includes(port);
  } catch {
    // It is gone.
    return false;
  }
}

/** A container in which a scenario is under way; undefined when the run has ended. */
async function containerInUse(run: { exitCode: number | null }): Promise<string | undefined> {
  while (run.exitCode === null) {
    for (const id of await ours(false)) if (await isInUse(id)) return id;
  }
  return undefined;
}

/**
 * Kills containers of a run one after the other until a scenario ended in error.
 * The scenario may end just before its container is killed, so one is not always enough.
 *
 * @returns the number of containers killed
 */
async function killUntilError(output: string, run: { exitCode: number | null }): Promise<number> {
  let killed = 0;
  while (!journalOf(output).some((line) => line.includes('"verdict":"error"'))) {
    const victim = await containerInUse(run);
    if (victim === undefined) break;
    const judgedBefore = journalOf(output).length;
    await docker
      .getContainer(victim)
      .kill({ signal: 'SIGKILL' })
      .catch(() => undefined);
    killed++;
    // Every scenario that used the victim is in the journal when a worker's share of others is.
    await expect
      .poll(() => run.exitCode !== null || journalOf(output).length >= judgedBefore + 8, {
        timeout: 30_000,
        interval: 5,
      })
      .toBe(true);
  }
  return killed;
}

/** One that a killed run had made and not started yet has nothing that would tell it to go. */
async function noneRuns(): Promise<void> {
  await expect.poll(() => ours(false), { timeout: 20_000 }).toEqual([]);
}

describe.runIf(CAN_USE_DOCKER)('a stack in containers', () => {
  beforeAll(async () => {
    buildProgram();
    daemon = await testDaemon();
    docker = new Docker({ socketPath: daemon.host.slice('unix://'.length) });
  }, 120_000);
  afterAll(async () => {
    await daemon.stop();
    folder.remove();
  }, 60_000);

  test('is judged, said to be one, and leaves nothing', async () => {
    const { ended, results } = await judged('one', '--sut', 'docker', SCENARIO);
    expect(ended.code, ended.stdout).toBe(0);
    expect(results.sut).toMatchObject({ kind: 'docker', kernel: results.sut.host?.kernel });
    expect(results.sut.image).toMatch(/^mptcp-conformance\/agent:[0-9a-f]{16}$/);
    expect(results.scenarios.map((one) => one.rerun)).toEqual(
      results.scenarios.map((one) => `npx mptcp-conformance run ${one.id} --sut docker --ladder`),
    );
    expect(await ours()).toEqual([]);
  }, 60_000);

  // Four containers a worker serve one scenario after the other; who came before must not show.
  test('gives in any order the verdicts that namespaces give', async () => {
    const selection = [
      '--section',
      '3.1',
      '--section',
      '3.3.5',
      '--section',
      '3.4',
      '--family',
      'ipv4',
      '--concurrency',
      '8',
    ];
    const namespaces = await judged('netns', ...selection);
    for (const seed of [1, 2, 3]) {
      const { results } = await judged(`shuffled-${seed}`, '--sut', 'docker', '--shuffle', String(seed), ...selection);
      expect(results.run.seed).toBe(String(seed));
      expect(verdicts(results)).toEqual(verdicts(namespaces.results));
    }
    expect(Object.keys(verdicts(namespaces.results)).length).toBeGreaterThan(200);
    expect(await ours()).toEqual([]);
  }, 300_000);

  test('that die take one scenario each with them', async () => {
    const output = join(folder.path, 'killed');
    const run = begin(
      command(
        'run',
        '--sut',
        'docker',
        '--section',
        '3.2',
        '--family',
        'ipv4',
        '--concurrency',
        '4',
        '--output',
        output,
      ),
      withDocker(),
    );
    const end = ending(run);
    await journalHas(output, 3);
    const killed = await killUntilError(output, run);
    const { code, stdout } = await end;
    const { scenarios } = JSON.parse(readFileSync(join(output, 'results.json'), 'utf8')) as RunResults;
    const errors = scenarios.filter(({ verdict }) => verdict === 'error');
    expect(errors.length, stdout).toBeGreaterThan(0);
    expect(errors.length).toBeLessThanOrEqual(killed);
    for (const { reason } of errors) {
      expect(reason).toMatch(
        /agent of image .* is gone: container [0-9a-f]{12} of image .* ended with status 137 \(killed by a user or for lack of memory\)/,
      );
    }
    expect(code).toBe(2);
    expect(scenarios.filter(({ verdict }) => verdict === 'pass').length).toBeGreaterThan(50);
    // The daemon removes what was killed in its own time.
    await expect.poll(() => ours(), { timeout: 20_000 }).toEqual([]);
  }, 180_000);

  test('go with a run that is killed', async () => {
    const output = join(folder.path, 'gone');
    const run = begin(command('run', '--sut', 'docker', '--section', '3.2', '--output', output), {
      ...withDocker(),
      detached: true,
    });
    const end = ending(run);
    await journalHas(output, 1);
    for (const { pid } of processesOf(run.pid ?? 0)) process.kill(pid, 'SIGKILL');
    run.kill('SIGKILL');
    await end;
    await noneRuns();
    await execute(command('clean'), withDocker());
    expect(await ours()).toEqual([]);
  }, 60_000);

  test('of a run that is gone are removed by "clean", and by the next run', async () => {
    const image = await ensureAgentImage(docker, ROOT);
    const left = async (run: string) => startAgent({ docker, info: { appArmor: false }, image, run });
    const dead = '1:1';
    const alive = `${process.pid}:${
      readFileSync('/proc/self/stat', 'utf8')
        .replace(/^.*\) /, '')
        .split(' ')[19] ?? ''
    }`;
    const [first, other] = [await left(dead), await left(alive)];
    const dry = await execute(command('clean', '--dry-run'), withDocker());
    expect(dry.stdout).toMatch(
      /^would remove container [0-9a-f]{12} \(mptcp-conformance\/agent:[0-9a-f]+\): the run of tester \d+ is gone$/m,
    );
    expect(await ours()).toHaveLength(2);
    const clean = await execute(command('clean'), withDocker());
    expect(clean.stdout).toMatch(/^removed container/m);
    expect(await ours()).toHaveLength(1);
    await first.close();
    const second = await left(dead);
    const { ended } = await judged('after', '--sut', 'docker', SCENARIO);
    expect(ended.stderr).toMatch(/removed container .* is gone/);
    expect(await ours()).toHaveLength(1);
    await Promise.all([second.close(), other.close()]);
    await expect.poll(() => ours(), { timeout: 20_000 }).toEqual([]);
  }, 60_000);

  test('of an image without an agent are refused at once, with what they said', async () => {
    const context = join(ROOT, 'docker');
    const text = 'FROM scratch\nCOPY agent/mptcp-agent /mptcp-agent\nENTRYPOINT ["/mptcp-agent", "--nonsense"]\n';
    const tar = execFileSync('tar', [
      '-C',
      context,
      '--transform',
      's,.*/Dockerfile.test$,Dockerfile,',
      '-cP',
      writeIn('Dockerfile.test', text),
      'agent/mptcp-agent',
    ]);
    const build = await docker.buildImage(Readable.from([tar]), { t: 'mptcp-conformance-test/no-agent' });
    await new Promise((resolve) => docker.modem.followProgress(build, resolve));
    const { code, stderr } = await execute(
      command('run', '--sut', 'docker', '--image', 'mptcp-conformance-test/no-agent', SCENARIO),
      withDocker(),
    );
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /agent of image mptcp-conformance-test\/no-agent .*ended with status 2\n {2}stderr: .*--nonsense: unknown argument/,
    );
    expect(stderr).toMatch(/see docker\/README\.md/);
    expect(await ours()).toEqual([]);
    await docker.getImage('mptcp-conformance-test/no-agent').remove();
  }, 60_000);

  test.each([
    [
      'an image that is not there',
      () => withDocker(),
      ['--image', 'nowhere/nothing'],
      /no image nowhere\/nothing; fetch or build it: docker pull nowhere\/nothing/,
    ],
    [
      'no daemon',
      () => withDocker('unix:///nonexistent/docker.sock'),
      [],
      /no Docker daemon answers at unix:\/\/\/nonexistent\/docker.sock \(ENOENT\); start it .*with-docker.mjs/,
    ],
    [
      'a daemon elsewhere',
      () => withDocker('tcp://192.0.2.1:2375'),
      [],
      /DOCKER_HOST is tcp:\/\/192\.0\.2\.1:2375, expected a unix:\/\/ socket/,
    ],
  ])('%s is an error with a remedy', async (_what, options, args, message) => {
    const { code, stdout, stderr } = await execute(command('run', '--sut', 'docker', ...args, SCENARIO), options());
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n +at /);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  test('an ordinary user is told to become root', async () => {
    const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
    const { code, stderr } = await execute([...asNobody, ...command('run', '--sut', 'docker', SCENARIO)], withDocker());
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/--sut docker needs root: .* sudo/) as string,
    });
  });
});
