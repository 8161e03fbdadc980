/** Verdicts and outcomes, and which of several counts: for a step, a scenario and a clause alike. Pure. */
import { inRankOrder } from './order.ts';

/** Verdicts of judged scenarios; `skip` and `error` are of scenarios that were not judged. */
export type JudgedVerdict = 'pass' | 'fail' | 'warn' | 'note' | 'info' | 'inconclusive';

/**
 * ISO/IEC 9646 verdicts, with `warn` (SHOULD broken), `note` (advice not followed) and `info` (observed behaviour where
 * the RFC allows a choice).
 */
export type Verdict = JudgedVerdict | 'skip' | 'error';

/** A verdict, or `declared` for a departure that a deviations file names. */
export type Outcome = Verdict | 'declared';

interface OutcomeRule {
  /** Worst first: see {@link WORST_FIRST}. */
  worst: number;
  /** Order in tables and legends: what was judged, by how good it is, then the rest. */
  listed: number;
  /** Order in the summary's lines: what needs attention is last, and stays on the screen. */
  urgency: number;
}

const RULES: Readonly<Record<Outcome, OutcomeRule>> = {
  fail: { worst: 0, listed: 2, urgency: 8 },
  warn: { worst: 1, listed: 4, urgency: 5 },
  declared: { worst: 2, listed: 3, urgency: 6 },
  error: { worst: 3, listed: 7, urgency: 7 },
  inconclusive: { worst: 4, listed: 6, urgency: 4 },
  note: { worst: 5, listed: 5, urgency: 2 },
  pass: { worst: 6, listed: 0, urgency: 0 },
  info: { worst: 7, listed: 1, urgency: 1 },
  skip: { worst: 8, listed: 8, urgency: 3 },
};

function ordered(key: keyof OutcomeRule): readonly Outcome[] {
  const ranks = Object.entries(RULES).map(([outcome, rule]) => [outcome, rule[key]]);
  return inRankOrder(Object.fromEntries(ranks) as Record<Outcome, number>);
}

/**
 * Worst first. An observation outweighs a missing one: a departure found by one scenario stands, whatever
 * became of the others (`fail`, `warn`). Then what was not judged (`error`, `inconclusive`), because a pass elsewhere
 * must not hide it. Advice that one scenario saw not followed is not followed. `skip` is last: a scenario that did not apply says nothing about the clause.
 */
const WORST_OUTCOMES_FIRST: readonly Outcome[] = ordered('worst');

/** {@link WORST_OUTCOMES_FIRST} without `declared`. */
export const WORST_FIRST: readonly Verdict[] = WORST_OUTCOMES_FIRST.filter((outcome) => outcome !== 'declared');

/** Outcomes as tables and legends list them. */
export const OUTCOMES: readonly Outcome[] = ordered('listed');

/** Outcomes with what needs attention last. */
export const MOST_URGENT_LAST: readonly Outcome[] = ordered('urgency');

/** A table with a value for each outcome. */
export function perOutcome<T>(make: (outcome: Outcome) => T): Record<Outcome, T> {
  return Object.fromEntries(OUTCOMES.map((outcome) => [outcome, make(outcome)])) as Record<Outcome, T>;
}

/** The worst of several verdicts; undefined of none. */
export function worst<V extends Verdict>(verdicts: Iterable<V>): V | undefined {
  return [...verdicts].sort(byWorst)[0];
}

/** Comparator: worst first. */
export function byWorst(a: Outcome, b: Outcome): number {
  return RULES[a].worst - RULES[b].worst;
}

/** Whether a verdict says that a MUST or SHOULD was broken. */
export function isDeparture(verdict: Outcome): verdict is 'fail' | 'warn' {
  return verdict === 'fail' || verdict === 'warn';
}

/** Whether a verdict says that the stack does not do what the clause says: a departure, or advice that is not followed. */
export function isUnmet(verdict: Verdict): verdict is 'fail' | 'warn' | 'note' {
  return isDeparture(verdict) || verdict === 'note';
}

/** Whether a verdict says that nothing is wrong: the requirement is kept, or the choice was seen. */
export function isKept(verdict: Outcome): verdict is 'pass' | 'info' {
  return verdict === 'pass' || verdict === 'info';
}

/** Whether a verdict says that judging did not come to an end. */
export function isUndecided(verdict: Outcome): verdict is 'inconclusive' | 'error' {
  return verdict === 'inconclusive' || verdict === 'error';
}
