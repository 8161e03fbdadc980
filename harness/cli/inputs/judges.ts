/** Everything in this installation that judges clauses. */
import type { Judge } from '../../catalogue/coverage.ts';
import { clausesOf as monitoredClauses, monitors } from '../../monitor/registry.ts';
import type { ScenarioHead } from '../../scenario/suite.ts';

/** A scenario's id without its variant. */
export function withoutVariant(id: string): string {
  return id.split('#', 1)[0] ?? id;
}

/** Scenarios, each once whatever its variants, and monitors. */
export function judgesOf(scenarios: readonly ScenarioHead[]): Judge[] {
  const byName = new Map<string, Judge & { clauses: string[] }>();
  for (const scenario of scenarios) {
    const name = withoutVariant(scenario.id);
    const judge = byName.get(name) ?? { kind: 'scenario', name, title: scenario.title, clauses: [] };
    judge.clauses = [...new Set([...judge.clauses, ...scenario.clauses])];
    byName.set(name, judge);
  }
  return [
    ...byName.values(),
    ...monitors.map((one): Judge => ({
      kind: 'monitor',
      name: one.name,
      title: one.title,
      clauses: monitoredClauses(one),
    })),
  ];
}
