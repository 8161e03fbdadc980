/** The decision of the gate, after scenarios that got worse have been run again alone. Pure. */
import {
  compareOutcomes,
  isUnjudgedIn,
  type Baseline,
  type Change,
  type Comparison,
  type GateLevel,
} from './baseline.ts';
import { declareScenario } from './deviations.ts';
import type { ScenarioRecord } from './results.ts';
import { judgementsOf, outcomeOf } from '../verdict/scenario-verdict.ts';

/** Times that a scenario is run alone. */
export const ALONE_RUNS = 3;

/** Results of the scenarios that were run alone: one list for each repetition. */
export interface AloneRuns {
  rounds: readonly (readonly ScenarioRecord[])[];
  /** Reason why not all scenarios were run again. */
  note?: string;
}

/** A change with what running it alone has shown. */
export interface JudgedChange extends Change {
  /** Number of repetitions in which it was as bad; undefined if it was not run again. */
  alone?: { bad: number; runs: number };
}

/** The decision. */
export interface GateDecision {
  comparison: Comparison;
  baseline: Baseline;
  level: GateLevel;
  /** Turns the gate red. */
  red: JudgedChange[];
  /** Got worse in the run, and not once alone: reported, and not red. */
  flaky: JudgedChange[];
  note?: string;
}

/** Scenarios that a second look can say something of, each once. */
export function toRunAgain(comparison: Comparison): ScenarioRecord[] {
  const found = new Map<string, ScenarioRecord>();
  for (const { scenarios } of comparison.worse) for (const scenario of scenarios) found.set(scenario.id, scenario);
  return [...found.values()];
}

/** Decides. A change that did not show again alone, however often it was tried, is flaky and not red. */
export function decide(comparison: Comparison, baseline: Baseline, level: GateLevel, again: AloneRuns): GateDecision {
  const judged = comparison.worse.map((change): JudgedChange => {
    const alone = lookAgain(change, baseline, level, again.rounds);
    return alone === undefined ? change : { ...change, alone };
  });
  const notes = [versionNote(comparison, baseline), again.note].filter((one) => one !== undefined);
  const isFlaky = ({ alone }: JudgedChange): boolean => alone?.bad === 0;
  return {
    comparison,
    baseline,
    level,
    red: judged.filter((change) => !isFlaky(change)),
    flaky: judged.filter(isFlaky),
    ...(notes.length === 0 ? {} : { note: notes.join(' ') }),
  };
}

/** Says that suites of another version were run than those of which the baseline has the verdicts. */
function versionNote({ results }: Comparison, { verdicts }: Baseline): string | undefined {
  const before = verdicts?.tool.version;
  const now = results.tool.version;
  if (before === undefined || before === now) return undefined;
  return `The baseline was recorded with version ${before} of the suites, the results are of ${now}: CHANGELOG.md lists changed verdicts; --update records the new ones.`;
}

function lookAgain(
  change: Change,
  baseline: Baseline,
  level: GateLevel,
  rounds: AloneRuns['rounds'],
): JudgedChange['alone'] {
  const ids = new Set(change.scenarios.map(({ id }) => id));
  const outcomes = rounds
    .map((round) => round.filter(({ id }) => ids.has(id)))
    // Only what was run in full says that something is gone.
    .filter((found) => found.length === ids.size && ids.size > 0)
    .map((found) => found.some((one) => isBad(change, declareScenario(one, baseline.declared.deviations), level)));
  return outcomes.length === 0 ? undefined : { bad: outcomes.filter(Boolean).length, runs: outcomes.length };
}

function isBad(change: Change, scenario: ScenarioRecord, level: GateLevel): boolean {
  const bad = (kind: string | undefined): boolean => kind === 'worse' || kind === 'new';
  if (change.what === 'scenario') return bad(compareOutcomes(change.before, outcomeOf(scenario), level));
  if (scenario.declared !== undefined) return false;
  if (isUnjudgedIn(scenario, change.id)) return bad(compareOutcomes(change.before, 'inconclusive', level));
  return judgementsOf(scenario).some(
    (one) => one.clause === change.id && bad(compareOutcomes(change.before, one.verdict, level)),
  );
}

/** The exit code: 1 when something got worse. */
export function gateExitCode({ red }: GateDecision): 0 | 1 {
  return red.length > 0 ? 1 : 0;
}
