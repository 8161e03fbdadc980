/** The commands that answer questions, as a user runs them. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { countJudged, isJudged, isObservable, judgesOfClauses } from '../../catalogue/coverage.ts';
import { failure, LADDER, runOf, scenario } from '../../report/testing/sample.ts';
import { writeResults } from '../../report/results-file.ts';
import { writeLadder } from '../../report/ladder-file.ts';
import { chooseClauses } from './clauses.ts';
import { coveragePage } from './coverage-page.ts';
import { judgesOf, withoutVariant } from '../inputs/judges.ts';
import { gather } from './list.ts';
import { openProject, openPromises } from '../inputs/project.ts';
import { isNarrowed, selectScenarios, type Selection } from '../inputs/selection.ts';
import {
  begin,
  buildProgram,
  ending,
  mptcpConformance,
  PROGRAM,
  ROOT,
  SCENARIO,
  temporaryFolder,
} from '../testing/command.ts';
import { UsageError } from '../../document/explained-error.ts';

// Every test starts processes, and the machine may be busy.
vi.setConfig({ testTimeout: 90_000 });

const project = openProject();
const promises = openPromises();
const folder = temporaryFolder();
const results = join(folder.path, 'results.json');

beforeAll(() => {
  buildProgram();
  const id = `${SCENARIO}#ipv4`;
  const ladder = 'evidence/one/ladder.json';
  writeLadder(join(folder.path, 'evidence', 'one'), LADDER);
  writeResults(
    results,
    runOf([
      scenario({
        id,
        verdict: 'fail',
        expectations: [failure()],
        evidence: { pcap: 'evidence/one/capture.pcap', ladder },
      }),
      scenario({ id: `${SCENARIO}#ipv6`, evidence: {} }),
    ]),
  );
}, 60_000);
afterAll(() => folder.remove());

describe('help and mistakes', () => {
  const pages = [
    '',
    'run',
    'list',
    'show',
    'clauses',
    'explain',
    'lint',
    'doctor',
    'clean',
    'completion',
    'mutants',
    'merge',
    'gate',
    'site',
    'export',
  ];

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
    [['list', '--clause', '3.1-20.8.s44'], /unknown clause "3\.1-20\.8\.s44"; did you mean "3\.1-20\.8\.s4"\?/],
    [['show', SCENARIO, '--results', '/nowhere/results.json'], /no such file; give the results\.json/],
    [['completion', 'csh'], /'csh' is invalid.*Allowed choices are bash, zsh, fish/],
    [['lint', 'package.json'], /unknown kind of file/],
    [['lint', '/nowhere.suite.yaml'], /cannot read \/nowhere\.suite\.yaml/],
    [[], /Usage: mptcp-conformance/],
  ])('%j is a mistake: exit code 2', async (args, message) => {
    const { code, stdout, stderr } = await mptcpConformance(...args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n +at /);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });
});

test.each(['list', 'clauses', 'help'])('%s whose reader closed the pipe is not an error', async (command) => {
  const child = begin([process.execPath, PROGRAM, command]);
  child.stdout?.destroy();
  const { code, stderr } = await ending(child);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

describe('choices', () => {
  test('narrow by what they choose, not by what else the command line says', () => {
    const rest = { output: 'somewhere', ids: [] };
    expect(isNarrowed(rest)).toBe(false);
    expect(isNarrowed({ ...rest, families: ['ipv4'] })).toBe(true);
  });

  const choose = (selection: Selection) => () => selectScenarios(project.scenarios, selection, project.catalogue);

  test.each<[Selection, RegExp]>([
    [{ ids: [`${SCENARIO.slice(0, -6)}feilds`] }, /unknown scenario ".*feilds"; did you mean ".*mp-capable-fields/],
    [{ ids: ['3.7'] }, /unknown scenario "3\.7"; to select the section of that name: --section 3\.7/],
    [{ ids: ['3.2-19.s1'] }, /unknown scenario "3\.2-19\.s1"; to select the clause of that name: --clause 3\.2-19\.s1/],
    [{ sections: ['3.11'] }, /unknown section "3\.11"; did you mean "3\.1"\?/],
    [{ families: ['ipv5'] }, /unknown family "ipv5"; did you mean "ipv4"\?/],
    [{ levels: ['mus'] }, /unknown level "mus"; did you mean "must"\?/],
    [{ ids: [SCENARIO], clauses: ['3.2-19.s1'] }, /no selected scenario judges 3\.2-19\.s1/],
  ])('%j fits nothing', (selection, message) => {
    expect(choose(selection)).toThrow(UsageError);
    expect(choose(selection)).toThrow(message);
  });

  test('clauses are chosen by section, with subsections, and level', () => {
    const judged = judgesOfClauses(project.catalogue, judgesOf(project.scenarios));
    const sections = new Set(
      chooseClauses(judged, project.catalogue, { sections: ['3.3'], levels: ['must'] }).map(
        ({ clause }) => clause.section,
      ),
    );
    expect([...sections]).toEqual(expect.arrayContaining(['3.3', '3.3.1', '3.3.6']));
    expect(() => chooseClauses(judged, project.catalogue, { sections: ['9'], levels: [] })).toThrow(
      /no clauses in section "9"/,
    );
    expect(() => chooseClauses(judged, project.catalogue, { sections: [], levels: ['mus'] })).toThrow(
      /did you mean "must"\?/,
    );
  });
});

describe('list', () => {
  test('has every scenario once, with its variants', () => {
    const listed = gather(project.scenarios);
    expect(listed.flatMap((one) => one.variants).sort()).toEqual(project.scenarios.map((one) => one.id).sort());
    expect(new Set(listed.map((one) => one.id)).size).toBe(listed.length);
    expect(
      listed.flatMap((one) => one.clauses).filter((id) => project.catalogue.get(id) === undefined && !promises.has(id)),
    ).toEqual([]);
  });

  test('takes the choices of run', async () => {
    const { stdout } = await mptcpConformance('list', SCENARIO, '--family', 'ipv6', '--json');
    expect(JSON.parse(stdout)).toMatchObject([
      { id: SCENARIO, roles: ['responder'], families: ['ipv6'], variants: [`${SCENARIO}#ipv6`] },
    ]);
  });
});

describe('clauses', () => {
  test('tables the clauses of a section and its subsections, with what judges them and the verdict', async () => {
    const { code, stdout } = await mptcpConformance('clauses', '--section', '3.1', '--results', results);
    expect(code).toBe(0);
    expect(stdout).toMatch(/3\.1-20\.4\.s2 +MUST +✘ fail +\d+ scenarios?/);
    expect(stdout).toMatch(/of \d+ observable ones, \d+ are judged \(\d+ %\): MUST \d+\/\d+/);
    expect(stdout).not.toContain('3.2-');
  });

  test('uncovered ones are observable and nothing judges them', async () => {
    const { stdout } = await mptcpConformance('clauses', '--uncovered', '--json');
    const judged = judgesOfClauses(project.catalogue, judgesOf(project.scenarios));
    const open = judged.filter((one) => isObservable(one.clause) && !isJudged(one));
    expect((JSON.parse(stdout) as { id: string }[]).map(({ id }) => id)).toEqual(open.map(({ clause }) => clause.id));
    expect(countJudged(judged)).toMatchObject({
      total: project.catalogue.all.length,
      judged: countJudged(judged).observable - open.length,
    });
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
    expect(stdout).toMatch(/expected +a SYN\/ACK[^]*actual +a SYN\/ACK/);
    expect(stdout).toContain(join(folder.path, 'evidence/one/capture.pcap'));
    expect(stdout).toContain('again');
  });

  test('a sentence stands for all its parts, and what cannot be seen says why', async () => {
    const hidden = project.catalogue.all.find((clause) => clause.judged.includes('unobservable'));
    const [parts, reason] = await Promise.all([
      mptcpConformance('explain', '3.1-2.1.s1'),
      mptcpConformance('explain', hidden?.id ?? ''),
    ]);
    expect(parts.stdout).toMatch(/3\.1-2\.1\.s1\.1 {2}stated[^]*3\.1-2\.1\.s1\.2 {2}stated/);
    expect(reason.stdout).toMatch(/hidden +unobservable: /);
  });
});

describe('show', () => {
  test('shows the verdict, the packets and the ladder, and writes the SVG', async () => {
    const svg = join(folder.path, 'ladder.svg');
    const { code, stdout } = await mptcpConformance('show', `${SCENARIO}#ipv4`, '--results', results, '--svg', svg);
    expect(code).toBe(0);
    expect(stdout).toMatch(/✘ fail {2}.*mp-capable-fields#ipv4[^]*expected[^]*ms Tester {5}SUT/);
    expect(readFileSync(svg, 'utf8')).toMatch(/^<svg /);
  });

  test('says where evidence is missing, and what is not in the run', async () => {
    const [both, other, svg] = await Promise.all([
      mptcpConformance('show', SCENARIO, '--results', results),
      mptcpConformance('show', `${SCENARIO}#ipv5`, '--results', results),
      mptcpConformance('show', SCENARIO, '--results', results, '--svg', join(folder.path, 'two.svg')),
    ]);
    expect(both.stdout).toMatch(/no ladder: its evidence was not kept; run it again: /);
    expect(other.stderr).toMatch(/has no scenario ".*#ipv5"; did you mean ".*#ipv[46]"\?/);
    expect(svg.stderr).toMatch(/--svg needs one variant, but 2 match/);
    expect([both.code, other.code, svg.code]).toEqual([0, 2, 2]);
    expect(existsSync(join(folder.path, 'two.svg'))).toBe(false);
  });
});

describe('lint', () => {
  test('the project has nothing to complain about', async () => {
    const { code, stdout } = await mptcpConformance('lint');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^1 catalogue, .*topologies,.* \d+ suites.*: no problems\n$/) as string,
    });
  });

  test('tells what a file is, and says all that is wrong with all files', async () => {
    const write = (name: string, text: string): string => {
      writeFileSync(join(folder.path, name), text);
      return join(folder.path, name);
    };
    const files = [
      write('one.yaml', 'sut: linux\nfindings:\n  x:\n    reasn: x\n'),
      write('two.yaml', 'title: t\nhosts: [sut]\nlinks:\n  one: { hostt: sut }\n'),
      write(
        'three.suite.yaml',
        'section: "3.1"\ntitle: t\nsut: responder\nscenarios:\n  x:\n    title: t\n    steps:\n      - expect: a SYN/ACK\n        clause: 3.1-20.8.s44\n',
      ),
    ];
    const { code, stdout } = await mptcpConformance('lint', ...files);
    expect(code).toBe(2);
    expect(stdout).toMatch(/one\.yaml:4:5: .*reasn/);
    expect(stdout).toMatch(/two\.yaml:4:\d+: .*hostt/);
    expect(stdout).toMatch(
      /three\.suite\.yaml:\d+:\d+: unknown clause "3\.1-20\.8\.s44"; did you mean "3\.1-20\.8\.s4"\?/,
    );
    expect(stdout).toMatch(/\d+ problems\n$/);
  });
});

test('docs/coverage.md is current: npm run coverage', () => {
  const { catalogue, scenarios, multipath } = project;
  const page = coveragePage(
    catalogue,
    judgesOfClauses(catalogue, judgesOf(scenarios)),
    judgesOfClauses(catalogue, judgesOf(multipath)),
  );
  expect(readFileSync(join(ROOT, 'docs', 'coverage.md'), 'utf8'), 'run: npm run coverage').toBe(page);
});

test('scenarios are one judge whatever their variants', () => {
  const { scenarios } = project;
  const judges = judgesOf(scenarios).filter(({ kind }) => kind === 'scenario');
  expect(judges.map(({ name }) => name)).toEqual([...new Set(scenarios.map((one) => withoutVariant(one.id)))]);
});

test('every clause that a scenario or monitor names is in the catalogue, and observable', () => {
  const named = judgesOf(project.scenarios).flatMap(({ kind, name, clauses }) =>
    clauses.map((id) => ({ judge: `${kind} ${name}`, id })),
  );
  expect(named.some(({ judge }) => judge.startsWith('monitor '))).toBe(true);
  const isKnown = (id: string): boolean =>
    promises.has(id) || project.catalogue.get(id)?.judged.includes('unobservable') === false;
  expect(named.filter(({ id }) => !isKnown(id))).toEqual([]);
});
