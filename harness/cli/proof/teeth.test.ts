import { join } from 'node:path';
import { expect, test } from 'vitest';
import { judgesOfClauses } from '../../catalogue/coverage.ts';
import { levelOf } from '../../catalogue/types.ts';
import { chargesOf } from '../../prove/select.ts';
import { loadTeeth } from '../../prove/teeth.ts';
import { faults } from '../../reference/index.ts';
import { judgesOf } from '../inputs/judges.ts';
import { openProject } from '../inputs/project.ts';

const { root, catalogue, scenarios } = openProject();
const teeth = loadTeeth(join(root, 'suites', 'teeth.yaml'));
const judged = new Map(
  judgesOfClauses(catalogue, judgesOf(scenarios))
    .filter((one) => one.scenarios.length + one.monitors.length > 0)
    .map(({ clause }) => [clause.id, clause]),
);
const breaks = new Map<string, string[]>();
for (const { fault, clause } of chargesOf(faults, [])) breaks.set(clause, [...(breaks.get(clause) ?? []), fault.id]);

test('has three faults for each MUST and MUST NOT that is judged, or a reason why fewer differ', () => {
  const short = [...judged.values()]
    .filter(({ id, keyword }) => levelOf(keyword) === 'must' && (breaks.get(id)?.length ?? 0) < 3)
    .map(({ id }) => id);
  expect(short.toSorted()).toEqual(Object.keys(teeth.fewer).toSorted());
});

test('has a fault for each clause that states a behaviour and is judged, or a reason why there is none', () => {
  const bare = [...judged.values()]
    .filter(({ id, keyword }) => levelOf(keyword) === 'stated' && !breaks.has(id))
    .map(({ id }) => id);
  expect(bare.toSorted()).toEqual(Object.keys(teeth.without).toSorted());
});

test('has faults of judged clauses only, each clause once', () => {
  const unjudged = [...breaks].flatMap(([clause, some]) => (judged.has(clause) ? [] : some));
  expect(unjudged).toEqual([]);
  const twice = faults.filter(({ clause, also = [] }) => new Set([clause, ...also]).size !== also.length + 1);
  expect(twice).toEqual([]);
});

test('declares only faults that there are', () => {
  const ids = new Set(faults.map(({ id }) => id));
  expect(Object.keys(teeth.survivors).filter((id) => !ids.has(id))).toEqual([]);
});
