/** From what was judged to a scenario's verdict, and what a result says of clauses. Pure. */
import type { Place } from '../document/diagnostic.ts';
import { projectPath } from '../document/project-file.ts';
import type { Level } from './level.ts';
import type { ExpectationResult, ScenarioResult } from './result.ts';
import { isDeparture, isKept, worst, type Outcome, type Verdict } from './verdict.ts';

/** Fields that a result copies from its scenario. */
export type ResultHead = Pick<
  ScenarioResult,
  'id' | 'title' | 'suite' | 'section' | 'role' | 'family' | 'parameters'
> & { place: Place; formerly?: readonly string[] };

/** The result of a scenario before anything was judged: an `error` until something says otherwise. */
export function emptyResult(
  { id, formerly, title, suite, section, role, family, parameters, place }: Readonly<ResultHead>,
  rerun: string,
): ScenarioResult {
  return {
    id,
    ...(formerly === undefined ? {} : { formerly: [...formerly] }),
    title,
    suite,
    file: projectPath(place.file),
    line: place.line,
    section,
    role,
    family,
    parameters: { ...parameters },
    verdict: 'error',
    durationMs: 0,
    expectations: [],
    ladder: [],
    evidence: {},
    counters: {},
    rerun,
  };
}

/**
 * Sets a scenario's verdict and reason from its expectations. A departure that a monitor found weighs as one of an
 * expectation: what is broken on the wire stands whatever the scenario is about, also where the scenario itself did not
 * get to its point. A scenario that judged nothing is inconclusive.
 */
export function concludeScenario(
  draft: Pick<ScenarioResult, 'verdict' | 'reason' | 'expectations' | 'monitors'>,
): void {
  const all = judgementsOf(draft);
  const own: Verdict = worst(draft.expectations.map((one) => one.verdict)) ?? 'inconclusive';
  draft.verdict = worst([own, ...(draft.monitors ?? []).map((one) => one.verdict)]) ?? own;
  if (isKept(draft.verdict)) delete draft.reason;
  else if (draft.verdict !== own) draft.reason = all.find((one) => one.verdict === draft.verdict)?.message ?? '';
  else draft.reason ??= all.find((one) => one.verdict === draft.verdict)?.message ?? '';
}

/**
 * Results without what was passed over under clauses that other steps judged: which of several lawful ways a stack took
 * must not change what a scenario is said to have judged.
 */
export function withoutIdleSkips(expectations: readonly ExpectationResult[]): ExpectationResult[] {
  const judged = new Set(expectations.filter(({ verdict }) => verdict !== 'skip').map(({ clause }) => clause));
  return expectations.filter(({ verdict, clause }) => verdict !== 'skip' || !judged.has(clause));
}

/**
 * Clauses of a scenario that none of its expectations speaks of, by level: it stopped before it came to them.
 * Undefined when there are none.
 */
export function unjudgedOf(
  clauses: Iterable<string>,
  expectations: readonly ExpectationResult[],
  levelOf: (clause: string) => Level,
): ScenarioResult['unjudged'] {
  const judged = new Set(expectations.map(({ clause }) => clause));
  const left = [...new Set(clauses)].filter((clause) => !judged.has(clause));
  if (left.length === 0) return undefined;
  const unjudged: NonNullable<ScenarioResult['unjudged']> = {};
  for (const clause of left) (unjudged[levelOf(clause)] ??= []).push(clause);
  return unjudged;
}

/** All that was said of a scenario: by its own expectations, and by the monitors of what departs. */
export function judgementsOf({
  expectations,
  monitors,
}: Pick<ScenarioResult, 'expectations' | 'monitors'>): readonly ExpectationResult[] {
  return monitors === undefined ? expectations : [...expectations, ...monitors];
}

/** Of `judgementsOf`, those that say that a clause is broken. */
export function departuresOf(result: Pick<ScenarioResult, 'expectations' | 'monitors'>): ExpectationResult[] {
  return judgementsOf(result).filter(({ verdict }) => isDeparture(verdict));
}

/** The verdict of a scenario, a clause or a finding; `declared` where a declaration is given, whatever its form. */
export function outcomeOf({ verdict, declared }: { verdict: Verdict; declared?: unknown }): Outcome {
  return declared === undefined ? verdict : 'declared';
}
