import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { DocumentError } from '../document/diagnostic.ts';
import { loadDeviations, parseDeviations } from './deviations-file.ts';
import { applyDeviations, NO_DEVIATIONS } from './deviations.ts';
import { exitCode } from './exit-code.ts';
import type { Deviation, RunResults } from './results.ts';
import { summaryText } from './summary.ts';
import { expectation, failure, runOf, scenario } from './testing/sample.ts';

const list = (...deviations: Deviation[]) => ({ source: 'linux-6.18.yaml', sut: 'linux', deviations });
const failed = (id: string, ...clauses: string[]) =>
  scenario({ id, verdict: 'fail', expectations: clauses.map((clause) => failure({ clause })) });
const outcomes = (results: RunResults) => results.scenarios.map(({ declared }) => declared?.reason);

describe('applyDeviations', () => {
  test('covers by scenario, by variant and by clause, and nothing else', () => {
    const run = runOf([
      failed('a/x#ipv4', 'c1'),
      failed('a/x#ipv6', 'c1'),
      failed('a/xy#ipv4', 'c2'),
      failed('b#ipv4', 'c3'),
    ]);
    expect(outcomes(applyDeviations(run, list({ scenario: 'a/x', reason: 'r' })))).toEqual([
      'r',
      'r',
      undefined,
      undefined,
    ]);
    expect(outcomes(applyDeviations(run, list({ scenario: 'a/x#ipv6', reason: 'r' })))).toEqual([
      undefined,
      'r',
      undefined,
      undefined,
    ]);
    expect(outcomes(applyDeviations(run, list({ clause: 'c3', reason: 'r' })))).toEqual([
      undefined,
      undefined,
      undefined,
      'r',
    ]);
    expect(outcomes(applyDeviations(run, list({ scenario: 'a/x', clause: 'c2', reason: 'r' })))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(outcomes(applyDeviations(run, list({ scenario: 'a/', reason: 'r' }, { clause: 'c', reason: 'r' })))).toEqual(
      [undefined, undefined, undefined, undefined],
    );
  });

  test('covers the variants that have the values named, in whatever order the id has them', () => {
    const run = runOf([
      failed('a/x#bit=1,with=syn-cookies,ipv4', 'c1'),
      failed('a/x#bit=10,with=syn-cookies,ipv4', 'c1'),
      failed('a/x#bit=1,ipv4', 'c1'),
      failed('a/y#bit=1,with=syn-cookies,ipv4', 'c1'),
    ]);
    const covered = (scenario: string) => outcomes(applyDeviations(run, list({ scenario, reason: 'r' })));
    expect(covered('a/x#with=syn-cookies')).toEqual(['r', 'r', undefined, undefined]);
    expect(covered('a/x#with=syn-cookies,bit=1')).toEqual(['r', undefined, undefined, undefined]);
    expect(covered('a/x#with=syn')).toEqual([undefined, undefined, undefined, undefined]);
  });

  test("a kernel's trouble is declared by its title, and by nothing else", () => {
    const trouble = { kind: 'lost', title: 'the guest hangs in a_lock < b', alone: true, console: 'x' } as const;
    const hung = { ...scenario({ id: 'a#ipv4', verdict: 'fail' }), trouble };
    const beside = { ...scenario({ id: 'b#ipv4', verdict: 'pass' }), trouble: { ...trouble, alone: false } };
    const code = (run: RunResults, ...deviations: Deviation[]) => exitCode(applyDeviations(run, list(...deviations)));
    const known = { finding: 'deadlock', trouble: 'a_lock < b', reason: 'r' };
    const run = runOf([hung, beside]);
    expect(code(run)).toBe(1);
    expect(code(run, { finding: 'deadlock', trouble: 'a_lock < c', reason: 'r' })).toBe(1);
    expect(code(run, { scenario: 'a', reason: 'r' })).toBe(1);
    expect(code(run, known)).toBe(0);
    expect(applyDeviations(run, list(known)).scenarios.map((one) => one.trouble?.finding)).toEqual([
      'deadlock',
      'deadlock',
    ]);
    const worse = { ...failed('a#ipv4', 'c1'), trouble };
    expect(code(runOf([worse]), known)).toBe(1);
    expect(code(runOf([failed('a#ipv4', 'c1')]), known)).toBe(1);
    const fine = applyDeviations(runOf([scenario({ id: 'a#ipv4', verdict: 'pass' })]), list(known)).deviations;
    expect([fine?.applied.length, fine?.stale.length, fine?.unseen.length]).toEqual([0, 0, 1]);
  });

  test('what a monitor found wants a declaration as anything else', () => {
    const found = { ...failure({ clause: 'm1' }), source: 'monitor mappings' };
    const run = runOf([
      scenario({ id: 'a#ipv4', verdict: 'fail', expectations: [expectation({ clause: 'c1' })], monitors: [found] }),
    ]);
    expect(exitCode(applyDeviations(run, NO_DEVIATIONS))).toBe(1);
    expect(exitCode(applyDeviations(run, list({ scenario: 'a', clause: 'c1', reason: 'r' })))).toBe(1);
    const declared = applyDeviations(run, list({ scenario: 'a', clause: 'm1', reason: 'r' }));
    expect(exitCode(declared)).toBe(0);
    expect(declared.clauses.find(({ id }) => id === 'm1')).toMatchObject({ verdict: 'fail', declared: true });
  });

  test('a departure that shows something else than the finding says is a new one', () => {
    const run = runOf([
      scenario({
        id: 'a#ipv4',
        verdict: 'fail',
        expectations: [failure({ clause: 'c1', actual: 'a SYN/ACK seq=0 <ts>' })],
      }),
    ]);
    const by = (...instead: string[]) =>
      applyDeviations(run, list({ scenario: 'a', clause: 'c1', reason: 'r', instead }));
    expect(outcomes(by('nothing', 'a SYN/ACK <>'))).toEqual(['r']);
    expect(exitCode(by('a SYN/ACK <>'))).toBe(0);
    expect(outcomes(by('a RST'))).toEqual([undefined]);
    expect(exitCode(by('a RST'))).toBe(1);
    expect(by('a RST').deviations).toMatchObject({ applied: [], stale: [], unseen: [{ scenario: 'a' }] });
    expect(by('a RST').clauses[0]?.declared).toBeUndefined();
    expect(summaryText(by('a RST'), { width: 80, colour: false })).toContain(
      'declared  finding a finding declares a RST; this is different',
    );
  });

  test('a declaration of a former id stays that of the scenario', () => {
    const run = runOf([{ ...failed('new/name#ipv4', 'c1'), formerly: ['old/name#ipv4'] }]);
    expect(outcomes(applyDeviations(run, list({ scenario: 'old/name', reason: 'r' })))).toEqual(['r']);
    expect(outcomes(applyDeviations(run, list({ scenario: 'old', reason: 'r' })))).toEqual([undefined]);
  });

  test('one undeclared clause leaves the scenario undeclared', () => {
    const run = runOf([failed('a#ipv4', 'c1', 'c2')]);
    const one = applyDeviations(run, list({ clause: 'c1', reason: 'r1' }));
    expect(outcomes(one)).toEqual([undefined]);
    expect(one.summary).toMatchObject({ fail: 1, declared: 0 });
    expect(exitCode(one)).toBe(1);
    const both = applyDeviations(
      run,
      list({ clause: 'c1', reason: 'r1' }, { clause: 'c2', reason: 'r2', link: 'https://x' }),
    );
    expect(both.scenarios[0]?.declared).toEqual({ reason: 'r1; r2', link: 'https://x' });
    expect(both.summary).toMatchObject({ fail: 0, declared: 1 });
    expect(both.clauses.map(({ declared }) => declared)).toEqual([true, true]);
    expect(exitCode(both)).toBe(0);
  });

  test('passes are never declared, the input stays, and twice is once', () => {
    const run = runOf([scenario({ id: 'a' })]);
    const once = applyDeviations(run, list({ scenario: 'a', reason: 'r' }));
    expect(outcomes(once)).toEqual([undefined]);
    expect(run).not.toHaveProperty('deviations');
    expect(applyDeviations(once, list({ scenario: 'a', reason: 'r' }))).toEqual(once);
    const declared = applyDeviations(runOf([failed('a', 'c1')]), list({ clause: 'c1', reason: 'r' }));
    expect(outcomes(applyDeviations(declared, NO_DEVIATIONS))).toEqual([undefined]);
  });

  test('a failure without failed expectations is covered by its own id only', () => {
    const run = runOf([scenario({ id: 'a', verdict: 'fail', expectations: [] })]);
    expect(outcomes(applyDeviations(run, list({ scenario: 'a', reason: 'r' })))).toEqual(['r']);
    expect(exitCode(run)).toBe(1);
  });

  const stale = (run: RunResults, deviation: Deviation) =>
    applyDeviations(run, list(deviation)).deviations?.stale.length;

  test('what no longer shows is stale; what was not settled, or not run, is not', () => {
    const byClause = { clause: 'c1', reason: 'r' };
    const pass = scenario({ id: 'a#ipv4', expectations: [expectation({ clause: 'c1' })] });
    expect(stale(runOf([pass]), byClause)).toBe(1);
    expect(stale(runOf([pass]), { scenario: 'a', reason: 'r' })).toBe(1);
    const noted = scenario({
      id: 'a',
      verdict: 'note',
      expectations: [failure({ clause: 'c1', verdict: 'note', level: 'advice' })],
    });
    expect(stale(runOf([noted]), byClause)).toBe(1);
    expect(stale(runOf([pass, failed('b', 'c1')]), byClause)).toBe(0);
    const open = scenario({
      id: 'b',
      verdict: 'inconclusive',
      expectations: [expectation({ clause: 'c1', verdict: 'inconclusive' })],
    });
    expect(stale(runOf([pass, open]), byClause)).toBe(0);
    expect(stale(runOf([]), byClause)).toBe(0);
    const skipped = scenario({ id: 'a#ipv4', verdict: 'skip', expectations: [] });
    expect(applyDeviations(runOf([skipped]), list({ scenario: 'a', reason: 'r' })).deviations?.unseen).toHaveLength(1);
  });

  test('a selection refutes only a declaration of one variant', () => {
    const run = runOf([scenario({ id: 'a#ipv4' })], { selected: true });
    expect(stale(run, { scenario: 'a', reason: 'r' })).toBe(0);
    expect(stale(run, { scenario: 'a#ipv4', reason: 'r' })).toBe(1);
  });
});

describe('exitCode', () => {
  const code = (results: RunResults) => exitCode(applyDeviations(results, NO_DEVIATIONS));
  const warn = scenario({ id: 'w', verdict: 'warn', expectations: [failure({ level: 'should', verdict: 'warn' })] });
  const error = scenario({ id: 'e', verdict: 'error', expectations: [] });
  const open = scenario({ id: 'i', verdict: 'inconclusive', expectations: [] });

  test('gates on undeclared MUSTs and stated requirements', () => {
    expect(code(runOf([scenario(), warn]))).toBe(0);
    expect(code(runOf([scenario(), warn, open]))).toBe(3);
    expect(code(runOf([failed('a', 'c1')]))).toBe(1);
    expect(code(runOf([scenario({ verdict: 'fail', expectations: [failure({ level: 'stated' })] })]))).toBe(1);
    expect(
      code(runOf([scenario({ verdict: 'note', expectations: [failure({ level: 'advice', verdict: 'note' })] })])),
    ).toBe(0);
  });

  test('a declared MUST beside an undeclared SHOULD does not gate', () => {
    const mixed = scenario({
      id: 'm',
      verdict: 'fail',
      expectations: [failure({ clause: 'c1' }), failure({ clause: 'c2', level: 'should', verdict: 'warn' })],
    });
    expect(exitCode(applyDeviations(runOf([mixed]), list({ clause: 'c1', reason: 'r' })))).toBe(0);
  });

  test('a broken MUST wins over a harness that failed; nothing judged is not a success', () => {
    expect(code(runOf([failed('a', 'c1'), error], { partial: true }))).toBe(1);
    expect(code(runOf([scenario(), error]))).toBe(2);
    expect(code(runOf([scenario()], { partial: true }))).toBe(2);
    expect(code(runOf([]))).toBe(2);
    expect(code(runOf([open, { ...open, id: 'j' }]))).toBe(2);
  });
});

describe('deviations files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'deviations-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const FLAG_B = {
    finding: 'flag-b',
    title: 'Flag B is set',
    reason: 'r',
    link: 'https://x.org',
    instead: ['a SYN <mp_capable B=1>'],
  };
  const problems = (text: string): string => {
    try {
      parseDeviations('f.yaml', text);
    } catch (error) {
      if (error instanceof DocumentError) return error.message;
      throw error;
    }
    return '';
  };

  test('loads what is right', () => {
    const file = join(folder, 'linux-6.18.yaml');
    writeFileSync(
      file,
      [
        'sut: linux',
        'kernel: "6.18"',
        'findings:',
        '  flag-b:',
        '    title: Flag B is set',
        '    reason: r',
        '    upstream: https://x.org',
        '    instead: [a SYN <mp_capable B=1>]',
        '    scenarios: { s/a: [3.1-1.s1, 3.1-2.s1], s/b#ipv4: all }',
        '    clauses: [3.1-20.4.s2]',
        '',
      ].join('\n'),
    );
    expect(loadDeviations(file)).toEqual({
      source: 'linux-6.18.yaml',
      sut: 'linux',
      kernel: '6.18',
      deviations: [
        { ...FLAG_B, scenario: 's/a', clause: '3.1-1.s1' },
        { ...FLAG_B, scenario: 's/a', clause: '3.1-2.s1' },
        { ...FLAG_B, scenario: 's/b#ipv4' },
        { ...FLAG_B, clause: '3.1-20.4.s2' },
      ],
    });
    expect(() => loadDeviations(join(folder, 'none.yaml'))).toThrow(
      /none\.yaml:1:1: cannot be read: .*; check the path/,
    );
  });

  test('errors carry line and column, and say what is valid', () => {
    const one = (keys: string): string => problems(`sut: linux\nfindings:\n  x: { title: t, reason: y, ${keys} }\n`);
    expect(one('clauses: [3.1-1.s1], reasn: x')).toContain(
      'f.yaml:3:50: unknown key "reasn"; did you mean "reason"? [UNKNOWN_KEY]',
    );
    expect(one('instead: [nothing]')).toContain(
      'f.yaml:3:6: findings.x: expected one of scenarios, clauses, trouble; add one [SCHEMA]',
    );
    const several = problems(
      'kernel: 6.10\nfindings:\n  x: { title: t, reason: y, clauses: [3.1-1.s1], instead: [a SYN <mp_capabel>] }\n  y: { title: t }\n',
    );
    for (const spot of ['f.yaml:1:1: the file lacks "sut"', 'f.yaml:1:9: kernel', 'f.yaml:3:67: ', 'f.yaml:4:6: '])
      expect(several).toContain(spot);
    expect(problems('sut: linux\nkernel: 6.10\nfindings: {}\n')).toContain(
      'f.yaml:2:9: kernel: expected string, got 6.1; quote it: "6.10"',
    );
    expect(one('scenarios: { 3.1/*: all }')).toContain('f.yaml:3:');
    expect(one('scenarios: { s/a: some }')).toContain('"some" has the wrong format');
    expect(one('clauses: [3.1-1.s1], instead: [a SYN <mp_capabel>]')).toContain(
      'f.yaml:3:67: unknown TCP option "mp_capabel"; did you mean "mp_capable"? [UNKNOWN_OPTION]',
    );
    expect(problems('sut: linux\nfindings: [\n')).toContain('f.yaml:');
    expect(one('clauses: [3.1-1.s1, 3.1-1.s1]')).toContain('declares the same as line 3; keep one [DUPLICATE]\n');
    expect(problems('')).toContain('f.yaml:1:1: ');
  });

  describe('that extend another', () => {
    writeFileSync(
      join(folder, 'linux-7.0.yaml'),
      [
        'sut: linux',
        'findings:',
        '  one: { title: t, reason: one, instead: [nothing], scenarios: { s/a: [3.1-1.s1] } }',
        '  two: { title: t, reason: two, scenarios: { s/a: [3.1-2.s1] } }',
        '  three: { title: t, reason: three, clauses: [3.1-3.s1] }',
        '',
      ].join('\n'),
    );
    const load = (text: string): string[] => {
      const file = join(folder, 'extends-test.yaml');
      writeFileSync(file, text);
      return loadDeviations(file).deviations.map(({ reason }) => reason);
    };
    const wrong = (text: string) => {
      try {
        return load(text).join();
      } catch (error) {
        return (error as Error).message;
      }
    };

    test('have its declarations but for those under "not", and their own', () => {
      expect(load('sut: linux\nextends: linux-7.0.yaml\n')).toEqual(['one', 'two', 'three']);
      expect(
        load('sut: linux\nextends: linux-7.0.yaml\nnot: [{scenario: s/a, clause: 3.1-2.s1, reason: r}]\n'),
      ).toEqual(['one', 'three']);
      expect(
        load(
          'sut: linux\nextends: linux-7.0.yaml\nnot: [{scenario: s/a, reason: r}]\nfindings: {four: {title: t, reason: four, scenarios: {s/b: all}}}\n',
        ),
      ).toEqual(['three', 'four']);
      expect(load('sut: linux\nextends: linux-7.0.yaml\nnot: [{finding: two, reason: r}]\n')).toEqual(['one', 'three']);
    });

    test('leave open what is done instead, unless it was seen here too', () => {
      const insteads = (text: string) => {
        load(text);
        return loadDeviations(join(folder, 'extends-test.yaml')).deviations.map(({ instead }) => instead);
      };
      expect(insteads('sut: linux\nextends: linux-7.0.yaml\n')).toEqual([undefined, undefined, undefined]);
      expect(insteads('sut: linux\nextends: linux-7.0.yaml\ninstead: inherited\n')[0]).toEqual(['nothing']);
    });

    test('are told what names nothing, and what is said twice', () => {
      expect(wrong('sut: linux\nextends: linux-7.0.yaml\nnot: [{clause: 3.1-9.s1, reason: r}]\n')).toMatch(
        /extends-test\.yaml:3:7: linux-7\.0\.yaml does not declare this/,
      );
      expect(wrong('sut: linux\nnot: [{clause: 3.1-9.s1, reason: r}]\n')).toMatch(/the file has no "extends"/);
      expect(
        wrong('sut: linux\nextends: linux-7.0.yaml\nfindings: {four: {title: t, reason: r, clauses: [3.1-3.s1]}}\n'),
      ).toMatch(/linux-7\.0\.yaml declares the same/);
      expect(
        wrong('sut: linux\nextends: linux-7.0.yaml\nfindings: {two: {title: t, reason: r, clauses: [3.1-9.s1]}}\n'),
      ).toMatch(/linux-7\.0\.yaml already has this finding/);
      expect(wrong('sut: linux\nextends: none.yaml\n')).toMatch(/none\.yaml:1:1: cannot be read/);
      expect(wrong('sut: linux\nextends: extends-test.yaml\n')).toMatch(/more than 20 files extend one another/);
    });
  });
});
