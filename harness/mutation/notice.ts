/** Whether judging notices a stack that is made to err: verdicts before and after, compared as values. Pure. */
import type { ExpectationResult } from '../verdict/result.ts';
import { isKept, isUnmet, type Verdict } from '../verdict/verdict.ts';

/** Outcome of one expectation. */
export interface Seen {
  verdict: Verdict;
  /** Of `info`: which way the stack took. Of `error`: what went wrong. */
  told?: string;
}

/** The verdicts of the step that stands at a place. */
export function seenAt(source: string, step: string, results: readonly ExpectationResult[]): Seen[] {
  return results
    .filter((result) => result.source === source && result.step === step)
    .map(({ verdict, message = '' }) => (verdict === 'info' ? { verdict, told: message } : { verdict }));
}

/** Whether the stack as it is meets a step, so that it can be seen failing. */
export function isMet(before: readonly Seen[]): boolean {
  return before.length > 0 && before.every(({ verdict }) => isKept(verdict));
}

/** Whether a step has noticed: an expectation is unmet now, or a MAY has another outcome. */
export function isNoticed(before: readonly Seen[], after: readonly Seen[]): boolean {
  if (after.some(({ verdict }) => verdict === 'error')) return false;
  if (after.some(({ verdict }) => isUnmet(verdict))) return true;
  const told = (seen: readonly Seen[]): string => JSON.stringify(seen);
  return after.length > 0 && before.some(({ verdict }) => verdict === 'info') && told(before) !== told(after);
}

/** Verdicts for people; empty of none. */
export function showSeen(seen: readonly Seen[]): string {
  return seen.map(({ verdict, told }) => (told === undefined ? verdict : `${verdict}: ${told}`)).join(', ');
}
