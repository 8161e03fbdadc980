import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findSuites, openLibrary } from './load.ts';
import { allSteps, type Scenario } from './suite.ts';
import { complaints, loadText, suiteOf } from './testing/written.ts';

const SEND = '- send: a SYN';

function first(text: string): Scenario {
  const [scenario] = loadText(text);
  if (scenario === undefined) throw new Error('no scenario');
  return scenario;
}

/** Texts and clauses of a scenario's steps. */
function stepsOf(text: string): string[] {
  return allSteps(first(text).body).map((step) => [step.text, ...step.clauses].join(' | '));
}

/** Messages of the problems, without their places. */
function problems(text: string): string[] {
  return complaints(() => loadText(text));
}

describe('variants', () => {
  test('are both families unless told', () => {
    expect(loadText(suiteOf(SEND)).map(({ id }) => id)).toEqual(['3.1-x/y/example#ipv4', '3.1-x/y/example#ipv6']);
    expect(loadText(suiteOf(SEND, 'family: [ipv6]')).map(({ family }) => family)).toEqual(['ipv6']);
  });

  test('are every combination of the variables', () => {
    const scenarios = loadText(
      suiteOf('- send: a SYN len=${n} win=${w}', 'family: [ipv4]\nfor-each: { n: [1, 2], w: [x, y] }').replace(
        'win=${w}',
        '<raw=hex:0${n}>',
      ),
    );
    expect(scenarios.map(({ id }) => id)).toEqual([
      '3.1-x/y/example#n=1,w=x,ipv4',
      '3.1-x/y/example#n=1,w=y,ipv4',
      '3.1-x/y/example#n=2,w=x,ipv4',
      '3.1-x/y/example#n=2,w=y,ipv4',
    ]);
    expect(scenarios.map(({ body }) => body[0]?.text)).toContain('send: a SYN len=2 <raw=hex:02>');
    expect(scenarios[3]?.parameters).toEqual({ n: '2', w: 'y' });
  });

  test('know family and role, in titles and topologies too', () => {
    const [, six] = loadText(
      suiteOf('- sut: socket family=${family}', 'topology: ${links}\nfor-each: { links: [two-links] }').replace(
        'title: E',
        'title: Over ${family} as ${role}',
      ),
    );
    expect(six).toMatchObject({
      title: 'Over ipv6 as responder',
      topology: 'two-links',
      body: [{ text: 'sut: socket family=ipv6' }],
    });
  });

  test('run again under every condition, which a sequence brings about before the preamble', () => {
    const conditioned = (own: string) =>
      loadText(
        suiteOf(SEND, `family: [ipv4]${own}`)
          .replace('sut:', 'also-with: [busy]\nsut:')
          .replace(
            'scenarios:',
            'sequences: { busy: { title: Busy, unsteady: Chance, steps: [{ sut: listen backlog=1 }] } }\nscenarios:',
          ),
      );
    const [plain, busy] = conditioned('');
    expect([plain?.id, busy?.id]).toEqual(['3.1-x/y/example#ipv4', '3.1-x/y/example#with=busy,ipv4']);
    expect(plain?.preamble).toEqual([]);
    expect([plain?.unsteady, busy?.unsteady]).toEqual([undefined, 'Chance']);
    expect(busy).toMatchObject({ parameters: { with: 'busy' }, preamble: [{ text: 'sut: listen backlog=1' }] });
    expect(conditioned('\nalso-with: []')).toHaveLength(1);
    expect(problems(suiteOf(SEND, 'also-with: [bussy]'))).toEqual([expect.stringContaining('bussy')]);
  });

  test('take variables of the suite, which the scenario may have otherwise', () => {
    const text = suiteOf(SEND, 'family: [ipv4]\nfor-each: { a: [9] }').replace(
      'sut:',
      'for-each: { a: [1, 2], b: [3] }\nsut:',
    );
    expect(loadText(text).map(({ parameters }) => parameters)).toEqual([{ a: '9', b: '3' }]);
  });
});

