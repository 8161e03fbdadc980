/** `gate`, as CI runs it, against this kernel. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { RecordedVerdicts } from '../../report/baseline.ts';
import { readResults, schemaProblems, writeResults } from '../../report/results-file.ts';
import { failure, runOf, scenario } from '../../report/testing/sample.ts';
import { buildProgram, mptcpConformance, SCENARIO, temporaryFolder } from '../testing/command.ts';

vi.setConfig({ testTimeout: 240_000 });

const folder = temporaryFolder();
const at = (name: string): string => join(folder.path, name);
const results = at('run/results.json');
const verdicts = (name: string): RecordedVerdicts =>
  JSON.parse(readFileSync(at(`${name}.verdicts.json`), 'utf8')) as RecordedVerdicts;

/** Takes a real result and says of it that it was of everything. */
function asWhole(file: string): void {
  const run = readResults(file);
  writeResults(file, { ...run, run: { ...run.run, selected: false } });
}

beforeAll(async () => {
  buildProgram();
  const ran = await mptcpConformance('run', SCENARIO, '--output', at('run'), '--deviations', 'none');
  expect(ran.code, ran.stderr).toBe(0);
  asWhole(results);
}, 120_000);
afterAll(() => folder.remove());

test('real results fit the published schema', () => {
  expect(schemaProblems(JSON.parse(readFileSync(results, 'utf8')))).toEqual([]);
});

test('a first baseline is recorded once, and the same run is green against it', async () => {
  const init = await mptcpConformance('gate', results, '--baseline', at('linux.yaml'), '--init');
  expect(init.code, init.stderr).toBe(0);
  expect(verdicts('linux').scenarios).toMatchObject({ [`${SCENARIO}#ipv4`]: 'pass' });
  const twice = await mptcpConformance('gate', results, '--baseline', at('linux.yaml'), '--init');
  expect(twice).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('already exists; use --update to change it') as string,
  });
  const same = await mptcpConformance('gate', results, '--baseline', at('linux.yaml'));
  expect(same.stdout).toMatch(/The gate passed/);
  expect(same.code).toBe(0);
});

