/** Requirements that a run did not judge, and where its scenarios stopped. Pure. */
import { turnsRed } from '../verdict/level.ts';
import type { ClauseRecord, RunResults, ScenarioRecord } from './results.ts';

/** With this share of its scenarios inconclusive, a run says little of the stack as a whole. */
const LARGE_PART = 0.1;

/** A step that scenarios stopped at: it was not met, so they could not come to what they judge. */
export interface Stop {
  /** The step as written, on one line; empty where a scenario has no step that says so. */
  step: string;
  /** file:line. */
  source: string;
  /** Run order. */
  scenarios: ScenarioRecord[];
}

/** Inconclusive scenarios by the step that they stopped at, the one with the most of them first. */
export function stopsOf(scenarios: readonly ScenarioRecord[]): Stop[] {
  const stops = new Map<string, Stop>();
  for (const scenario of scenarios) {
    if (scenario.verdict !== 'inconclusive') continue;
    const at = scenario.expectations.find(({ verdict }) => verdict === 'inconclusive');
    const { step, source } = at ?? { step: '', source: '' };
    const stop = stops.get(`${source} ${step}`) ?? { step, source, scenarios: [] };
    stop.scenarios.push(scenario);
    stops.set(`${source} ${step}`, stop);
  }
  return [...stops.values()].sort((a, b) => b.scenarios.length - a.scenarios.length);
}

/** MUSTs and stated requirements that scenarios could have judged, and that ended inconclusive. */
export function unjudgedRequirements({ clauses }: Pick<RunResults, 'clauses'>): ClauseRecord[] {
  return clauses.filter(({ level, verdict }) => verdict === 'inconclusive' && turnsRed(level));
}

/** How many scenarios were inconclusive, of how many that apply to the stack; `isLarge` from a tenth on. */
export function inconclusivePart({ summary, scenarios }: Pick<RunResults, 'summary' | 'scenarios'>): {
  inconclusive: number;
  of: number;
  isLarge: boolean;
} {
  const of = scenarios.length - summary.skip;
  return { inconclusive: summary.inconclusive, of, isLarge: of > 0 && summary.inconclusive >= of * LARGE_PART };
}