describe('values of variables', () => {
  const idsAndSteps = (forEach: string) =>
    loadText(suiteOf('- send: a SYN len=${n} win=${w}', `family: [ipv4]\nfor-each: ${forEach}`)).map(({ id, body }) => [
      id.split('#')[1],
      body[0]?.text,
    ]);

  test('may have labels, which ids have instead', () => {
    expect(idsAndSteps('{ n: { one: 1, sum: "$a.seq+1" }, w: [2] }')).toEqual([
      ['n=one,w=2,ipv4', 'send: a SYN len=1 win=2'],
      ['n=sum,w=2,ipv4', 'send: a SYN len=$a.seq+1 win=2'],
    ]);
  });

  test('may come in rows, the label being the value of the variable itself', () => {
    expect(idsAndSteps('{ n: { 1: { w: 7 }, more: { n: 2, w: 8 } } }')).toEqual([
      ['n=1,ipv4', 'send: a SYN len=1 win=7'],
      ['n=more,ipv4', 'send: a SYN len=2 win=8'],
    ]);
  });

  test('that ids cannot have need a label', () => {
    expect(problems(suiteOf(SEND, 'for-each: { n: [$a.seq, ok], w: { A: 1 } }'))).toEqual([
      '7:21 [BAD_ID] an id cannot contain this value; give it a label: { a.seq: "$a.seq" } {$a.seq}',
      '7:42 [BAD_ID] a label has only a-z, 0-9, "." and "-"; write "a" {1}',
    ]);
    expect(complaints(() => loadText(suiteOf(SEND), 'rfc8684/B-x/y.suite.yaml'))).toEqual([
      expect.stringMatching(/^1:8 \[BAD_ID\] "B-x\/y": .* \{S\}$/),
    ]);
  });
});

describe('a scenario', () => {
  test('has what the suite says, unless it says otherwise itself', () => {
    const text = suiteOf(SEND, 'sut: initiator\ntester: { checksum: true }\nneeds: [b]').replace(
      'sut: responder',
      'topology: two-links\nneeds: [a]\ntester: { mss: 536, sack: off }\npreamble: [{ forget: true }]\nsut: responder',
    );
    expect(first(text)).toMatchObject({
      suite: '3.1-x/y',
      name: 'example',
      section: '3.1',
      role: 'initiator',
      topology: 'two-links',
      needs: ['a', 'b', 'accepts-checksums'],
      profile: { timestamps: true, sack: false, wscale: 7, mss: 536, checksum: true, dsnSize: 8 },
      subflows: { a: { link: 1, addressId: 0 } },
      preamble: [{ kind: 'forget' }],
    });
    expect(first(text).place).toMatchObject({ line: 10, column: 5 });
  });

  test('may have a preamble of its own and more subflows', () => {
    const scenario = first(suiteOf(SEND, 'preamble: [{ fence: true }]\nsubflows: { b: { link: 2 }, c: { id: 7 } }'));
    expect(scenario.preamble.map(({ kind }) => kind)).toEqual(['fence']);
    expect(scenario.subflows).toEqual({
      a: { link: 1, addressId: 0 },
      b: { link: 2, addressId: 2 },
      c: { link: 1, addressId: 7 },
    });
  });

  test('takes what the tester offers from variables', () => {
    const text = suiteOf(
      SEND,
      'family: [ipv4]\nfor-each: { on: [true, false], size: [4] }\ntester: { checksum: "${on}", dsn-size: "${size}" }',
    );
    expect(loadText(text).map(({ profile }) => [profile.checksum, profile.dsnSize])).toEqual([
      [true, 4],
      [false, 4],
    ]);
    expect(problems(suiteOf(SEND, 'tester: { sack: maybe }'))).toEqual([
      expect.stringMatching(
        /^7:21 \[BAD_VALUE\] sack: "maybe" is not valid here; expected one of: .*false.* \{maybe\}$/,
      ),
    ]);
    expect(problems(suiteOf(SEND, 'tester: { dsn-size: 5 }'))[0]).toContain(
      '[BAD_VALUE] dsn-size: "5" is not valid here; expected one of: 4, 8',
    );
  });
});

