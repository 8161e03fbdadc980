import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { findContradictions } from './contradictions.ts';
import { loadSuite, openLibrary } from './load.ts';

const root = mkdtempSync(join(tmpdir(), 'contradictions-'));
mkdirSync(join(root, 'sequences'));
writeFileSync(
  join(root, 'sequences', 'all.yaml'),
  'title: T\nsequences:\n  x: { title: P, steps: [{ expect: a ACK }] }\n',
);
afterAll(() => rmSync(root, { recursive: true }));

/** Contradictions between two scenarios after the same steps. */
function between(one: string, other: string, before = '- send: a PSH/ACK len=100', otherBefore = before): string[] {
  const file = join(root, 'x.suite.yaml');
  const scenario = (name: string, first: string, steps: string): string =>
    `  ${name}:\n    title: T\n    steps:\n${[first, steps].join('\n').replace(/^/gm, '      ')}\n`;
  writeFileSync(
    file,
    `title: T\nsection: "3.1"\nsut: responder\nscenarios:\n${scenario('one', before, one)}${scenario('other', otherBefore, other)}`,
  );
  return findContradictions(loadSuite(file, openLibrary(root))).map(({ message }) =>
    message.replace(/\(.*?\)/, '').replace(/after the same steps, \S+\s+/, ''),
  );
}

const C = '\n  clause: c1';

test.each([
  ['a field that has to be there and must not', `<dss dack=auto>`, `<dss dack=absent>`],
  ['two values', '<dss dlen=100, ...>', '<dss dlen=1..99, ...>'],
  ['two words', '<mp_tcprst reason=prohibited>', '<mp_tcprst reason=mptcp-specific|middlebox>'],
  ['a value and all others', '<dss dack=101>', '<dss dack=!101>'],
  ['an option and a list without it', '<dss, ...>', '<>'],
  ['an option and its absence', '<dss, ...>', '<!dss, ...>'],
])('two packets that no stack can send in one: %s', (_what, one, other) => {
  expect(between(`- expect: a PSH/ACK ${one}${C}`, `- expect: a PSH/ACK ${other}${C}`)).toEqual([
    expect.stringContaining('waits for another packet'),
  ]);
});

test.each([
  ['the same packet', 'a PSH/ACK <dss dack=auto>', 'a PSH/ACK <dss dack=auto>'],
  ['a wider one', 'a PSH/ACK <dss dack=auto>', 'a PSH/ACK <dss dack=auto|absent>'],
  ['an optional option', 'a RST <mp_tcprst reason=prohibited>', 'a RST <[mp_tcprst]>'],
  ['values of the run', 'a PSH/ACK <dss dack=$x>', 'a PSH/ACK <dss dack=101>'],
  ['another subflow', 'a RST', 'b FIN/ACK'],
  ['an acknowledgment beside data', 'a ACK <dss dack=auto>', 'a PSH/ACK len=100'],
])('%s is no contradiction', (_what, one, other) => {
  expect(between(`- expect: ${one}${C}`, `- expect: ${other}${C}`)).toEqual([]);
});

test('a packet that another scenario forbids', () => {
  const forbids = (line: string) =>
    between(`- expect: a RST <mp_tcprst reason=prohibited>${C}`, `- never: ${line}${C}`);
  expect(forbids('any RST')).toEqual([expect.stringContaining('forbids this packet')]);
  expect(forbids('a RST <mp_tcprst reason=!middlebox, ...>')).toHaveLength(1);
  expect(forbids('a RST <mp_tcprst reason=middlebox>')).toEqual([]);
  expect(forbids('a FIN/ACK')).toEqual([]);
  expect(forbids('a RST <!mp_tcprst, ...>')).toEqual([]);
});

test('a packet where another scenario allows none', () => {
  const expected = `- expect: a RST${C}`;
  expect(between(expected, `- quiet: a${C}`)).toEqual([expect.stringContaining('allows no such packet')]);
  expect(between(expected, `- quiet: a\n  allow: [a RST]${C}`)).toEqual([]);
  expect(between(expected, `- expect: a RST\n- quiet: a${C}`)).toEqual([]);
  expect(between(expected, `- quiet: b${C}`)).toEqual([]);
});

test('one alternative that fits is enough', () => {
  const oneOf = `- one-of: { x: a RST, y: a FIN/ACK }${C}`;
  expect(between(oneOf, `- expect: a FIN/ACK${C}`)).toEqual([]);
  expect(between(oneOf, `- expect: a PSH/ACK${C}`)).toHaveLength(1);
});

test('only after the same steps, whatever the names', () => {
  const [one, other] = [`- expect: a RST${C}`, `- expect: a FIN/ACK${C}`];
  const named = (name: string) => `- expect: a ACK seq=?${name}\n- send: a ACK ack=$${name}`;
  expect(between(one, other, named('x'), named('y'))).toHaveLength(1);
  expect(between(one, other, '- send: a PSH/ACK len=100', '- send: a PSH/ACK len=101')).toEqual([]);
});

test('preconditions alone contradict nothing that is judged', () => {
  expect(between('- expect: a RST', '- expect: a FIN/ACK')).toEqual([]);
  expect(between('- expect: a RST', `- expect: a FIN/ACK${C}`)).toHaveLength(1);
});
