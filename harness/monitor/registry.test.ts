/** The monitors and the catalogue agree. */
import { expect, test } from 'vitest';
import { clausesOf, monitors, monitorsByClause } from './registry.ts';
import { catalogue } from './testing/judging.ts';

test('every clause that a monitor judges is in the catalogue, and can be judged passively', () => {
  for (const clause of monitorsByClause().keys()) {
    expect(catalogue().get(clause)?.judged ?? [], clause).toContain('passive');
  }
});

test('the clauses blamed are among those judged', () => {
  for (const { rules } of monitors) {
    for (const { name, clauses, blames } of rules)
      for (const clause of blames ?? []) expect(clauses, name).toContain(clause);
  }
});

test('monitors have names of their own and say what they look at', () => {
  expect(new Set(monitors.map((one) => one.name)).size).toBe(monitors.length);
  for (const monitor of monitors) {
    expect(monitor.title.length).toBeGreaterThan(10);
    expect(clausesOf(monitor).length).toBeGreaterThan(0);
  }
});