describe('steps', () => {
  test('of every kind', () => {
    const scenario = first(
      suiteOf(`
- send: a SYN
- expect: a SYN/ACK
  within: 1.5s
  clause: c1
- and: <mp_capable>
  clause: [c2, c3]
- one-of: { reset: a RST, silence: a ACK }
  within: 300ms
- quiet: a, b
  allow: [a ACK]
- quiet: all
- never: any RST
  from: start
- sut: recv bytes=5 -> pattern=ok
- repeat: 3
  clause: c4
  steps:
    - expect: a ACK
    - send: a ACK
- distinct: key
- scattered: key
- check: $a.seq  =  $a.ack+1
- fence: true
- forget: true`),
    );
    expect(scenario.body).toMatchObject([
      { kind: 'send', text: 'send: a SYN', clauses: [], place: { line: 8, column: 9 }, line: { subflow: 'a' } },
      { kind: 'expect', within: 1500, clauses: ['c1'] },
      { kind: 'and', clauses: ['c2', 'c3'], tail: { flags: 'any' } },
      {
        kind: 'one-of',
        within: 300,
        text: 'one-of: a RST | a ACK',
        alternatives: [{ label: 'reset' }, { label: 'silence' }],
      },
      { kind: 'quiet', subflows: ['a', 'b'], allow: [{ flags: ['ACK'] }] },
      { kind: 'quiet', subflows: 'all', allow: [] },
      { kind: 'never', from: 'start', line: { subflow: 'any' } },
      { kind: 'sut', line: { command: 'recv' } },
      {
        kind: 'repeat',
        times: 3,
        clauses: [],
        text: 'repeat: 3',
        steps: [
          { kind: 'expect', clauses: ['c4'] },
          { kind: 'send', clauses: [] },
        ],
      },
      { kind: 'distinct', name: 'key' },
      { kind: 'scattered', name: 'key' },
      { kind: 'check', left: '$a.seq', comparison: { type: 'equal', expr: { type: 'sum' } } },
      { kind: 'fence' },
      { kind: 'forget' },
    ]);
    expect(scenario.clauses).toEqual(['c1', 'c2', 'c3', 'c4']);
  });
});

test('what does not match the schema hides nothing that is wrong elsewhere in the file', () => {
  const text = `${suiteOf('- sned: a SYN')}  other:\n    title: O\n    steps:\n      - send: a SYM\n      - expect: a ACKK\n`;
  expect(problems(text)).toEqual([
    '8:9 [UNKNOWN_KEY] unknown key "sned"; did you mean "send"? {sned}',
    '12:17 [NOTATION] unknown TCP flag "SYM"; did you mean "SYN"? {SYM}',
    '13:19 [NOTATION] unknown TCP flag "ACKK"; did you mean "ACK"? {ACKK}',
  ]);
});

describe('sequences', () => {
  test('are found by the role of the stack', () => {
    expect(stepsOf(suiteOf('- use: shake'))).toEqual(['send: a SYN', 'expect: a SYN/ACK']);
    expect(stepsOf(suiteOf('- use: shake', '', 'initiator'))).toEqual(['expect: a SYN']);
    expect(problems(suiteOf('- use: answer', '', 'initiator'))).toEqual([
      '8:14 [UNKNOWN_SEQUENCE] sequence "answer" has no steps for the initiator {answer}',
    ]);
  });

  test('of one suite stand in it, under names of their own', () => {
    const local = (name: string) =>
      suiteOf(`- use: ${name}`).replace(
        'scenarios:',
        `sequences:\n  ${name}: { title: L, steps: [{ fence: true }] }\nscenarios:`,
      );
    expect(stepsOf(local('probe'))).toEqual(['fence']);
    expect(problems(local('shake'))).toEqual([
      expect.stringMatching(
        /^5:3 \[DUPLICATE\] sequence "shake" is already defined at .*all\.yaml:\d+; rename one of them \{shake\}$/,
      ),
    ]);
  });

  test('are named as a whole, or by a variable that has the whole name', () => {
    const byRow = 'family: [ipv4]\nfor-each: { first: { us: shake } }';
    expect(stepsOf(suiteOf('- use: ${first}', byRow))).toEqual(['send: a SYN', 'expect: a SYN/ACK']);
    expect(problems(suiteOf('- use: sha${first}', 'for-each: { first: [ke] }'))).toEqual([
      expect.stringMatching(/^9:14 \[BAD_VALUE\] "use" needs the full name of a sequence; .* \{sha\$\{first\}\}$/),
    ]);
  });

  test('hand their clause down to steps that have none', () => {
    expect(stepsOf(suiteOf('- use: data\n  with: { bytes: 5 }\n  clause: [c1, c2]'))).toEqual([
      'send: a ACK len=5',
      'expect: a ACK | 3.3-1.s1',
      'expect: a ACK seq=5 | c1 | c2',
    ]);
  });

  test('take parameters, from variables too', () => {
    expect(stepsOf(suiteOf('- use: data\n  with: { bytes: "${n}", on: b }', 'for-each: { n: [7] }'))[0]).toBe(
      'send: b ACK len=7',
    );
  });

  test('stand in their own file, and so do their mistakes', () => {
    expect(first(suiteOf('- use: shake')).body[0]?.place).toMatchObject({
      file: expect.stringMatching(/all\.yaml$/) as string,
      line: 6,
      column: 9,
    });
    expect(problems(suiteOf('- use: crooked'))).toEqual([
      '28:21 [NOTATION] unknown TCP flag "SYM"; did you mean "SYN"? {SYM}',
    ]);
  });
});

