/** The commands that answer questions, as a user runs them. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { judgesOfClauses } from '../catalogue/coverage.ts';
import { failure, LADDER, runOf, scenario } from '../report/testing/sample.ts';
import { writeLadder, writeResults } from '../report/results-file.ts';
import { coveragePage } from './coverage-page.ts';
import { judgesOf, withoutVariant } from './judges.ts';
import { openProject } from './project.ts';
import { buildProgram, mptcpConformance, ROOT, SCENARIO, temporaryFolder } from './testing/command.ts';

const folder = temporaryFolder();
const results = join(folder.path, 'results.json');

beforeAll(() => {
  buildProgram();
  const id = `${SCENARIO}#ipv4`;
  const ladder = 'evidence/one/ladder.json';
  writeLadder(join(folder.path, 'evidence', 'one'), LADDER);
  writeResults(results, runOf([
    scenario({ id, verdict: 'fail', expectations: [failure()], evidence: { pcap: 'evidence/one/capture.pcap', ladder } }),
    scenario({ id: `${SCENARIO}#ipv6`, evidence: {} }),
  ]));
}, 60_000);
afterAll(() => folder.remove());

describe('help and mistakes', () => {
  const pages = ['', 'run', 'list', 'show', 'clauses', 'explain', 'lint', 'doctor', 'clean', 'completion', 'mutants'];

  test('every command explains itself, with examples or exit codes', async () => {
    const helps = await Promise.all(pages.map((name) => mptcpConformance(...(name === '' ? [] : [name]), '--help')));
    for (const [index, { code, stdout }] of helps.entries()) {
      expect(code, pages[index]).toBe(0);
      expect(stdout, pages[index]).toMatch(/Exit codes|Examples|It completes/);
    }
  });

  test.each([
    [['lst'], /unknown command 'lst'\n\(Did you mean list\?\)/],
    [['run', '--sectoin', '3.1'], /unknown option '--sectoin'\n\(Did you mean --section\?\)/],
    [['run', '-j', 'many'], /'many' is invalid.*Expected a whole number from 1/],
    [['run', '--section', ','], /It is empty/],
    [['list', '3.1-connection-initiation/responder-handshake/synack-from'], /there is no scenario ".*"; did you mean ".*synack-form/],
    [['list', '--clause', '3.1-20.8.s44'], /there is no clause "3\.1-20\.8\.s44"; did you mean "3\.1-20\.8\.s4"\?/],
    [['list', '--section', '3.1', '--clause', '3.2-19.s1', '--family', 'ipv4'], /no scenario judges 3\.2-19\.s1/],
    [['explain', '3.1-20.8.s9'], /there is no clause "3\.1-20\.8\.s9"; did you mean "3\.1-20\.8\.s/],
    [['clauses', '--section', '9'], /no clause stands in section "9"/],
    [['clauses', '--level', 'mus'], /there is no level "mus"; did you mean "must"\?/],
    [['clauses', '--results', '/nowhere/results.json'], /there is no such file; name a results\.json/],
    [['show', SCENARIO, '--results', '/nowhere/results.json'], /there is no such file; name a results\.json/],
    [['completion', 'csh'], /'csh' is invalid.*Allowed choices are bash, zsh, fish/],
    [['lint', 'package.json'], /cannot tell what this is/],
    [['lint', '/nowhere.suite.yaml'], /cannot read \/nowhere\.suite\.yaml/],
    [[], /Usage: mptcp-conformance/],
  ])('%j is a mistake: exit code 2', async (args, message) => {
    const { code, stdout, stderr } = await mptcpConformance(...args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n +at /);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });
});

describe('list', () => {
  const { scenarios, catalogue } = openProject();

  test('has every scenario once, with its variants', async () => {
    const { code, stdout } = await mptcpConformance('list', '--json');
    const listed = JSON.parse(stdout) as { id: string; variants: string[]; clauses: string[] }[];
    expect(code).toBe(0);
    expect(listed.flatMap((one) => one.variants)).toEqual(scenarios.map((one) => one.id));
    expect(new Set(listed.map((one) => one.id)).size).toBe(listed.length);
    expect(listed.flatMap((one) => one.clauses).filter((id) => catalogue.get(id) === undefined)).toEqual([]);
  });

  test('takes the choices of run', async () => {
    const { stdout } = await mptcpConformance('list', SCENARIO, '--family', 'ipv6');
    expect(stdout).toContain(`  ${SCENARIO}\n`);
    expect(stdout).toMatch(/responder, ipv6; judges 3\.1-/);
    expect(stdout).toContain('1 scenarios, 1 with their variants');
  });
});

describe('clauses', () => {
  test('tables the clauses of a section and its subsections, with what judges them and the verdict', async () => {
    const { code, stdout } = await mptcpConformance('clauses', '--section', '3.1', '--results', results);
    expect(code).toBe(0);
    expect(stdout).toMatch(/3\.1-20\.4\.s2 +MUST +✘ fail +\d+ scenarios?/);
    expect(stdout).toMatch(/of \d+ observable ones, \d+ are judged by something \(\d+ %\): MUST \d+\/\d+/);
    expect(stdout).not.toContain('3.2-');
  });

  test('uncovered ones are observable and nothing judges them; as JSON, all is said', async () => {
    const [all, open] = await Promise.all([mptcpConformance('clauses', '--json'), mptcpConformance('clauses', '--uncovered', '--json')]);
    const parse = (text: string) => JSON.parse(text) as { id: string; judged: string[]; scenarios: string[]; monitors: string[] }[];
    const judged = parse(all.stdout).filter((one) => one.scenarios.length + one.monitors.length > 0).map((one) => one.id);
    expect(judged).toContain('3.1-20.8.s4');
    expect(parse(open.stdout).filter((one) => judged.includes(one.id) || one.judged.includes('unobservable'))).toEqual([]);
    const unobservable = parse(all.stdout).filter((one) => one.judged.includes('unobservable'));
    expect(parse(all.stdout)).toHaveLength(judged.length + parse(open.stdout).length + unobservable.length);
  });
});

describe('explain', () => {
  test('says what a clause asks, who judges it, and what broke it, with the packets', async () => {
    const { code, stdout } = await mptcpConformance('explain', '3.1-20.4.s2', '--results', results);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^3\.1-20\.4\.s2 {2}MUST {2}§3\.1 /);
    expect(stdout).toContain('https://www.rfc-editor.org/rfc/rfc8684.html#section-3.1-20.4');
    expect(stdout).toContain(SCENARIO);
    expect(stdout).toMatch(/✘ fail in 2 scenarios/);
    expect(stdout).toMatch(/expected +a < SYN\/ACK[^]*actual +a < SYN\/ACK/);
    expect(stdout).toContain(join(folder.path, 'evidence/one/capture.pcap'));
    expect(stdout).toContain('again');
  });

  test('a sentence stands for all its parts, and what cannot be seen says why', async () => {
    const { catalogue } = openProject();
    const hidden = catalogue.all.find((clause) => clause.judged.includes('unobservable'));
    const [parts, reason] = await Promise.all([mptcpConformance('explain', '3.1-2.1.s1'), mptcpConformance('explain', hidden?.id ?? '')]);
    expect(parts.stdout).toMatch(/3\.1-2\.1\.s1\.1 {2}implied[^]*3\.1-2\.1\.s1\.2 {2}implied/);
    expect(reason.stdout).toMatch(/hidden +unobservable: /);
  });
});

describe('show', () => {
  test('shows the verdict, the packets and the ladder, and writes the SVG', async () => {
    const svg = join(folder.path, 'ladder.svg');
    const { code, stdout } = await mptcpConformance('show', `${SCENARIO}#ipv4`, '--results', results, '--svg', svg);
    expect(code).toBe(0);
    expect(stdout).toMatch(/✘ fail {2}.*synack-form#ipv4[^]*expected[^]*ms Tester {5}SUT/);
    expect(readFileSync(svg, 'utf8')).toMatch(/^<svg /);
  });

  test('says where evidence is missing, and what is not in the run', async () => {
    const [both, other, svg] = await Promise.all([
      mptcpConformance('show', SCENARIO, '--results', results),
      mptcpConformance('show', `${SCENARIO}#ipv5`, '--results', results),
      mptcpConformance('show', SCENARIO, '--results', results, '--svg', join(folder.path, 'two.svg')),
    ]);
    expect(both.stdout).toMatch(/no ladder: its evidence was not kept; again: /);
    expect(other.stderr).toMatch(/has no scenario ".*#ipv5"; did you mean ".*#ipv[46]"\?/);
    expect(svg.stderr).toMatch(/--svg wants one variant, and 2 fit/);
    expect([both.code, other.code, svg.code]).toEqual([0, 2, 2]);
    expect(existsSync(join(folder.path, 'two.svg'))).toBe(false);
  });
});

describe('lint', () => {
  test('the project has nothing to complain about', async () => {
    const { code, stdout } = await mptcpConformance('lint');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^1 catalogue, .*topologies, \d+ suites.*: no problems\n$/) as string });
  });

  test('tells what a file is, and says all that is wrong with all files', async () => {
    const write = (name: string, text: string): string => {
      writeFileSync(join(folder.path, name), text);
      return join(folder.path, name);
    };
    const files = [
      write('one.yaml', 'sut: linux\ndeviations:\n  - clause: 3.1-20.8.s4\n    reasn: x\n'),
      write('two.yaml', 'title: t\nhosts: [sut]\nlinks:\n  one: { hostt: sut }\n'),
      write('three.suite.yaml', 'section: "3.1"\ntitle: t\nsut: responder\nscenarios:\n  x:\n    title: t\n    steps:\n      - expect: a < SYN/ACK\n        clause: 3.1-20.8.s44\n'),
    ];
    const { code, stdout } = await mptcpConformance('lint', ...files);
    expect(code).toBe(2);
    expect(stdout).toMatch(/one\.yaml:4:5: .*reasn/);
    expect(stdout).toMatch(/two\.yaml:4:\d+: .*hostt/);
    expect(stdout).toMatch(/three\.suite\.yaml:\d+:\d+: there is no clause "3\.1-20\.8\.s44"; did you mean "3\.1-20\.8\.s4"\?/);
    expect(stdout).toMatch(/\d+ problems\n$/);
  });
});

test('docs/coverage.md is current: npm run coverage', () => {
  const { catalogue, scenarios } = openProject();
  const page = coveragePage(catalogue, judgesOfClauses(catalogue, judgesOf(scenarios)));
  expect(readFileSync(join(ROOT, 'docs', 'coverage.md'), 'utf8'), 'run: npm run coverage').toBe(page);
});

test('scenarios are one judge whatever their variants', () => {
  const { scenarios } = openProject();
  const judges = judgesOf(scenarios).filter(({ kind }) => kind === 'scenario');
  expect(judges.map(({ name }) => name)).toEqual([...new Set(scenarios.map((one) => withoutVariant(one.id)))]);
});
