/** Suites, clauses and baselines outside of the installation, in a folder that `init` began. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { readResults } from '../../report/results-file.ts';
import { buildProgram, execute, PROGRAM, temporaryFolder, type Ended } from '../testing/command.ts';

vi.setConfig({ testTimeout: 240_000 });

const folder = temporaryFolder();
let count = 0;
let cwd = '';
const at = (...names: string[]): string => join(cwd, ...names);
const here = (...args: string[]): Promise<Ended> => execute([process.execPath, PROGRAM, ...args], { cwd });
const write = (name: string, text: string): void => {
  mkdirSync(join(at(name), '..'), { recursive: true });
  writeFileSync(at(name), text);
};
const replace = (name: string, from: string, to: string): void =>
  writeFileSync(at(name), readFileSync(at(name), 'utf8').replaceAll(from, to));

beforeAll(() => buildProgram(), 120_000);
afterAll(() => folder.remove());
beforeEach(async () => {
  cwd = join(folder.path, String(count++));
  mkdirSync(cwd);
  const { code, stdout } = await here('init', '--prefix', 'acme');
  expect(stdout).toBe(
    'mptcp-conformance.yaml\nsuites/acme.clauses.yaml\nsuites/greeting.suite.yaml\n\nnext: mptcp-conformance run acme\n',
  );
  expect(code).toBe(0);
});

test('the example is checked, listed, run and explained; init does not write over it', async () => {
  expect(await here('lint')).toMatchObject({
    code: 0,
    stdout: '1 workspace, 1 file of own clauses, 1 suite: no problems\n',
  });
  const run = await here('run', 'acme', '-f', 'ipv4');
  expect(run.code, run.stderr).toBe(0);
  const { scenarios, clauses, coverage } = readResults(at('reports/again/results.json'));
  expect(scenarios.map(({ id, verdict }) => [id, verdict])).toEqual([['acme/greeting/first-data#ipv4', 'pass']]);
  expect(clauses.find(({ id }) => id === 'acme-greeting')).toMatchObject({ level: 'must', verdict: 'pass' });
  expect(coverage?.bySection.map(({ section }) => section)).not.toContain('acme');
  expect((await here('explain', 'acme-greeting')).stdout).toMatch(/pass in 1 scenarios/);
  const again = await here('init');
  expect(again).toMatchObject({ code: 2, stderr: expect.stringMatching(/already exists/) as string });
  const schema = /\$schema=(\S+)/.exec(readFileSync(at('mptcp-conformance.yaml'), 'utf8'))?.[1] ?? '';
  expect(JSON.parse(readFileSync(schema, 'utf8'))).toHaveProperty('title');
});

test('a clause of its own that is broken fails the run, until a baseline that extends one of ours declares it', async () => {
  replace('suites/greeting.suite.yaml', 'pattern=ok', 'pattern=5');
  const broken = await here('run', 'acme', '-f', 'ipv4');
  expect(broken.stdout).toMatch(/✘ MUST acme-greeting/);
  expect(broken.code).toBe(1);
  replace('mptcp-conformance.yaml', '# baselines: [baselines] ', 'baselines: [baselines]\n#');
  const { kernel } = readResults(at('reports/again/results.json')).sut;
  const series = /^\d+\.\d+/.exec(kernel)?.[0] ?? '';
  write(
    `baselines/linux-${series}.yaml`,
    `sut: linux\nkernel: "${series}"\nextends: linux-6.18\nfindings:\n  mine:\n    title: t\n    reason: r\n    scenarios: { acme/greeting/first-data: [acme-greeting] }\n`,
  );
  expect(await here('lint')).toMatchObject({ code: 0, stdout: expect.stringMatching(/1 deviations file/) as string });
  const declared = await here('run', 'acme', '-f', 'ipv4');
  expect(declared.code, declared.stdout).toBe(0);
  expect(readResults(at('reports/again/results.json')).summary).toMatchObject({ declared: 1, fail: 0 });
});

test('--suites adds a folder without a file, by its name', async () => {
  write('elsewhere/echo.suite.yaml', readFileSync(at('suites/greeting.suite.yaml'), 'utf8'));
  replace('elsewhere/echo.suite.yaml', 'acme-greeting', '3.1-1.s2');
  const { code, stdout } = await here('list', 'elsewhere', '--suites', 'elsewhere', '--json');
  expect(code).toBe(0);
  expect((JSON.parse(stdout) as { id: string }[]).map(({ id }) => id)).toEqual(['elsewhere/echo/first-data']);
  expect((await here('lint', '--suites', 'elsewhere')).stdout).toMatch(/2 suites: no problems/);
  expect(await here('list', '--suites', 'none')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/--suites .*none: no such folder/) as string,
  });
});

test('defaults stand for options that the command line does not have', async () => {
  writeFileSync(
    at('mptcp-conformance.yaml'),
    'prefix: acme\nsuites: [suites]\ndefaults: { list: { family: [ipv6], json: true }, gate: { baseline: none.yaml } }\n',
  );
  const variants = async (...more: string[]): Promise<unknown> =>
    (JSON.parse((await here('list', 'acme', ...more)).stdout) as { variants: string[] }[]).map((one) => one.variants);
  expect(await variants()).toEqual([['acme/greeting/first-data#ipv6']]);
  expect(await variants('-f', 'ipv4')).toEqual([['acme/greeting/first-data#ipv4']]);
  write('results.json', '{}');
  expect((await here('gate', 'results.json')).stderr).not.toMatch(/name a baseline/);
});

describe('mistakes are shown at their place:', () => {
  const file = (text: string) => (): void => writeFileSync(at('mptcp-conformance.yaml'), text);
  test.each<[string, () => void, RegExp]>([
    [
      'an unknown key',
      file('suite: [suites]\n'),
      /mptcp-conformance\.yaml:1:1: unknown key "suite"; did you mean "suites"/,
    ],
    ['no prefix', file('suites: [suites]\n'), /mptcp-conformance\.yaml:1:1: .*prefix/],
    ['no such folder', file('prefix: acme\nsuites: [nowhere]\n'), /:2:10: no such folder: nowhere/],
    [
      'an unknown command',
      file('defaults: { rnu: { sut: x } }\n'),
      /:1:13: there is no command "rnu"; did you mean "run"/,
    ],
    ['an unknown option', file('defaults: { list: { no: 1 } }\n'), /:1:21: "list" has no option --no/],
    [
      'a wrong value',
      file('defaults: { lint: {}, run: { concurrency: many } }\n'),
      /:1:\d+: --concurrency: Expected a whole number from 1/,
    ],
    [
      'a clause without the prefix',
      () => replace('suites/acme.clauses.yaml', 'id: acme-', 'id: other-'),
      /acme\.clauses\.yaml:4:9: "other-greeting" does not begin with "acme-"/,
    ],
    [
      'a clause that is there twice',
      () => write('suites/more/more.clauses.yaml', readFileSync(at('suites/acme.clauses.yaml'), 'utf8')),
      /more\.clauses\.yaml:4:9: "acme-greeting" is already used/,
    ],
    [
      'a clause that there is not',
      () => replace('suites/greeting.suite.yaml', 'acme-greeting', 'acme-greting'),
      /greeting\.suite\.yaml:\d+:\d+: unknown clause "acme-greting"; did you mean "acme-greeting"/,
    ],
    [
      'a scenario that is there twice',
      () => {
        write('twice/greeting.suite.yaml', readFileSync(at('suites/greeting.suite.yaml'), 'utf8'));
        replace('mptcp-conformance.yaml', '[suites]', '[suites, twice]');
      },
      /twice\/greeting\.suite\.yaml:\d+:\d+: the scenario acme\/greeting\/first-data.* is already at .*suites\/greeting/,
    ],
  ])('%s', async (_, make, message) => {
    make();
    const { code, stderr } = await here(...(message.source.includes('number') ? ['run'] : ['list']), 'acme');
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at .*[:(]/m);
    expect(code).toBe(2);
  });
});
