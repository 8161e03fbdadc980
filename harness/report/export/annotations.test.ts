import { expect, test } from 'vitest';
import { failure, runOf, scenario } from '../testing/sample.ts';
import { toAnnotations } from './annotations.ts';

const failed = (id: string, clause: string) =>
  scenario({ id, verdict: 'fail', reason: 'flag B is set: 100%, twice', expectations: [failure({ clause })] });

test('an annotation for each broken clause, escaped, with the command that runs it again', () => {
  const run = runOf([scenario(), failed('3.1/x/one#ipv4', '3.1-20.4'), failed('3.1/x/two#a,b', '3.1-20.4')]);
  const lines = toAnnotations([run], { level: 'must' } as never)
    .trimEnd()
    .split('\n');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^::error file=[^,]+,line=\d+,title=MPTCP 3\.1-20\.4::3\.1\/x\/one#ipv4: .*100%25.*%0A/);
  expect(lines[0]).toMatch(/%0Aand 1 more scenarios$/);
});

test('what passes gives none; GitHub shows ten, the last one counts the rest', () => {
  expect(toAnnotations([runOf([scenario()])], { level: 'must' } as never)).toBe('');
  const many = Array.from({ length: 14 }, (_, i) => failed(`3.1/x/n${i}#ipv4`, `3.1-${i + 1}.s1`));
  const lines = toAnnotations([runOf(many)], { level: 'must' } as never)
    .trimEnd()
    .split('\n');
  expect(lines).toHaveLength(10);
  expect(lines[9]).toContain('5 more clauses are broken');
});