describe('what is wrong is told of at its place', () => {
  test.each<[string, string[]]>([
    ['- {}', ['9:9 [SCHEMA] scenarios.example.steps.0: too few entries; expected at least 1 {{}']],
    ['- clause: c', [expect.stringMatching(/^9:9 \[SCHEMA\] a step has exactly one of: send, expect,/) as string]],
    ['- send: a SYN\n  expect: a ACK', [expect.stringContaining('; this one has send and expect') as string]],
    ['- sned: a SYN', ['9:9 [UNKNOWN_KEY] unknown key "sned"; did you mean "send"? {sned}']],
    [
      '- send: a SYN\n  within: 2s',
      ['10:9 [UNKNOWN_KEY] "within" goes with expect or one-of or sut, not with send {within}'],
    ],
    ['- expect: a ACK\n  allow: [a RST]', ['10:9 [UNKNOWN_KEY] "allow" goes with quiet, not with expect {allow}']],
    [
      '- expect: a ACK\n  within: 1.2.3s',
      [expect.stringMatching(/^10:17 \[SCHEMA\] .*"1\.2\.3s" has the wrong format/) as string],
    ],
    [
      '- send: a SYN\n  clause: c',
      ['10:9 [NO_JUDGEMENT] send does not judge; move "clause" to a step that expects something {clause}'],
    ],
    [
      '- fence: true\n  clause: c',
      ['10:9 [NO_JUDGEMENT] fence does not judge; move "clause" to a step that expects something {clause}'],
    ],
    ['- send: "a SYN <mss=x>"', ['9:27 [BAD_VALUE] mss: "x" is not a number {x}']],
    [
      ['- send: a', '>', 'SYN'].join(' '),
      ['9:17 [BAD_DIRECTION] the verb says who sends; leave the arrow out: a SYN {>}'],
    ],
    [
      '- one-of: { x: a ACK, y: a AKC, z: a RTS }',
      [
        '9:34 [NOTATION] unknown TCP flag "AKC"; did you mean "ACK"? {AKC}',
        '9:44 [NOTATION] unknown TCP flag "RTS"; did you mean "RST"? {RTS}',
      ],
    ],
    [
      '- quiet: all\n  allow: [a ACK, a ACKK, a SYM]',
      [
        '10:26 [NOTATION] unknown TCP flag "ACKK"; did you mean "ACK"? {ACKK}',
        '10:34 [NOTATION] unknown TCP flag "SYM"; did you mean "SYN"? {SYM}',
      ],
    ],
    ['- and: <dss dak=1>', ['9:19 [UNKNOWN_FIELD] unknown field "dak" of dss; did you mean "dack"? {dak}']],
    ['- sut: recv byts', ['9:19 [NOTATION] "byts" is not name=value {byts}']],
    ['- sut: lisen', ['9:14 [UNKNOWN_COMMAND] unknown action of the SUT "lisen"; did you mean "listen"? {lisen}']],
    ['- check: $a.seq=5', ['9:16 [NOTATION] a check is "value = value", with spaces around the "=" {$a.seq=5}']],
    ['- check: tokn(1)   =   5', ['9:16 [UNKNOWN_FUNCTION] unknown function "tokn"; did you mean "token"? {tokn}']],
    ['- check: $a.seq   =   5x', ['9:29 [NOTATION] "5x" is not a value {5x}']],
    ['- repeat: 3', ['9:9 [EMPTY] repeat has no steps; add "steps" {repeat}']],
    ['- repeat: 3\n  steps: [{ send: a SYM }]', ['10:27 [NOTATION] unknown TCP flag "SYM"; did you mean "SYN"? {SYM}']],
    [
      '- send: a SYN len=${n} <mss=${m}>',
      [
        '9:25 [UNKNOWN_NAME] unknown variable "n"; did you mean "on"? {${n}}',
        '9:35 [UNKNOWN_NAME] unknown variable "m"; expected one of: on, family, role {${m}}',
      ],
    ],
    ['- send: a SYN len=${on} <ms=${on}>', ['9:32 [UNKNOWN_OPTION] unknown TCP option "ms"; did you mean "mss"? {ms}']],
    ['- send: a SYN win=${on}x', ['9:25 [NOTATION] "5x" is not a value {${on}x}']],
    [
      '- expect: a ACK\n  clause: [c, "${zz}"]',
      ['10:22 [UNKNOWN_NAME] unknown variable "zz"; expected one of: on, family, role {${zz}}'],
    ],
    ['- use: shak', ['9:14 [UNKNOWN_SEQUENCE] unknown sequence "shak"; did you mean "shake"? {shak}']],
    ['- use: loop', [expect.stringMatching(/\[BAD_VALUE\] sequence "loop" uses itself/) as string]],
    ['- use: data', ['9:14 [BAD_VALUE] sequence "data" needs a value for "bytes"; add with: { bytes: ... } {data}']],
    [
      '- use: data\n  with: { bytes: 1, no: b }',
      ['10:27 [UNKNOWN_NAME] sequence "data" has no parameter "no"; did you mean "on"? {no}'],
    ],
    ['- use: shake\n  with: { x: 1 }', ['10:17 [UNKNOWN_NAME] sequence "shake" has no parameter "x" {x}']],
  ])('%j', (steps, expected) => {
    expect(problems(suiteOf(steps, 'for-each: { on: [5] }'))).toEqual(expected);
  });

  test('everything at once, each place once however many variants there are', () => {
    expect(problems(suiteOf('- send: a SYM\n- expect: b AKC'))).toHaveLength(2);
  });

  test('titles and topologies too', () => {
    expect(problems(suiteOf(SEND, 'topology: "${t}"').replace('title: E', 'title: E ${x}'))).toEqual([
      '6:14 [UNKNOWN_NAME] unknown variable "x"; expected one of: family, role {${x}}',
      '7:16 [UNKNOWN_NAME] unknown variable "t"; expected one of: family, role {${t}}',
    ]);
  });

  test('all problems of a file, one of each class in another place', () => {
    const text = [
      'title: 7',
      'sut: both',
      'topolgy: one-link',
      'tester: { mss: none }',
      'for-each:',
      '  where: { here: { n: 1 } }',
      '  BAD: [1]',
      '  side: [[1]]',
      'sequences:',
      '  bent: { titel: Wrong key, steps: [] }',
      '  mistaken: { title: Its steps do not parse, steps: [{ send: a SYM }] }',
      'preamble:',
      '  - sent: a SYN',
      'scenarios:',
      '  schema:',
      '    title: A key of the scenario is wrong',
      '    step: []',
      '  notation:',
      '    title: Notation ${n}',
      '    steps:',
      '      - send: a SYM',
      '      - send: a SYN <mp_capabel>',
      '  names:',
      '    title: Names and commands ${nobody}',
      '    sut: responder',
      '    steps:',
      '      - sut: listne',
      '      - use: bent',
      '      - use: mistaken',
      '      - use: nothing',
      '  values:',
      '    title: Values, ids and keys',
      '    for-each: { p: ["a b"] }',
      '    topology: { no: text }',
      '  ids:',
      '    title: Values, ids and keys',
      '    for-each: { p: ["a b"] }',
      '    steps:',
      '      - expect: a ACK',
      '        with: { x: 1 }',
      '      - send: a ACK',
      '        clause: 3.1-1.s1',
      '      - expect: a ACK',
      '        within: 0.1.2s',
      '  reads-a-lost-variable:',
      '    title: Nothing more can be said about it',
      '    steps:',
      '      - send: a ACK len=${side}',
      '',
    ].join('\n');
    expect(problems(text)).toMatchInlineSnapshot(`
      [
        "1:1 [SCHEMA] the file lacks "section"; add it {t}",
        "1:8 [SCHEMA] title: expected string, got 7; quote it: "7" {7}",
        "2:6 [SCHEMA] sut: "both" is not valid here; expected one of: initiator, responder {both}",
        "3:1 [UNKNOWN_KEY] unknown key "topolgy"; did you mean "topology"? {topolgy}",
        "4:16 [SCHEMA] tester.mss: expected integer, got "none" {none}",
        "7:3 [SCHEMA] "BAD" is not a valid name: it must match ^[a-z][a-z0-9]*$ {BAD}",
        "8:10 [SCHEMA] for-each.side.0: expected string or number or boolean, got [1] {[}",
        "10:9 [SCHEMA] sequences.bent lacks "title"; add it {{}",
        "10:11 [UNKNOWN_KEY] unknown key "titel"; did you mean "title"? {titel}",
        "10:36 [SCHEMA] sequences.bent.steps: too few entries; expected at least 1 {[}",
        "11:64 [NOTATION] unknown TCP flag "SYM"; did you mean "SYN"? {SYM}",
        "13:5 [UNKNOWN_KEY] unknown key "sent"; did you mean "send"? {sent}",
        "16:5 [SCHEMA] scenarios.schema lacks "steps"; add it {t}",
        "17:5 [UNKNOWN_KEY] unknown key "step"; did you mean "steps"? {step}",
        "21:17 [NOTATION] unknown TCP flag "SYM"; did you mean "SYN"? {SYM}",
        "22:22 [UNKNOWN_OPTION] unknown TCP option "mp_capabel"; did you mean "mp_capable"? {mp_capabel}",
        "24:31 [UNKNOWN_NAME] unknown variable "nobody"; expected one of: where, n, family, role {\${nobody}}",
        "27:14 [UNKNOWN_COMMAND] unknown action of the SUT "listne"; did you mean "listen"? {listne}",
        "30:14 [UNKNOWN_SEQUENCE] unknown sequence "nothing"; expected one of: shake, answer, data, loop, crooked, mistaken, bent {nothing}",
        "32:5 [SCHEMA] scenarios.values lacks "steps"; add it {t}",
        "33:21 [BAD_ID] an id cannot contain this value; give it a label: { a-b: "a b" } {"a b"}",
        "34:15 [SCHEMA] scenarios.values.topology: expected string, got {"no":"text"} {{}",
        "37:21 [BAD_ID] an id cannot contain this value; give it a label: { a-b: "a b" } {"a b"}",
        "40:9 [UNKNOWN_KEY] "with" goes with use, not with expect {with}",
        "42:9 [NO_JUDGEMENT] send does not judge; move "clause" to a step that expects something {clause}",
        "44:17 [SCHEMA] scenarios.ids.steps.2.within: "0.1.2s" has the wrong format: How long to wait, before scaling {0.1.2s}",
      ]
    `);
  });

  test('the schema comes first', () => {
    expect(problems('title: S\nsut: both\n')).toEqual([
      expect.stringContaining('lacks "section"'),
      expect.stringContaining('lacks "scenarios"'),
      '2:6 [SCHEMA] sut: "both" is not valid here; expected one of: initiator, responder {both}',
    ]);
    expect(problems(suiteOf(SEND).replace('example:', 'Exa_mple:'))[0]).toMatch(
      /^5:3 \[SCHEMA\] "Exa_mple" is not a valid name/,
    );
  });
});

