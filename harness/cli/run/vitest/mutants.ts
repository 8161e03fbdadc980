/**
 * Sees whether each expectation notices a stack that errs: the stack's packets are altered on their way to one step,
 * in every way that the step speaks of, and the step must then give another verdict under its own clause.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'vitest';
import { DEFAULT_WAITS, runScenario, type EngineContext } from '../../../engine/run-scenario.ts';
import type { Waits } from '../../../engine/patience.ts';
import { sourceOf } from '../../../engine/run-steps.ts';
import { isMet, isNoticed, isUnmet, seenAt, showSeen, type Seen } from '../../../engine/notice.ts';
import { isKept } from '../../../verdict/verdict.ts';
import { tampersFor, type Tamper } from '../../../engine/tamper.ts';
import { isTriedOn, type Break } from '../../../scenario/breaks.ts';
import { allSteps, type Scenario, type Step } from '../../../scenario/suite.ts';
import type { ExpectationResult } from '../../../verdict/result.ts';

/** What became of one lie. */
export interface MutantOutcome {
  scenario: string;
  /** Place of the step: file:line. */
  source: string;
  step: string;
  clauses: string[];
  /** What was altered. */
  lie: string;
  /** `unreached`: without any lie the step is not met on this stack, so nothing can be seen. */
  outcome: 'noticed' | 'survived' | 'unreached';
  /** What the step's verdicts were. */
  seen: string;
}

declare module 'vitest' {
  interface TaskMeta {
    mutant?: MutantOutcome;
  }
}

/** A packet that comes at all has come by then; silence need not be waited for any longer. */
const WAITS: Waits = { answer: 400, grace: 15 };
const TIMEOUT_MS = 300_000;

/** Registers a test for every lie about every judging step of a scenario. */
export function registerMutants(scenario: Scenario, context: EngineContext): void {
  let honest: Promise<ExpectationResult[]> | undefined;
  const honestRun = async (): Promise<ExpectationResult[]> => {
    honest ??= runScenario(scenario, context).then((run) => run.result.expectations);
    return honest;
  };
  for (const step of allSteps(scenario.body)) {
    if (step.clauses.length === 0) continue;
    for (const tamper of tampersFor(step)) {
      const name = `${scenario.id} ${step.place.line}: ${tamper.title}`;
      test.concurrent(name, { timeout: TIMEOUT_MS }, async ({ task }) => {
        const before = verdictsOf(step, await honestRun());
        const after = isMet(before) ? await lie(scenario, step, tamper, context) : undefined;
        const seen = showSeen(after ?? before);
        const state = after === undefined ? 'unreached' : isNoticed(before, after) ? 'noticed' : 'survived';
        task.meta.mutant = {
          scenario: scenario.id,
          source: sourceOf(step),
          step: step.text,
          clauses: [...step.clauses],
          lie: tamper.title,
          outcome: state,
          seen,
        };
        if (state === 'survived')
          throw new Error(`${name}: not noticed; the step's verdicts were: ${seen === '' ? 'none' : seen}`);
      });
    }
  }
}

/** Registers a test for every plausible break that a scenario may notice. */
export function registerBreaks(scenario: Scenario, breaks: readonly Break[], context: EngineContext): void {
  let honest: Promise<ExpectationResult[]> | undefined;
  for (const one of breaks) {
    if (!isTriedOn(one, scenario)) continue;
    test.concurrent(`${scenario.id} ${one.clause}: ${one.stack}`, { timeout: TIMEOUT_MS }, async ({ task }) => {
      honest ??= runScenario(scenario, context).then((run) => run.result.expectations);
      const before = (await honest).filter((result) => result.clause === one.clause).map((result) => result.verdict);
      const isKeptNow =
        before.some((verdict) => verdict !== 'skip') &&
        before.every((verdict) => verdict === 'skip' || isKept(verdict));
      const results = isKeptNow ? await runBroken(scenario, one, context) : [];
      const under = (clause: boolean): string[] => [
        ...new Set(
          results
            .filter((result) => isUnmet(result.verdict) && (result.clause === one.clause) === clause)
            .map((result) => result.clause),
        ),
      ];
      task.meta.mutant = {
        scenario: scenario.id,
        source: `${one.place.file}:${one.place.line}`,
        step: one.stack,
        clauses: [one.clause],
        lie: one.stack,
        outcome: !isKeptNow ? 'unreached' : under(true).length > 0 ? 'noticed' : 'survived',
        seen: under(false).join(', '),
      };
    });
  }
}

async function runBroken(scenario: Scenario, broken: Break, context: EngineContext): Promise<ExpectationResult[]> {
  const results = await runBrokenOnce(scenario, broken, context, WAITS);
  // As with lies: a busy machine may not have got anywhere in so short a time.
  const gotSomewhere = results.some(({ verdict }) => verdict !== 'inconclusive');
  return gotSomewhere ? results : runBrokenOnce(scenario, broken, context, DEFAULT_WAITS);
}

async function runBrokenOnce(
  scenario: Scenario,
  broken: Break,
  context: EngineContext,
  waits: Waits,
): Promise<ExpectationResult[]> {
  const evidenceRoot = join(context.evidenceRoot, `broken-${process.pid}-${lies++}`);
  const { result } = await runScenario(scenario, { ...context, evidenceRoot, waits, broken });
  rmSync(evidenceRoot, { recursive: true, force: true });
  if (result.verdict === 'error') throw new Error(`${scenario.id}: ${result.reason ?? 'an error without a reason'}`);
  return result.expectations;
}

let lies = 0;

async function lie(scenario: Scenario, step: Step, tamper: Tamper, context: EngineContext): Promise<Seen[]> {
  const seen = await lieOnce(scenario, step, tamper, context, WAITS);
  // A busy machine may not get as far as the step in so short a time; that says nothing about the step.
  return seen.length === 0 ? lieOnce(scenario, step, tamper, context, DEFAULT_WAITS) : seen;
}

async function lieOnce(
  scenario: Scenario,
  step: Step,
  tamper: Tamper,
  context: EngineContext,
  waits: Waits,
): Promise<Seen[]> {
  const evidenceRoot = join(context.evidenceRoot, `lie-${process.pid}-${lies++}`);
  const { result } = await runScenario(scenario, { ...context, evidenceRoot, waits, tamper: { step, with: tamper } });
  rmSync(evidenceRoot, { recursive: true, force: true });
  if (result.verdict === 'error') return [{ verdict: 'error', told: result.reason ?? '' }];
  return verdictsOf(step, result.expectations);
}

function verdictsOf(step: Step, results: readonly ExpectationResult[]): Seen[] {
  return seenAt(sourceOf(step), step.text, results);
}
