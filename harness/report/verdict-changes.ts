/** Which verdicts differ between two runs of the same scenarios: for a stack under two lawful settings. Pure. */
import { departuresOf } from '../verdict/scenario-verdict.ts';
import type { ScenarioRecord } from './results.ts';

/** Outcome of one scenario. */
export interface VerdictChange {
  scenario: string;
  what: 'failing' | 'inconclusive' | 'better';
  before: ScenarioRecord['verdict'];
  after: ScenarioRecord['verdict'];
  /** Clauses that depart in one of the runs only. */
  clauses: string[];
}

/** The scenarios whose verdict got worse or better, in the order of the second run; those that only one run has are left out. */
export function verdictChanges(before: readonly ScenarioRecord[], after: readonly ScenarioRecord[]): VerdictChange[] {
  const earlier = new Map(before.map((one) => [one.id, one]));
  return after.flatMap((now) => {
    const then = earlier.get(now.id);
    const change = then === undefined ? undefined : changeOf(then, now);
    return change === undefined ? [] : [change];
  });
}

function changeOf(then: ScenarioRecord, now: ScenarioRecord): VerdictChange | undefined {
  const [was, is] = [departed(then), departed(now)];
  const base = { scenario: now.id, before: then.verdict, after: now.verdict };
  const added = [...is].filter((clause) => !was.has(clause));
  if (added.length > 0) return { ...base, what: 'failing', clauses: added };
  if (isUnjudged(now) && !isUnjudged(then)) return { ...base, what: 'inconclusive', clauses: [] };
  const gone = [...was].filter((clause) => !is.has(clause));
  if (gone.length > 0 || (isUnjudged(then) && !isUnjudged(now))) return { ...base, what: 'better', clauses: gone };
  return undefined;
}

/** Clauses that the stack departs from. */
function departed(scenario: ScenarioRecord): Set<string> {
  return new Set(departuresOf(scenario).map(({ clause }) => clause));
}

function isUnjudged({ verdict }: ScenarioRecord): boolean {
  return verdict === 'inconclusive' || verdict === 'error';
}
