/** Distributes scenarios to workers: long ones first, so that no worker waits at the end. */
import { DEFAULT_WAITS } from '../../../engine/run-scenario.ts';
import type { Deviation } from '../../../report/results.ts';
import { namesScenario } from '../../../report/deviations.ts';
import type { AnyScenario } from '../../../multipath/scenario.ts';
import { allSteps, type Step } from '../../../scenario/suite.ts';

/** Number of quick scenarios started for each that may take long. */
const QUICK_FOR_EACH = 2;

/** Steps from which on a scenario takes long without any wait, and what each of them may take, milliseconds. */
const MANY_STEPS = 60;
const STEP_MS = 5;

/** Duration that a scenario may take, milliseconds; 0 if it has a few steps and nothing needs to time out. */
export function mayTake(scenario: AnyScenario, deviations: readonly Deviation[]): number {
  const { preamble, body } = stepsOf(scenario);
  const told = allSteps(body).map((step) => ('within' in step ? step.within : undefined) ?? 0);
  // A declared departure is expected not to arrive, so its steps wait until their limit.
  const declared = deviations.some((one) => one.scenario !== undefined && namesScenario(one.scenario, scenario));
  const steps = countSteps([...preamble, ...body]);
  return Math.max(0, ...told, declared ? DEFAULT_WAITS.answer : 0) + (steps > MANY_STEPS ? STEP_MS * steps : 0);
}

/** Scenarios of two stacks run one after the other in any case. */
function stepsOf(scenario: AnyScenario): { preamble: readonly Step[]; body: readonly Step[] } {
  switch (scenario.kind) {
    case 'wire':
      return scenario;
    case 'multipath':
      return { preamble: [], body: [] };
  }
}

/** Steps as often as they are run. */
function countSteps(steps: readonly Step[]): number {
  return steps.reduce((sum, step) => sum + (step.kind === 'repeat' ? step.times * countSteps(step.steps) : 1), 0);
}

/**
 * Deals scenarios out to groups of the same size, each with its share of those that take long.
 *
 * @param count how many groups at most; none is empty
 */
export function shareOut<S extends AnyScenario>(
  scenarios: readonly S[],
  count: number,
  deviations: readonly Deviation[],
): S[][] {
  const dealt = byLength(scenarios, deviations).flat();
  return Array.from({ length: Math.min(count, dealt.length) }, (_, group) =>
    dealt.filter((_scenario, index) => index % count === group),
  );
}

/**
 * The order in which to start them. The longest comes first, or all the others would wait for it in the end; between those
 * that take long, which mostly wait, come others, or all would wait with them at the beginning.
 */
export function startOrder<S extends AnyScenario>(scenarios: readonly S[], deviations: readonly Deviation[]): S[] {
  const [long, quick] = byLength(scenarios, deviations);
  const among = long.flatMap((one, index) => [
    one,
    ...quick.slice(index * QUICK_FOR_EACH, (index + 1) * QUICK_FOR_EACH),
  ]);
  return [...among, ...quick.slice(long.length * QUICK_FOR_EACH)];
}

/** Those that may take long, the longest first, and those that do not. */
function byLength<S extends AnyScenario>(
  scenarios: readonly S[],
  deviations: readonly Deviation[],
): [long: S[], quick: S[]] {
  const lengths = new Map(scenarios.map((scenario) => [scenario, mayTake(scenario, deviations)]));
  const of = (scenario: S): number => lengths.get(scenario) ?? 0;
  const long = scenarios.filter((one) => of(one) > 0).toSorted((one, other) => of(other) - of(one));
  return [long, scenarios.filter((one) => of(one) === 0)];
}
