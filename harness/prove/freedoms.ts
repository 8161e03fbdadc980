/** Proves that the suite is just: a stack that makes other lawful choices passes like the unswitched one. */
import type { FreedomProof } from './proof-file.ts';
import { runShared, type TaskRunner } from './pool.ts';
import type { Baseline } from './prove.ts';
import type { TaskResult } from './task.ts';

/** Runs scenarios with some freedoms. @throws Error when a worker process ends */
export async function proveFreedoms(
  freedoms: readonly string[],
  scenarios: readonly string[],
  baseline: Baseline,
  seed: string,
  runner: TaskRunner,
): Promise<FreedomProof> {
  const { results, isWhole } = await runShared(
    { variations: freedoms, scenarios, seed, known: baseline.known },
    runner,
  );
  const before = new Set(troubled(baseline.results).map(({ scenario }) => scenario));
  const unjust = troubled(results).filter(({ scenario }) => !before.has(scenario));
  if (!isWhole) unjust.push({ scenario: scenarios[0] ?? '', verdict: 'error', reason: 'the stack loops' });
  return { freedoms: [...freedoms], runs: results.length, unjust };
}

/** Verdicts that a lawful stack must not get. */
export function troubled(results: readonly TaskResult[]): FreedomProof['unjust'] {
  return results
    .filter(({ verdict }) => ['fail', 'warn', 'inconclusive', 'error'].includes(verdict))
    .map(({ scenario, verdict, reason }) => ({ scenario, verdict, ...(reason === undefined ? {} : { reason }) }));
}
