/** Which worker runs which scenarios, and in which order: so that those that wait keep nobody from working. */
import { DEFAULT_WAITS } from '../../engine/run-scenario.ts';
import type { Deviation } from '../../report/results.ts';
import { namesScenario } from '../../report/deviations.ts';
import { allSteps, type Scenario } from '../../scenario/suite.ts';

/** How many that answer at once start for each that may wait. */
const QUICK_FOR_EACH = 2;

/** The longest time that a scenario may wait for one packet, milliseconds; 0 when everything should come at once. */
export function longestWait(scenario: Scenario, deviations: readonly Deviation[]): number {
  const told = allSteps(scenario.body).map((step) => ('within' in step ? step.within : undefined) ?? 0);
  // What is declared is known not to come.
  return Math.max(0, ...told, deviations.some((one) => one.scenario !== undefined && namesScenario(one.scenario, scenario.id)) ? DEFAULT_WAITS.answer : 0);
}

/**
 * Deals scenarios out to groups of the same size, each with its share of those that wait.
 *
 * @param count how many groups at most; none is empty
 */
export function shareOut(scenarios: readonly Scenario[], count: number, deviations: readonly Deviation[]): Scenario[][] {
  const dealt = byWait(scenarios, deviations).flat();
  return Array.from({ length: Math.min(count, dealt.length) }, (_, group) => dealt.filter((_scenario, index) => index % count === group));
}

/**
 * The order in which to start them. The longest wait comes first, or all the others would wait for it in the end; between
 * those that wait come others, or all would wait with them at the beginning.
 */
export function startOrder(scenarios: readonly Scenario[], deviations: readonly Deviation[]): Scenario[] {
  const [waiting, quick] = byWait(scenarios, deviations);
  const among = waiting.flatMap((one, index) => [one, ...quick.slice(index * QUICK_FOR_EACH, (index + 1) * QUICK_FOR_EACH)]);
  return [...among, ...quick.slice(waiting.length * QUICK_FOR_EACH)];
}

/** Those that may wait, the longest first, and those that do not. */
function byWait(scenarios: readonly Scenario[], deviations: readonly Deviation[]): [waiting: Scenario[], quick: Scenario[]] {
  const waits = new Map(scenarios.map((scenario) => [scenario, longestWait(scenario, deviations)]));
  const of = (scenario: Scenario): number => waits.get(scenario) ?? 0;
  const waiting = scenarios.filter((one) => of(one) > 0).toSorted((one, other) => of(other) - of(one));
  return [waiting, scenarios.filter((one) => of(one) === 0)];
}
