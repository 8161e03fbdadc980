/** Scenarios that departed or stopped, grouped by what departed first. Pure. */
import { compareClauseIds, parseClauseId } from '../catalogue/clause-id.ts';
import { concernOf } from '../catalogue/field-concern.ts';
import type { Clause } from '../catalogue/types.ts';
import type { ExpectationResult } from '../verdict/result.ts';
import { isDeparture } from '../verdict/verdict.ts';
import type { ScenarioRecord } from './results.ts';

/** A common cause of several scenarios: the field that differed first, or else the step. */
export interface Cause {
  /** `dss.csum`; undefined where no packet departed in a field. */
  field?: string;
  /** The step at which scenarios of this cause stopped, where no field says more. */
  step?: string;
  /** The most specific clause that is broken in any of them; undefined where they only stopped. */
  clause?: string;
  /** Run order. */
  scenarios: ScenarioRecord[];
}

/**
 * Groups scenarios that broke something undeclared, or stopped before their point. A basic fault (a wrong checksum, a
 * wrong key) fails scenarios of many clauses at the same field: they are one cause, under the clause that is about that
 * field and little else. The largest group is first.
 */
export function causesOf(
  scenarios: readonly ScenarioRecord[],
  clauses: ReadonlyMap<string, Clause> = new Map(),
): Cause[] {
  const groups = new Map<
    string,
    { field?: string; step?: string; broken: Map<string, number>; named: Set<string>; scenarios: ScenarioRecord[] }
  >();
  for (const scenario of scenarios) {
    const departs = isDeparture(scenario.verdict) || scenario.verdict === 'inconclusive';
    if (!departs || scenario.declared !== undefined) continue;
    const first = firstOf(scenario);
    const field = fieldOf(first);
    const key = field === undefined ? `step ${first?.source ?? ''} ${first?.step ?? ''}` : `field ${field}`;
    const group = groups.get(key) ?? {
      ...(field === undefined ? { step: first?.step ?? '' } : { field }),
      broken: new Map<string, number>(),
      named: new Set<string>(),
      scenarios: [],
    };
    group.scenarios.push(scenario);
    for (const one of brokenIn(scenario, field)) group.broken.set(one, (group.broken.get(one) ?? 0) + 1);
    for (const one of namedIn(scenario, field)) group.named.add(one);
    groups.set(key, group);
  }
  return [...groups.values()]
    .sort((a, b) => b.scenarios.length - a.scenarios.length)
    .map(({ broken, named, ...group }): Cause => {
      const clause = mostSpecific(broken, named, group.field, clauses);
      return { ...group, ...(clause === undefined ? {} : { clause }) };
    });
}

/**
 * The best explanation of a departure: a field that a monitor found wrong, as monitors look at every packet and name
 * the clause of just that field; then the first step that departed in a field; then what else a monitor found.
 */
function firstOf({ expectations, monitors = [] }: ScenarioRecord): ExpectationResult | undefined {
  const unmet = expectations.filter(({ verdict }) => isDeparture(verdict) || verdict === 'inconclusive');
  const monitored = monitors.filter(({ verdict }) => isDeparture(verdict));
  const hasField = ({ differences = [] }: ExpectationResult): boolean => differences.length > 0;
  return monitored.find(hasField) ?? unmet.find(hasField) ?? monitored[0] ?? unmet[0];
}

/** MP_FAIL that nobody asked for says more than that the packet is another one than was waited for. */
function fieldOf(first: ExpectationResult | undefined): string | undefined {
  const complaint = first?.differences?.find(({ field, actual }) => field === 'mp_fail' && actual === 'present');
  return (complaint ?? first?.differences?.[0])?.field;
}

/** Clauses that a scenario broke at a field; all that it broke where none was broken there. */
function brokenIn({ expectations, monitors = [] }: ScenarioRecord, field: string | undefined): Set<string> {
  const broken = [...expectations, ...monitors].filter(({ verdict, clause }) => isDeparture(verdict) && clause !== '');
  const there = broken.filter(({ differences = [] }) => differences.some((one) => one.field === field));
  return new Set([...there, ...broken].map(({ clause }) => clause));
}

/** Clauses that monitors found broken by just this field. */
function namedIn({ monitors = [] }: ScenarioRecord, field: string | undefined): string[] {
  const there = monitors.filter(({ differences = [] }) => differences.some((one) => one.field === field));
  return there.map(({ clause }) => clause);
}

/**
 * Of several broken clauses the one that says most of a field: it lays down its value, best where a monitor found what is
 * wrong with it; or else a monitor found it broken at this field; or else it is about what the field is about, and about the
 * least beside that. Then the one that most scenarios broke, then the first of the RFC.
 */
function mostSpecific(
  broken: ReadonlyMap<string, number>,
  named: ReadonlySet<string>,
  field: string | undefined,
  clauses: ReadonlyMap<string, Clause>,
): string | undefined {
  const subject = field === undefined ? undefined : concernOf(field);
  const breadth = (id: string): number => {
    const { concerns, fields = [] } = clauses.get(id) ?? {};
    if (fields.some((one) => one === field || (field === 'mp_fail' && one === 'dss.csum')))
      return named.has(id) ? 0 : 0.5;
    if (named.has(id)) return 0.75;
    if (concerns === undefined || subject === undefined || !concerns.includes(subject)) return Infinity;
    return concerns.length;
  };
  const order = (a: string, b: string): number =>
    parseClauseId(a) === undefined || parseClauseId(b) === undefined ? 0 : compareClauseIds(a, b);
  return [...broken.keys()].sort(
    (a, b) => Math.sign(breadth(a) - breadth(b)) || (broken.get(b) ?? 0) - (broken.get(a) ?? 0) || order(a, b),
  )[0];
}
