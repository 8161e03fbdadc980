import { expect, test } from 'vitest';
import { brokenInPreamble } from './blame.ts';

const FIELDS: Readonly<Record<string, string[]>> = {
  '3.3.1-6.s1': ['dss.csum', 'mp_capable.csum'],
  '3.2-16.s1.1': ['mp_join.hmac'],
  '3.1-22.s3': ['dss.dsn'],
};
const ABOUT = ['3.3.1-6.s1', '3.2-16.s1.1', '3.1-22.s3', '3.7-8.s3.1', '3.3.1-6.s1'];
const differ = (...fields: string[]): { field: string; expected: string; actual: string }[] =>
  fields.map((field) => ({ field, expected: '1', actual: '2' }));
const blamed = (differences: ReturnType<typeof differ> | undefined, about = ABOUT): string[] =>
  brokenInPreamble(differences, about, (clause) => FIELDS[clause] ?? []);

test('a wrong field breaks the clauses of the scenario that lay it down', () => {
  expect(blamed(differ('dss.csum'))).toEqual(['3.3.1-6.s1']);
  expect(blamed(differ('dss.dack', 'mp_join.hmac'))).toEqual(['3.2-16.s1.1']);
});

test('a scenario about something else stays without a judgement', () => {
  expect(blamed(differ('dss.csum'), ['3.7-8.s3.1'])).toEqual([]);
  expect(blamed(undefined)).toEqual([]);
});

test('another packet, a missing field and a sequence number say nothing of the clause', () => {
  expect(blamed(differ('flags', 'mp_join.hmac'))).toEqual([]);
  expect(blamed([{ field: 'dss.csum', expected: 'present', actual: 'absent' }])).toEqual([]);
  expect(blamed(differ('dss.dsn'))).toEqual([]);
});

test('MP_FAIL in a preamble says that right checksums were taken for wrong', () => {
  expect(blamed([...differ('flags'), { field: 'mp_fail', expected: 'absent', actual: 'present' }])).toEqual([
    '3.3.1-6.s1',
  ]);
  expect(blamed([{ field: 'mp_fail', expected: 'present', actual: 'absent' }])).toEqual([]);
});
