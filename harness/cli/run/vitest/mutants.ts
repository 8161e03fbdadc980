/** Registers a test for every alteration of a stack that scenarios have to notice. */
import { test } from 'vitest';
import type { EngineContext } from '../../../engine/run-scenario.ts';
import { isTriedOn, type Break } from '../../../mutation/breaks.ts';
import { mutationsOf } from '../../../mutation/mutations.ts';
import { Trials, type MutantOutcome } from '../../../mutation/trial.ts';
import { allSteps, type Scenario } from '../../../scenario/suite.ts';

declare module 'vitest' {
  interface TaskMeta {
    mutant?: MutantOutcome;
  }
}

const TIMEOUT_MS = 300_000;

/** Registers a test for every alteration of what a judging step of a scenario gets to see. */
export function registerMutants(scenario: Scenario, context: EngineContext): void {
  const trials = new Trials(scenario, context);
  for (const step of allSteps(scenario.body)) {
    if (step.clauses.length === 0) continue;
    for (const mutation of mutationsOf(step)) {
      const name = `${scenario.id} ${step.place.line}: ${mutation.title}`;
      test.concurrent(name, { timeout: TIMEOUT_MS }, async ({ task }) => {
        const mutant = await trials.mutation(step, mutation);
        task.meta.mutant = mutant;
        if (mutant.outcome === 'survived')
          throw new Error(
            `${name}: not detected; the step's verdicts were: ${mutant.seen === '' ? 'none' : mutant.seen}`,
          );
      });
    }
  }
}

/** Registers a test for every plausible break that a scenario may notice. */
export function registerBreaks(scenario: Scenario, breaks: readonly Break[], context: EngineContext): void {
  const trials = new Trials(scenario, context);
  for (const one of breaks) {
    if (!isTriedOn(one, scenario)) continue;
    test.concurrent(`${scenario.id} ${one.clause}: ${one.stack}`, { timeout: TIMEOUT_MS }, async ({ task }) => {
      task.meta.mutant = await trials.break(one);
    });
  }
}
