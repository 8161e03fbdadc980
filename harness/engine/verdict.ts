/** Which of several verdicts counts, for a step, a scenario and a clause alike. */
import type { ScenarioResult, Verdict } from './result.ts';

/**
 * Worst first. What was seen outweighs what could not be seen: a departure found by one scenario stands, whatever
 * became of the others (`fail`, `warn`). Then what was not settled (`error`, `inconclusive`), because a pass elsewhere
 * must not hide it. `skip` is last: a scenario that did not apply says nothing about the clause.
 */
export const WORST_FIRST: readonly Verdict[] = ['fail', 'warn', 'error', 'inconclusive', 'pass', 'info', 'skip'];

/** The worst of several verdicts; undefined of none. */
export function worst(verdicts: Iterable<Verdict>): Verdict | undefined {
  const seen = new Set(verdicts);
  return WORST_FIRST.find((verdict) => seen.has(verdict));
}

/**
 * Sets a scenario's verdict and reason. A departure that a monitor found weighs as one of an expectation: what is broken
 * on the wire stands whatever the scenario is about, also where the scenario itself did not get to its point.
 */
export function settle(draft: Pick<ScenarioResult, 'verdict' | 'reason' | 'expectations' | 'monitors'>): void {
  const all = [...draft.expectations, ...(draft.monitors ?? [])];
  // A scenario that judged nothing has not reached what it is for.
  const own = worst(draft.expectations.map((one) => one.verdict)) ?? 'inconclusive';
  draft.verdict = worst([own, ...(draft.monitors ?? []).map((one) => one.verdict)]) ?? own;
  if (draft.verdict === 'pass' || draft.verdict === 'info') delete draft.reason;
  else if (draft.verdict !== own) draft.reason = all.find((one) => one.verdict === draft.verdict)?.message ?? '';
  else draft.reason ??= all.find((one) => one.verdict === draft.verdict)?.message ?? '';
}
