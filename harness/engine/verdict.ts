/** Which of several verdicts counts, for a step, a scenario and a clause alike. */
import type { Verdict } from './result.ts';

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
