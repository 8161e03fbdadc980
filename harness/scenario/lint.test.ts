import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Catalogue } from '../catalogue/catalogue.ts';
import type { Clause } from '../catalogue/types.ts';
import { findTopology, parseTopology } from '../topology/load.ts';
import { lintScenarios } from './lint.ts';
import { loadSuite, openLibrary } from './load.ts';
import { brief, suiteOf } from './testing/written.ts';

const root = mkdtempSync(join(tmpdir(), 'lint-'));
mkdirSync(join(root, 'sequences'));
writeFileSync(
  join(root, 'sequences', 'all.yaml'),
  'title: T\nsequences:\n  probe: { title: P, steps: [{ expect: a ACK }] }\n',
);
afterAll(() => rmSync(root, { recursive: true }));

const clause: Clause = {
  id: 'c1',
  section: '3',
  keyword: 'MUST',
  summary: '',
  roles: [],
  broken: '',
  judged: ['active'],
  concerns: [],
  related: [],
};
const clauses = new Catalogue(
  [clause, { ...clause, id: 'c2', judged: ['unobservable'], reason: 'it is internal' }],
  [],
);
const topology = (name: string) => findTopology(join(import.meta.dirname, '..', '..', 'topologies'), name);

/** Remarks on a scenario with these steps. */
function remarks(steps: string, extra = '', lookUp = topology): string[] {
  const file = join(root, 'x.suite.yaml');
  writeFileSync(file, suiteOf(steps, extra));
  return lintScenarios(loadSuite(file, openLibrary(root)), clauses, lookUp).map(brief);
}

const JUDGE = '\n- expect: a ACK\n  clause: c1';

describe('clauses', () => {
  test('one at least', () => {
    expect(remarks('- expect: a ACK')).toEqual([
      '6:5 [NO_JUDGEMENT] scenario "example" does not judge a clause; add "clause" to a step {t}',
    ]);
    expect(remarks(`- send: a ACK${JUDGE}`)).toEqual([]);
    expect(remarks('- use: probe\n  clause: c1')).toEqual([]);
  });

  test('that exist and can be judged', () => {
    expect(remarks('- expect: a ACK\n  clause: [c1, c3, zzzzzz]')).toEqual([
      '8:9 [UNKNOWN_CLAUSE] unknown clause "c3"; did you mean "c1"? {e}',
      '8:9 [UNKNOWN_CLAUSE] unknown clause "zzzzzz"; expected one of: c1, c2 {e}',
    ]);
    expect(remarks('- expect: a ACK\n  clause: c2')).toEqual([
      '8:9 [UNKNOWN_CLAUSE] clause c2 is declared unobservable (it is internal); it cannot be judged here {e}',
    ]);
  });

  test.each(['and: <dss>', 'quiet: all', 'never: a RST', 'check: 1 = 1'])('are needed by "%s"', (step) => {
    expect(remarks(`- ${step}${JUDGE}`)).toEqual([
      `8:9 [NO_JUDGEMENT] ${step.split(':')[0] ?? ''} judges, but names no clause; add "clause" {${step[0] ?? ''}}`,
    ]);
    expect(remarks(`- ${step}\n  clause: c1`)).toEqual([]);
  });

  test('do not belong in a preamble, whose steps need none', () => {
    expect(remarks(JUDGE.trim(), 'preamble: [{ quiet: all }, { expect: a ACK, clause: c1 }]')).toEqual([
      '7:32 [NO_JUDGEMENT] a step of a preamble cannot judge a clause; move it to "steps" {{}',
    ]);
  });
});

test('a NAT hides the address that the tester goes by', () => {
  const behind = () => parseTopology('title: T\nhosts: [sut]\nlinks: {a: {middleboxes: [{nat: true}]}}', 'nat.yaml');
  expect(remarks(JUDGE.trim(), '', behind)).toEqual([
    expect.stringMatching(/^6:5 \[BAD_VALUE\] one-link has a NAT on link a/),
  ]);
});

test('a given speaks of an alternative of a one-of before it', () => {
  const either = '- one-of: { reset: a RST, answer: a ACK }\n  clause: c1\n';
  const given = (label: string) => `- given: ${label}\n  steps: [{ send: a ACK }]`;
  expect(remarks(`${either}${given('answer')}`)).toEqual([]);
  expect(remarks(`${either}${given('anser')}`)).toEqual([
    '10:9 [UNKNOWN_NAME] no earlier one-of has an alternative "anser"; did you mean "answer"? {g}',
  ]);
});

describe('subflows', () => {
  test.each(['send: b ACK', 'expect: b ACK', 'sut: sync timeout=$b.seq'])('must be declared for "%s"', (step) => {
    expect(remarks(`- ${step}${JUDGE}`)).toEqual([
      expect.stringMatching(/^8:9 \[UNKNOWN_SUBFLOW\] .*unknown subflow "b"; expected one of: a/),
    ]);
    expect(remarks(`- ${step}${JUDGE}`, 'topology: two-links\nsubflows: { b: { link: 2 } }')).toEqual([]);
  });

  test.each(['quiet: a, b', 'quiet: a\n  allow: [b ACK]', 'never: b RST', 'one-of: { x: a RST, y: b ACK }'])(
    'must be declared for "%s"',
    (step) => {
      expect(remarks(`- ${step}\n  clause: c1`)).toEqual([
        expect.stringContaining('[UNKNOWN_SUBFLOW] unknown subflow "b"'),
      ]);
    },
  );

  test('"any" is every one', () => {
    expect(remarks('- never: any RST\n  clause: c1')).toEqual([]);
  });

  test('need a link that the topology has', () => {
    expect(remarks(JUDGE.trim(), 'subflows: { b: { link: 2 } }')).toEqual([
      '6:5 [UNKNOWN_SUBFLOW] subflow b is on link 2, but one-link has 1 {t}',
    ]);
  });
});

