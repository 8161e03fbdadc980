/** Runs of earlier versions beside later ones: scenarios under the ids that they have now. Pure. */
import type { RunResults } from './results.ts';

/** Runs in which every scenario has the latest id that any of the runs knows for it. */
export function withLatestIds(runs: readonly RunResults[]): RunResults[] {
  const latest = new Map<string, string>();
  for (const { scenarios } of runs)
    for (const { id, formerly = [] } of scenarios) for (const former of formerly) latest.set(former, id);
  if (latest.size === 0) return [...runs];
  const follow = (id: string): string => latest.get(id) ?? id;
  return runs.map((run) => ({
    ...run,
    scenarios: run.scenarios.map((scenario) =>
      latest.has(scenario.id)
        ? { ...scenario, id: follow(scenario.id), formerly: [scenario.id, ...(scenario.formerly ?? [])] }
        : scenario,
    ),
    clauses: run.clauses.map((clause) => ({ ...clause, scenarios: clause.scenarios.map(follow) })),
  }));
}
