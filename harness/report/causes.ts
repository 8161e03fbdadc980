/** Scenarios that departed or stopped, grouped by what departed first. Pure. */
import { compareClauseIds, parseClauseId } from '../catalogue/clause-id.ts';
import { concernOf } from '../catalogue/field-concern.ts';
import type { Clause } from '../catalogue/types.ts';
import type { ExpectationResult } from '../verdict/result.ts';
import { isDeparture } from '../verdict/verdict.ts';
import type { ScenarioRecord } from './results.ts';

/** What several scenarios have in common: the field, or else the step, that was the first to be otherwise. */
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
    { field?: string; step?: string; broken: Map<string, number>; scenarios: ScenarioRecord[] }
  >();
  for (const scenario of scenarios) {
    const departs = isDeparture(scenario.verdict) || scenario.verdict === 'inconclusive';
    if (!departs || scenario.declared !== undefined) continue;
    const first = firstOf(scenario);
    const field = first?.differences?.[0]?.field;
    const key = field === undefined ? `step ${first?.source ?? ''} ${first?.step ?? ''}` : `field ${field}`;
    const group = groups.get(key) ?? {
      ...(field === undefined ? { step: first?.step ?? '' } : { field }),
      broken: new Map<string, number>(),
      scenarios: [],
    };
    group.scenarios.push(scenario);
    for (const one of brokenIn(scenario, field)) group.broken.set(one, (group.broken.get(one) ?? 0) + 1);
    groups.set(key, group);
  }
  return [...groups.values()]
    .sort((a, b) => b.scenarios.length - a.scenarios.length)
    .map(({ broken, ...group }): Cause => {
      const clause = mostSpecific(broken, group.field, clauses);
      return { ...group, ...(clause === undefined ? {} : { clause }) };
    });
}

/** A scenario's steps are judged in order; what a monitor found in its capture counts where no step departed in a field. */
function firstOf({ expectations, monitors = [] }: ScenarioRecord): ExpectationResult | undefined {
  const unmet = expectations.filter(({ verdict }) => isDeparture(verdict) || verdict === 'inconclusive');
  const byField = unmet.find(({ differences = [] }) => differences.length > 0);
  const monitored = monitors.find(({ verdict }) => isDeparture(verdict));
  return byField ?? monitored ?? unmet[0];
}

/** Clauses that a scenario broke at a field; all that it broke where none was broken there. */
function brokenIn({ expectations, monitors = [] }: ScenarioRecord, field: string | undefined): Set<string> {
  const broken = [...expectations, ...monitors].filter(({ verdict, clause }) => isDeparture(verdict) && clause !== '');
  const there = broken.filter(({ differences = [] }) => differences.some((one) => one.field === field));
  return new Set([...there, ...broken].map(({ clause }) => clause));
}

/**
 * Of several broken clauses the one that says most of a field: it is about what the field is about, and about the least
 * beside that. Then the one that most scenarios broke, then the first of the RFC.
 */
function mostSpecific(
  broken: ReadonlyMap<string, number>,
  field: string | undefined,
  clauses: ReadonlyMap<string, Clause>,
): string | undefined {
  const subject = field === undefined ? undefined : concernOf(field);
  const breadth = (id: string): number => {
    const concerns = clauses.get(id)?.concerns;
    if (concerns === undefined || subject === undefined || !concerns.includes(subject)) return Infinity;
    return concerns.length;
  };
  const order = (a: string, b: string): number =>
    parseClauseId(a) === undefined || parseClauseId(b) === undefined ? 0 : compareClauseIds(a, b);
  return [...broken.keys()].sort(
    (a, b) => Math.sign(breadth(a) - breadth(b)) || (broken.get(b) ?? 0) - (broken.get(a) ?? 0) || order(a, b),
  )[0];
}