describe('worse than the baseline', () => {
  const id = `${SCENARIO}#ipv4`;

  test('what a run said once and this kernel does not do is flaky: it was run again alone, three times', async () => {
    const run = readResults(results);
    const [clause] = run.scenarios.find((one) => one.id === id)?.expectations ?? [];
    const scenarios = run.scenarios.map((one) =>
      one.id === id
        ? { ...one, verdict: 'fail' as const, expectations: [failure({ clause: clause?.clause ?? '' })] }
        : one,
    );
    writeResults(at('once.json'), { ...run, scenarios });
    const gate = await mptcpConformance('gate', at('once.json'), '--baseline', results, '--markdown', at('summary.md'));
    expect(gate.stderr).toMatch(/alone, 3 of 3/);
    expect(gate.stdout).toMatch(/Flaky: worse in the run, but not when repeated alone \(2\)/);
    expect(gate.stdout).toContain(`${id}  pass → fail, flaky: 0 of 3 alone`);
    expect(gate.code).toBe(0);
    expect(readFileSync(at('summary.md'), 'utf8')).toMatch(/### Flaky/);
  });

  test('what this kernel does every time is red, with its packets and the command', async () => {
    // Linux leaves checksums off unless told; the RFC would have them on.
    const broken = '3.1-connection-initiation/responder-handshake/synack-asks-for-checksums';
    const ran = await mptcpConformance('run', broken, '--output', at('broken'), '--deviations', 'none');
    expect(ran.stdout).toMatch(/2 warn/);
    const run = readResults(at('broken/results.json'));
    const passed = run.scenarios.map((one) => ({ ...one, verdict: 'pass' as const, expectations: [] }));
    writeResults(at('before.json'), { ...run, scenarios: passed, clauses: [] });
    const gate = await mptcpConformance(
      'gate',
      at('broken/results.json'),
      '--baseline',
      at('before.json'),
      '--level',
      'should',
    );
    expect(gate.stdout).toMatch(/pass → warn, repeated alone: 3 of 3/);
    expect(gate.stdout).toMatch(/expected {2}.*SYN\/ACK/);
    expect(gate.stdout).toContain(`run ${run.scenarios[0]?.id ?? ''} --deviations none --ladder`);
    expect(gate.stdout).toMatch(/The gate failed: \d+ scenarios? and \d clauses? got worse\.\n$/);
    expect(gate.code).toBe(1);
  });

  test('what is not of this kernel is not run again, and that is said', async () => {
    const run = runOf([scenario({ id: 'x', verdict: 'fail', expectations: [failure()] })]);
    writeResults(at('elsewhere.json'), { ...run, sut: { ...run.sut, kernel: '5.99.1' } });
    writeResults(at('elsewhere-before.json'), runOf([scenario({ id: 'x' })]));
    const gate = await mptcpConformance('gate', at('elsewhere.json'), '--baseline', at('elsewhere-before.json'));
    expect(gate.stdout.replaceAll('\n', ' ')).toMatch(
      /Nothing was repeated: the results are for kernel 5\.99\.1, this machine runs/,
    );
    expect(gate.code).toBe(1);
  });

  test('--update records what is better and what is new, and leaves what got worse', async () => {
    writeResults(
      at('v1.json'),
      runOf([scenario({ id: 'a' }), scenario({ id: 'b', verdict: 'inconclusive' }), scenario({ id: 'c' })]),
    );
    writeResults(
      at('v2.json'),
      runOf([
        scenario({ id: 'a', verdict: 'fail', expectations: [failure()] }),
        scenario({ id: 'b' }),
        scenario({ id: 'd' }),
      ]),
    );
    expect((await mptcpConformance('gate', at('v1.json'), '--baseline', at('v.yaml'), '--init')).code).toBe(0);
    const offered = await mptcpConformance('gate', at('v2.json'), '--baseline', at('v.yaml'), '--no-rerun');
    expect(offered.stdout).toMatch(/Better \(1\)\n.*b {2}inconclusive → pass[^]*the command with --update/);
    const updated = await mptcpConformance(
      'gate',
      at('v2.json'),
      '--baseline',
      at('v.yaml'),
      '--no-rerun',
      '--update',
      '--forget',
    );
    expect(updated.code).toBe(1);
    expect(verdicts('v').scenarios).toEqual({ a: 'pass', b: 'pass', d: 'pass' });
  });
});

describe('what cannot be used: exit code 2, and nothing is written', () => {
  const wrong: [string, string[], RegExp][] = [
    ['no results', ['none.json', '--baseline', 'kept.yaml'], /none\.json: no such file/],
    [
      'no baseline',
      ['run/results.json', '--baseline', 'missing.yaml', '--update'],
      /no baseline .*missing\.yaml; .*--init/,
    ],
    ['a foreign file', ['foreign.json', '--baseline', 'kept.yaml'], /foreign\.json: JSON, but not the results/],
    ['a newer schema', ['newer.json', '--baseline', 'kept.yaml', '--update'], /schema version 3, this tool reads 2/],
    [
      'broken verdicts',
      ['run/results.json', '--baseline', 'kept.yaml', '--update'],
      /kept\.verdicts\.json: not JSON: .*; restore it/,
    ],
    [
      'verdicts of a newer schema',
      ['run/results.json', '--baseline', 'later.yaml'],
      /later\.verdicts\.json: schema version 9, this tool reads 1/,
    ],
    ['a deviations file that is wrong', ['run/results.json', '--baseline', 'wrong.yaml'], /wrong\.yaml:1:1/],
    [
      'an update of results',
      ['run/results.json', '--baseline', 'run/results.json', '--update'],
      /is the results of a run/,
    ],
    [
      'an update from a run cut short',
      ['partial.json', '--baseline', 'run/results.json', '--update'],
      /write beside a deviations file|interrupted/,
    ],
    [
      'a beginning from a selection',
      ['selected.json', '--baseline', 'fresh.yaml', '--init'],
      /a selection; --init needs a run of all scenarios/,
    ],
    ['no scenario', ['empty.json', '--baseline', 'run/results.json'], /has no scenarios/],
  ];

  test.each(wrong)('%s', async (_what, args, message) => {
    writeFileSync(at('foreign.json'), '{"a": 1}');
    writeFileSync(at('newer.json'), JSON.stringify({ ...runOf([]), schemaVersion: 3 }));
    writeFileSync(at('kept.yaml'), 'sut: linux\nfindings: {}\n');
    writeFileSync(at('kept.verdicts.json'), '{"kind": "verd');
    writeFileSync(at('later.yaml'), 'sut: linux\nfindings: {}\n');
    writeFileSync(at('later.verdicts.json'), '{"kind": "verdicts", "schemaVersion": 9}');
    writeFileSync(at('wrong.yaml'), 'stu: linux\n');
    writeFileSync(at('partial.json'), JSON.stringify(runOf([scenario()], { partial: true })));
    writeFileSync(at('selected.json'), JSON.stringify(runOf([scenario()], { selected: true })));
    writeFileSync(at('empty.json'), JSON.stringify(runOf([])));
    const placed = args.map((word) => (/\.(json|yaml)$/.test(word) ? at(word) : word));
    const { code, stderr } = await mptcpConformance('gate', ...placed);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
    expect(readFileSync(at('kept.verdicts.json'), 'utf8')).toBe('{"kind": "verd');
    expect(existsSync(at('fresh.yaml'))).toBe(false);
    expect(existsSync(at('missing.verdicts.json'))).toBe(false);
  });
});

test('after an upgrade, --accept-new declares what new scenarios break, and nothing else', async () => {
  const list = at('accept.yaml');
  const run = readResults(results);
  const recorded = (over: Parameters<typeof scenario>[0]) => runOf([scenario(over)]).scenarios;
  const known = recorded({ id: '3.1/x/known#ipv4' });
  writeResults(at('old.json'), { ...run, scenarios: [...run.scenarios, ...known] });
  const init = await mptcpConformance('gate', at('old.json'), '--baseline', list, '--init');
  expect(init.code, init.stderr).toBe(0);
  writeFileSync(list, `# our stack\n${readFileSync(list, 'utf8')}`);
  const broken = { verdict: 'fail' as const, expectations: [failure({ clause: '3.1-20.4.s2' })] };
  const added = ['3.1/x/new#ipv4', '3.1/x/new#ipv6'].flatMap((id) => recorded({ id, ...broken }));
  writeResults(at('new.json'), { ...run, scenarios: [...run.scenarios, ...known, ...added] });
  const args = ['--baseline', list, '--no-rerun'];
  expect((await mptcpConformance('gate', at('new.json'), ...args)).code).toBe(1);
  const accepted = await mptcpConformance('gate', at('new.json'), ...args, '--accept-new');
  expect(accepted.stdout).toMatch(/declared in .*accept\.yaml: new-3-1-20-4-s2; write the reason of each/);
  expect(accepted.code, accepted.stdout + accepted.stderr).toBe(0);
  expect(readFileSync(list, 'utf8')).toMatch(/^# our stack\n[^]*findings:\n {2}new-3-1-20-4-s2:\n {4}title: /);
  expect((await mptcpConformance('gate', at('new.json'), ...args)).code).toBe(0);
  // What the baseline knows is not new, however often it is accepted.
  const worse = { ...run, scenarios: [...run.scenarios, ...recorded({ id: '3.1/x/known#ipv4', ...broken }), ...added] };
  writeResults(at('worse.json'), worse);
  expect((await mptcpConformance('gate', at('worse.json'), ...args, '--accept-new')).code).toBe(1);
  expect(readFileSync(list, 'utf8')).not.toContain('3.1/x/known');
});
