import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { applyDeviations } from './deviations.ts';
import { readResults, readRuns, ResultsFileError, schemaProblems, writeResults } from './results-file.ts';
import { readLadder, writeLadder } from './ladder-file.ts';
import { addRows, buildResults, coverageOf, SCHEMA_VERSION } from './results.ts';
import { CLAUSES, expectation, failure, LADDER, runOf, scenario } from './testing/sample.ts';
import type { ExpectationResult } from '../verdict/result.ts';
import type { Verdict } from '../verdict/verdict.ts';

const folder = mkdtempSync(join(tmpdir(), 'results-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const withVerdicts = (clause: string, ...verdicts: Verdict[]): ExpectationResult[] =>
  verdicts.map((verdict) => expectation({ clause, verdict }));

describe('buildResults', () => {
  test('leaves the ladder out and the input alone', () => {
    const one = scenario();
    const results = runOf([one]);
    expect(results.scenarios[0]).not.toHaveProperty('ladder');
    expect(one.ladder).toHaveLength(LADDER.length);
  });

  test('a clause gets its worst verdict, over all scenarios', () => {
    const cases: [Verdict[], Verdict][] = [
      [['pass', 'fail', 'error'], 'fail'],
      [['error', 'warn'], 'warn'],
      [['inconclusive', 'error', 'pass'], 'error'],
      [['pass', 'inconclusive'], 'inconclusive'],
      [['info', 'pass', 'skip'], 'pass'],
      [['skip', 'info'], 'info'],
      [['skip'], 'skip'],
    ];
    for (const [verdicts, worst] of cases) {
      const scenarios = verdicts.map((verdict, i) =>
        scenario({ id: `s#${i}`, expectations: withVerdicts('3.1-1.s1', verdict) }),
      );
      const [clause] = runOf(scenarios).clauses;
      expect(clause).toEqual({
        id: '3.1-1.s1',
        level: 'must',
        verdict: worst,
        scenarios: scenarios.map(({ id }) => id),
      });
    }
  });

  test('clauses stand in the order of the RFC', () => {
    const ids = ['B.2-1.s1', '3.10-1.s1', '3.3.8-2.s1', '3.3-4.s1', '3.1-20.8.s4', '3.1-20.4.s2', '3.1-3.s1'];
    const { clauses } = runOf(
      ids.map((clause) => scenario({ id: clause, expectations: withVerdicts(clause, 'pass') })),
    );
    expect(clauses.map(({ id }) => id)).toEqual([
      '3.1-3.s1',
      '3.1-20.4.s2',
      '3.1-20.8.s4',
      '3.3-4.s1',
      '3.3.8-2.s1',
      '3.10-1.s1',
      'B.2-1.s1',
    ]);
  });

  test('a scenario that judges a clause twice is named once', () => {
    const results = runOf([scenario({ expectations: withVerdicts('3.1-1.s1', 'pass', 'pass') })]);
    expect(results.clauses[0]?.scenarios).toHaveLength(1);
  });

  test('coverage counts skipped clauses as not judged, and lists what is missing', () => {
    const { clauses } = runOf([scenario(), scenario({ id: 's', expectations: withVerdicts('3.2-19.s1', 'skip') })]);
    const unobservable = {
      ...(CLAUSES[3] as (typeof CLAUSES)[0]),
      judged: ['unobservable' as const],
      reason: 'because',
    };
    const coverage = coverageOf([...CLAUSES.slice(0, 3), unobservable], clauses);
    expect(coverage.byLevel.must).toEqual({ total: 1, judged: 1, unobservable: 0 });
    expect(coverage.byLevel.may).toEqual({ total: 1, judged: 0, unobservable: 1 });
    expect(coverage.unjudged).toEqual(['3.2-19.s1', '3.2-20.s2']);
    expect(coverage.bySection).toEqual([
      { section: '3.1', total: 1, judged: 1, unobservable: 0 },
      { section: '3.2', total: 2, judged: 0, unobservable: 0 },
      { section: '3.8', total: 1, judged: 0, unobservable: 1 },
    ]);
    expect(addRows(coverage.bySection)).toEqual({ total: 4, judged: 1, unobservable: 1 });
  });
});

describe('the results file', () => {
  const results = applyDeviations(
    buildResults({
      ...runOf([
        scenario(),
        scenario({ id: 'x#ipv6', family: 'ipv6', verdict: 'fail', reason: 'r', expectations: [failure()] }),
      ]),
      run: { ...runOf([]).run, seed: '42', selected: false },
      sut: { name: 'linux', kind: 'kernel', kernel: '6.18.5', version: 'v', host: { cpus: 2 } },
      catalogue: CLAUSES,
    }),
    {
      source: 'linux-6.18.yaml',
      sut: 'linux',
      deviations: [
        { clause: '3.1-20.4.s2', reason: 'known', link: 'https://example.org' },
        { scenario: 'gone', reason: 'old' },
      ],
    },
  );

  test('real results fit the published schema and come back as they were', () => {
    expect(schemaProblems(JSON.parse(JSON.stringify(results)))).toEqual([]);
    const file = join(folder, 'new/folder/results.json');
    writeResults(file, results);
    expect(readResults(file)).toEqual(JSON.parse(JSON.stringify(results)));
    expect(readdirSync(join(folder, 'new/folder'))).toEqual(['results.json']);
  });

  test('what was left unjudged is read back', () => {
    const file = join(folder, 'stopped.json');
    const stopped = scenario({
      verdict: 'inconclusive',
      reason: 'r',
      expectations: [],
      unjudged: { must: ['3.2-19.s1'] },
    });
    const written = runOf([stopped]);
    writeResults(file, written);
    expect(written.clauses.map(({ unjudged }) => unjudged)).toContain(1);
    expect(readResults(file).clauses).toEqual(written.clauses);
  });

  test('a kind of stack is read under its name of today', () => {
    const file = join(folder, 'old.json');
    const peer = { name: 'linux', kind: 'qemu', kernel: '6.1' };
    writeFileSync(file, JSON.stringify({ ...results, sut: { ...results.sut, kind: 'qemu', peer } }));
    expect([readResults(file).sut.kind, readRuns(file)[0]?.sut.peer?.kind]).toEqual(['kernel', 'kernel']);
  });

  test('unknown properties are refused', () => {
    expect(schemaProblems({ ...results, extra: 1 })).toEqual(['/ must NOT have additional properties (extra)']);
  });

  const problemOf = (text: string | undefined): ResultsFileError => {
    const file = join(folder, 'bad.json');
    if (text === undefined) rmSync(file, { force: true });
    else writeFileSync(file, text);
    try {
      readResults(file);
    } catch (error) {
      if (error instanceof ResultsFileError) return error;
      throw error;
    }
    throw new Error('read without complaint');
  };

  test('what cannot be read is named, with a remedy', () => {
    const text = JSON.stringify(results);
    expect(problemOf(undefined)).toMatchObject({
      problem: 'unreadable',
      message: expect.stringContaining('no such file') as string,
    });
    expect(problemOf('')).toMatchObject({ problem: 'not_json', message: expect.stringContaining('empty') as string });
    expect(problemOf(text.slice(0, 300))).toMatchObject({ problem: 'not_json' });
    expect(problemOf('[1]')).toMatchObject({ problem: 'foreign' });
    expect(problemOf('null')).toMatchObject({ problem: 'foreign' });
    expect(problemOf('{"tool":{"name":"other"},"schemaVersion":1}')).toMatchObject({ problem: 'foreign' });
    const newer = problemOf(JSON.stringify({ ...results, schemaVersion: SCHEMA_VERSION + 1 }));
    expect(newer).toMatchObject({ problem: 'unknown_version' });
    expect(newer.message).toContain(
      `schema version ${SCHEMA_VERSION + 1}, this tool reads ${SCHEMA_VERSION}; use the version`,
    );
    const invalid = problemOf(JSON.stringify({ ...results, scenarios: [{ id: 'x' }] }));
    expect(invalid).toMatchObject({ problem: 'invalid' });
    expect(invalid.message).toMatch(/bad\.json: .*\/scenarios\/0 must have required property/);
  });

  test('a full disk is told as such and leaves the earlier file alone', () => {
    const file = join(folder, 'kept.json');
    writeResults(file, results);
    const before = readFileSync(file, 'utf8');
    // /dev/full answers every write with ENOSPC.
    symlinkSync('/dev/full', join(folder, `.kept.json.${process.pid}.tmp`));
    let caught: unknown;
    try {
      writeResults(file, { ...results, run: { ...results.run, partial: true } });
    } catch (error) {
      caught = error;
    }
    expect(caught).toMatchObject({ name: 'ResultsFileError', problem: 'disk_full' });
    expect((caught as Error).message).toMatch(
      /kept\.json: the disk is full \(ENOSPC\), \d+ KiB needed; free some space/,
    );
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('a folder that cannot be written to is told as such', () => {
    expect(() => writeResults('/dev/null/results.json', results)).toThrow(
      /cannot be written: .*; check the folder's permissions/,
    );
  });

  test('the ladder goes to the evidence folder', () => {
    const file = writeLadder(join(folder, 'evidence/one'), LADDER);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(LADDER);
    expect(readLadder(file)).toEqual(LADDER);
  });

  test.each([
    ['[{"at":"now","kind":"packet","text":""}]', /has no entries of a ladder diagram/],
    ['[{"at":1,"kind":"dance","text":""}]', /has no entries of a ladder diagram/],
    ['[', /not JSON/],
  ])('and text that is not a ladder is refused: %s', (text, message) => {
    const file = join(folder, 'broken-ladder.json');
    writeFileSync(file, text);
    expect(() => readLadder(file)).toThrow(message);
  });

  test('nor is one that is not there', () => {
    expect(() => readLadder(join(folder, 'none.json'))).toThrow(/ENOENT.*run the scenario again/);
  });
});
