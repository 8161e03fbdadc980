/** Runs a scenario again whose result may be due to chance. */
import type { AnyScenario } from '../../multipath/scenario.ts';
import type { ScenarioResult } from '../../verdict/result.ts';
import { isDeparture } from '../../verdict/verdict.ts';

/** Runs at most. What the stack does wrong, it does in each. */
export const MOST_RUNS = 3;

/**
 * Runs a scenario; one whose condition is "unsteady" again as long as it shows an undeclared departure or stops, {@link MOST_RUNS}
 * times at most. The last run counts, and its result tells how the first one ended.
 */
export async function runUntilSteady<R extends { outcome: ScenarioResult }>(
  scenario: AnyScenario,
  run: () => Promise<R>,
): Promise<R> {
  const first = await run();
  const because = scenario.kind === 'wire' ? scenario.unsteady : undefined;
  if (because === undefined) return first;
  let last = first;
  let times = 1;
  for (; times < MOST_RUNS && !isSettled(last.outcome); times++) last = await run();
  if (times > 1) {
    last.outcome.repeated = { times, because, first: endOf(first.outcome) };
  }
  return last;
}

/** A verdict with its reason and the counters that moved, which tell what became of packets without an answer. */
function endOf({ verdict, reason, counters }: ScenarioResult): string {
  const moved = Object.entries(counters).map(([name, by]) => `${name}=${by}`);
  const because = reason === undefined ? verdict : `${verdict}: ${reason}`;
  return moved.length === 0 ? because : `${because}; counters: ${moved.join(' ')}`;
}

/** Advice that is not followed and faults of the harness are results like others. */
function isSettled({ verdict, declared }: ScenarioResult): boolean {
  return declared !== undefined || !(isDeparture(verdict) || verdict === 'inconclusive');
}