describe('topologies', () => {
  test('must exist', () => {
    expect(remarks(JUDGE.trim(), 'topology: two-link')).toEqual([
      '6:5 [UNKNOWN_TOPOLOGY] unknown topology "two-link"; did you mean "two-links"? {t}',
    ]);
  });

  test('that are wrong tell of themselves', () => {
    const broken = (): never => {
      writeFileSync(join(root, 'broken.yaml'), 'title: T\n');
      return findTopology(root, 'broken') as never;
    };
    expect(remarks(JUDGE.trim(), '', broken)).toEqual([
      expect.stringContaining('[SCHEMA] the file lacks "hosts"'),
      expect.stringContaining('lacks "links"'),
    ]);
  });

  test('errors that are no mistake in a document pass', () => {
    expect(() =>
      remarks(JUDGE.trim(), '', () => {
        throw new RangeError('defect');
      }),
    ).toThrow(RangeError);
  });
});

describe('names', () => {
  test('must be bound before, or in the same line', () => {
    expect(remarks(`- send: a ACK ack=$key${JUDGE}`)).toEqual([
      '8:9 [UNKNOWN_NAME] no earlier step binds $key; bind it with "?key" in an earlier step {s}',
    ]);
    expect(remarks(`- expect: a ACK <mp_capable key=?key, ...>\n- send: a ACK ack=$key${JUDGE}`)).toEqual([]);
    expect(remarks('- expect: a ACK <mp_capable key=?k rkey=!$k>\n  clause: c1')).toEqual([]);
    expect(remarks('- expect: a ACK seq=?nonce|5\n- check: $nonce = $nonec\n  clause: c1')).toEqual([
      expect.stringContaining('no earlier step binds $nonec; did you mean "$nonce"?'),
    ]);
    expect(remarks('- check: $z = 1\n  clause: c1')).toEqual([expect.stringContaining('no earlier step binds $z')]);
    expect(remarks('- sut: sysctl-get name=x -> value=?v\n- check: $v = 1\n  clause: c1')).toEqual([]);
  });

  test('of the engine are known', () => {
    const names = ['tester.key', 'sut.token', 'a.seq', 'a.sut_nonce', 'link1.sut', 'i'];
    for (const name of names) expect(remarks(`- sut: sync timeout=$${name}${JUDGE}`)).toEqual([]);
    expect(remarks(`- sut: sync timeout=$sut.kye${JUDGE}`)).toEqual([
      expect.stringContaining('did you mean "$sut.key"?'),
    ]);
    expect(remarks(`- sut: sync timeout=$link2.sut${JUDGE}`)).toEqual([
      expect.stringContaining('[UNKNOWN_NAME] $link2.sut: the topology has 1 links'),
    ]);
  });

  test.each(['distinct', 'scattered'])('that %s is about must be bound', (kind) => {
    expect(remarks(`- ${kind}: kye\n  clause: c1`)).toEqual([
      expect.stringContaining('[UNKNOWN_NAME] no earlier step binds "kye'),
    ]);
    expect(
      remarks(`- repeat: 2\n  steps: [{ expect: a SYN/ACK <mp_capable key=?key> }]\n- ${kind}: key\n  clause: c1`),
    ).toEqual([]);
  });
});

describe('values to send', () => {
  test.each(['seq=1..2', 'seq=1|2', 'seq=any', 'seq=?x', 'seq=!1'])('%s is not one', (field) => {
    expect(remarks(`- send: a ACK ${field}${JUDGE}`)).toEqual([
      expect.stringContaining('[BAD_VALUE] a field of a packet to send needs one value'),
    ]);
  });

  test('fields of an option may be absent, those of the header not', () => {
    expect(remarks(`- send: a ACK <dss dsn=absent>${JUDGE}`)).toEqual([]);
    expect(remarks(`- send: a ACK ack=absent${JUDGE}`)).toEqual([
      expect.stringContaining('[BAD_VALUE] ack: every TCP header has this field'),
    ]);
  });

  test('of an action are one, too', () => {
    expect(remarks(`- sut: recv bytes=1|2${JUDGE}`)).toEqual([
      expect.stringContaining('[BAD_VALUE] bytes: an action needs one value'),
    ]);
    expect(remarks(`- sut: recv bytes=1 -> eof=0|1${JUDGE}`)).toEqual([]);
  });
});

test('each place is told of once, however many variants there are', () => {
  expect(remarks(`- send: b ACK${JUDGE}`, 'for-each: { n: [1, 2, 3] }')).toHaveLength(1);
});
