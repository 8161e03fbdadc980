/** Runs one scenario against a stack that is made to err, and says whether it noticed. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { recordedEvidence } from '../engine/evidence.ts';
import { DEFAULT_WAITS, runScenario, type EngineContext } from '../engine/run-scenario.ts';
import type { Waits } from '../engine/patience.ts';
import { sourceOf } from '../engine/run-steps.ts';
import type { Scenario, Step } from '../scenario/suite.ts';
import type { ExpectationResult, ScenarioResult } from '../verdict/result.ts';
import { isKept, isUnmet } from '../verdict/verdict.ts';
import { alteredEvidence } from './altered-evidence.ts';
import type { Break } from './breaks.ts';
import { BrokenStack } from './broken-stack.ts';
import type { Mutation } from './mutations.ts';
import { isMet, isNoticed, seenAt, showSeen, type Seen } from './notice.ts';

/** Outcome of one alteration. */
export interface MutantOutcome {
  scenario: string;
  /** Place of the step, or of the break: file:line. */
  source: string;
  step: string;
  clauses: string[];
  /** The alteration, or the conduct of the faulty stack. */
  alteration: string;
  /**
   * `unreached`: this stack does not meet the step as it is, so nothing can be seen. `idle`: this stack sends nothing that
   * the break alters.
   */
  outcome: 'noticed' | 'survived' | 'unreached' | 'idle';
  /** Of a mutation: the step's verdicts. Of a break: the other clauses that it showed under. */
  seen: string;
}

/** A packet that comes at all has come by then; silence need not be waited for any longer. */
const SHORT_WAITS: Waits = { answer: 400, grace: 15 };

/** Number of the next run, for a folder of its own. */
let nextRun = 0;

/** All that is tried on one scenario. */
export class Trials {
  readonly #scenario: Scenario;
  readonly #context: EngineContext;
  /** Verdicts of the stack as it is; one run serves all trials. */
  #honest: Promise<ExpectationResult[]> | undefined;

  constructor(scenario: Scenario, context: EngineContext) {
    this.#scenario = scenario;
    this.#context = context;
  }

  /** Alters what one step gets to see. */
  async mutation(step: Step, mutation: Mutation): Promise<MutantOutcome> {
    const before = verdictsOf(step, await this.#asItIs());
    const after = isMet(before) ? await this.#altered(step, mutation) : undefined;
    return {
      scenario: this.#scenario.id,
      source: sourceOf(step),
      step: step.text,
      clauses: [...step.clauses],
      alteration: mutation.title,
      outcome: after === undefined ? 'unreached' : isNoticed(before, after) ? 'noticed' : 'survived',
      seen: showSeen(after ?? before),
    };
  }

  /** Has the stack break a clause as a whole. @throws Error when the harness could not judge it */
  async break(one: Break): Promise<MutantOutcome> {
    const before = (await this.#asItIs()).filter(({ clause }) => clause === one.clause).map(({ verdict }) => verdict);
    const isKeptNow =
      before.some((verdict) => verdict !== 'skip') && before.every((verdict) => verdict === 'skip' || isKept(verdict));
    const { results, hasErred } = isKeptNow ? await this.#broken(one) : { results: [], hasErred: false };
    const unmet = new Set(results.filter(({ verdict }) => isUnmet(verdict)).map(({ clause }) => clause));
    const noticed = unmet.delete(one.clause);
    return {
      scenario: this.#scenario.id,
      source: `${one.place.file}:${one.place.line}`,
      step: one.stack,
      clauses: [one.clause],
      alteration: one.stack,
      outcome: !isKeptNow ? 'unreached' : noticed ? 'noticed' : hasErred ? 'survived' : 'idle',
      seen: [...unmet].join(', '),
    };
  }

  #asItIs(): Promise<ExpectationResult[]> {
    this.#honest ??= runScenario(this.#scenario, this.#context).then(({ result }) => result.expectations);
    return this.#honest;
  }

  /** The step's verdicts; undefined when the run did not come to it, but to one of the same source in another branch. */
  async #altered(step: Step, mutation: Mutation): Promise<Seen[] | undefined> {
    const run = async (waits: Waits): Promise<Seen[] | undefined> => {
      const reached = new Set<Step>();
      const result = await this.#run({
        waits,
        evidenceFor: (one, session) => {
          reached.add(one);
          return one === step ? alteredEvidence(mutation, step, session) : recordedEvidence(session);
        },
      });
      if (result.verdict === 'error') return [{ verdict: 'error', told: result.reason ?? '' }];
      return reached.has(step) ? verdictsOf(step, result.expectations) : undefined;
    };
    const seen = await run(SHORT_WAITS);
    // A busy machine may not get as far as the step in so short a time; that says nothing about the step.
    return seen === undefined || seen.length === 0 ? run(DEFAULT_WAITS) : seen;
  }

  async #broken(one: Break): Promise<{ results: ExpectationResult[]; hasErred: boolean }> {
    const run = async (waits: Waits): Promise<{ results: ExpectationResult[]; hasErred: boolean }> => {
      const stack = new BrokenStack(one);
      const result = await this.#run({ waits, interpose: () => stack });
      if (result.verdict === 'error')
        throw new Error(`${this.#scenario.id}: ${result.reason ?? 'an error without a reason'}`);
      return { results: result.expectations, hasErred: stack.hasErred };
    };
    const short = await run(SHORT_WAITS);
    // As above: a busy machine may not have got anywhere in so short a time.
    return short.results.some(({ verdict }) => verdict !== 'inconclusive') ? short : run(DEFAULT_WAITS);
  }

  async #run(change: Partial<EngineContext>): Promise<ScenarioResult> {
    const folder = `mutant-${process.pid}-${nextRun++}`;
    const evidenceRoot = join(this.#context.evidenceRoot, folder);
    const { result } = await runScenario(this.#scenario, {
      ...this.#context,
      ...change,
      evidenceRoot,
      withoutMonitors: true,
    });
    rmSync(evidenceRoot, { recursive: true, force: true });
    return result;
  }
}

function verdictsOf(step: Step, results: readonly ExpectationResult[]): Seen[] {
  return seenAt(sourceOf(step), step.text, results);
}