describe('a folder of suites', () => {
  test('is searched for suite files', () => {
    const root = mkdtempSync(join(tmpdir(), 'suites-'));
    try {
      mkdirSync(join(root, 'b'));
      for (const name of ['b/two.suite.yaml', 'a.suite.yaml', 'b/notes.yaml']) writeFileSync(join(root, name), '');
      expect(findSuites(root)).toEqual([join(root, 'a.suite.yaml'), join(root, 'b', 'two.suite.yaml')]);
      expect(complaints(() => openLibrary(root))).toEqual([
        expect.stringMatching(/^1:1 \[FILE_UNREADABLE\] cannot be read/),
      ]);
      mkdirSync(join(root, 'sequences'));
      writeFileSync(join(root, 'sequences', 'a.yaml'), 'sequences: { x: { steps: [{ fence: true }] } }\n');
      writeFileSync(join(root, 'sequences', 'b.yaml'), 'title: B\nsequences: { x: { title: T } }\n');
      expect(complaints(() => openLibrary(root))).toEqual([
        '1:1 [SCHEMA] the file lacks "title"; add it {s}',
        '1:17 [SCHEMA] sequences.x lacks "title"; add it {{}',
        '2:17 [SCHEMA] sequences.x: expected one of steps, initiator, responder; add one {{}',
      ]);
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});
