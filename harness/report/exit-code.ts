/** The exit code of a run, and its explanation. Pure. */
import { turnsRed } from '../verdict/level.ts';
import { judgementsOf } from '../verdict/scenario-verdict.ts';
import { covering } from './deviations.ts';
import type { Deviation, RunResults, ScenarioRecord } from './results.ts';
import { inconclusivePart, unjudgedRequirements } from './stops.ts';

/** Meaning of each exit code of a run; 1 wins over 2, and 2 over 3. */
export const EXIT_MEANING = {
  0: 'no MUST or stated requirement is broken beyond the declared deviations, and none was inconclusive',
  1: 'a MUST or a stated requirement is broken and not declared, or the kernel under test crashed or logged a warning',
  2: 'the harness failed, or the run was interrupted: the results so far are written and marked as partial',
  3: 'nothing undeclared is broken, but a MUST or a stated requirement was inconclusive, or at least a tenth of the scenarios were',
} as const;

/** An exit code of a run. */
export type RunExitCode = keyof typeof EXIT_MEANING;

/**
 * The exit code of a run.
 *
 * 1: a MUST (or a stated requirement) is broken and not declared, or the stack's kernel got into trouble. This wins
 *    over the others: the finding stands.
 * 2: the harness could not do its job: an `error` verdict, a run cut short, or nothing decided at all (no scenario, or
 *    only inconclusive ones, which is what a stack that does not come up looks like).
 * 3: what could have been judged was not: a MUST or a stated requirement ended inconclusive, or a large part of the
 *    scenarios did. Nothing judged is nothing passed.
 * 0: otherwise. Broken SHOULDs, advice not followed and stale declarations are reported and do not count.
 */
export function exitCode(results: RunResults): RunExitCode {
  const declared = results.deviations?.applied ?? [];
  if (results.scenarios.some((scenario) => breaksUndeclaredMust(scenario, declared))) return 1;
  // A kernel that got into trouble is a finding also where no scenario could be blamed for it.
  if (results.scenarios.some((scenario) => scenario.trouble !== undefined && scenario.trouble.finding === undefined))
    return 1;
  const isUndecided = results.scenarios.every((scenario) => scenario.verdict === 'inconclusive');
  if (results.run.partial || results.summary.error > 0 || isUndecided) return 2;
  return unjudgedRequirements(results).length > 0 || inconclusivePart(results).isLarge ? 3 : 0;
}

/** Whether a scenario broke a MUST or a stated requirement that no declaration covers. */
function breaksUndeclaredMust(scenario: ScenarioRecord, declared: readonly Deviation[]): boolean {
  if (scenario.verdict !== 'fail' || scenario.declared !== undefined) return false;
  const failed = judgementsOf(scenario).filter((expectation) => expectation.verdict === 'fail');
  // A scenario that fails without a failed expectation has nothing that a declaration could name but itself.
  if (failed.length === 0) return true;
  return failed.some(
    (expectation) => turnsRed(expectation.level) && covering(declared, scenario, expectation) === undefined,
  );
}
