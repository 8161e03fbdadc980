/** Carries out the steps of a scenario and collects what they judged. */
import { projectPath } from '../document/project-file.ts';
import { allSteps, type GivenStep, type RepeatStep, type Step } from '../scenario/suite.ts';
import { NotKnownYet } from '../notation/evaluate.ts';
import { brokenInPreamble } from './blame.ts';
import { recordedEvidence, type EvidenceFor } from './evidence.ts';
import { judgeSut } from './judge-answer.ts';
import { judgeAnd, judgeExpect, judgeNever, judgeOneOf, judgeQuiet } from './judge-packets.ts';
import { judgeCheck, judgeCollected } from './judge-values.ts';
import type { Session } from './session.ts';
import { unreached, type StepOutcome } from './step-outcome.ts';
import { type Level, verdictOf } from '../verdict/level.ts';
import type { ExpectationResult, LadderEntry } from '../verdict/result.ts';
import { byWorst, isKept, type Verdict } from '../verdict/verdict.ts';

/** The environment in which steps run. */
export interface StepRun {
  session: Session;
  /** Level of a clause; the loader has seen to it that it exists. */
  levelOf: (clause: string) => Level;
  /** Clauses that the scenario's own steps judge. */
  about?: readonly string[];
  /** Fields whose value a clause lays down. */
  fieldsOf?: (clause: string) => readonly string[];
  results: ExpectationResult[];
  ladder: LadderEntry[];
  /** The evidence that each step reads; by default as recorded. */
  evidenceFor?: EvidenceFor;
}

/** Place of a step in results: file:line, below the installation's folder. */
export function sourceOf(step: Step): string {
  return `${projectPath(step.place.file)}:${step.place.line}`;
}

/** The scenario cannot continue: a step was not met, or something it needs is missing. */
export class ScenarioStopped extends Error {
  override readonly name = 'ScenarioStopped';
}

/** Runs steps one after the other. @throws ScenarioStopped when the rest makes no sense any more */
export async function runSteps(steps: readonly Step[], run: StepRun, inPreamble: boolean): Promise<void> {
  for (const step of steps) {
    const { session } = run;
    const isStimulus = step.kind === 'send' || step.kind === 'sut';
    if (!isStimulus) session.inStimulus = false;
    run.ladder.push({ at: session.now(), kind: 'step', text: step.text });
    const outcome = await runStep(step, run, inPreamble);
    if (outcome !== undefined) settle(step, outcome, run, inPreamble);
  }
}

async function runStep(step: Step, run: StepRun, inPreamble: boolean): Promise<StepOutcome | undefined> {
  const { session } = run;
  const evidence = run.evidenceFor?.(step, session) ?? recordedEvidence(session);
  try {
    switch (step.kind) {
      case 'send':
        session.stimulate();
        await session.send(step.line);
        return undefined;
      case 'expect':
        return await judgeExpect(step, session, evidence);
      case 'and':
        return judgeAnd(step, session, evidence);
      case 'one-of':
        return await judgeOneOf(step, session, evidence);
      case 'quiet':
        return await judgeQuiet(step, session, evidence);
      case 'never':
        return await judgeNever(step, session, evidence);
      case 'sut':
        return await judgeSut(step, session, evidence);
      case 'repeat':
        await repeat(step, run, inPreamble);
        return undefined;
      case 'given':
        if (session.lastLabel === step.label) await runSteps(step.steps, run, inPreamble);
        else passOver(step, run);
        return undefined;
      case 'distinct':
      case 'scattered':
        return judgeCollected(step, evidence);
      case 'check':
        return judgeCheck(step, session, evidence);
      case 'fence':
        await session.fence();
        return undefined;
      case 'forget':
        if (step.subflow === undefined) session.forget();
        else session.forgetSubflow(step.subflow);
        return undefined;
    }
  } catch (error) {
    if (error instanceof NotKnownYet) return unreached(error.message);
    throw error;
  }
}

/** Turns an outcome into results, one for each clause, and stops the scenario where nothing sensible can follow. */
function settle(step: Step, outcome: StepOutcome, run: StepRun, inPreamble: boolean): void {
  const source = sourceOf(step);
  const isPrecondition = inPreamble || step.clauses.length === 0 || outcome.unreached === true;
  const broken =
    inPreamble && !outcome.met ? brokenInPreamble(outcome.differences, run.about ?? [], run.fieldsOf ?? noFields) : [];
  if (broken.length > 0) {
    addResults(step, broken, outcome, run);
    throw new ScenarioStopped(outcome.message);
  }
  if (isPrecondition && !outcome.met) {
    const clauses = step.clauses.length === 0 ? [''] : step.clauses;
    for (const clause of clauses) {
      const level = clause === '' ? 'stated' : run.levelOf(clause);
      run.results.push(resultOf({ clause, level, verdict: 'inconclusive', source, step: step.text }, outcome));
    }
    noteVerdict(run, 'inconclusive', step.clauses[0]);
    throw new ScenarioStopped(outcome.message);
  }
  if (!inPreamble) addResults(step, step.clauses, outcome, run);
  if (!outcome.met && outcome.stop) throw new ScenarioStopped(outcome.message);
}

/** The outcome of a step for each of its clauses. */
function addResults(step: Step, clauses: readonly string[], outcome: StepOutcome, run: StepRun): void {
  const source = sourceOf(step);
  for (const clause of clauses) {
    const level = run.levelOf(clause);
    const verdict = verdictOf(level, outcome.met);
    run.results.push(resultOf({ clause, level, verdict, source, step: step.text }, outcome));
    noteVerdict(run, verdict, clause);
  }
}

const noFields = (): readonly string[] => [];

function resultOf(
  head: Pick<ExpectationResult, 'clause' | 'level' | 'verdict' | 'source' | 'step'>,
  outcome: StepOutcome,
): ExpectationResult {
  const { message, expected, actual, differences, nearMisses } = outcome;
  // Which alternative came, or how many values were compared.
  if (outcome.met) return message === '' && head.verdict !== 'info' ? head : { ...head, message };
  return {
    ...head,
    message,
    ...(expected === undefined ? {} : { expected }),
    ...(actual === undefined ? {} : { actual }),
    ...(differences === undefined ? {} : { differences }),
    ...(nearMisses === undefined || nearMisses.length === 0 ? {} : { nearMisses }),
  };
}

function noteVerdict(run: StepRun, verdict: Verdict, clause: string | undefined): void {
  const last = run.ladder.findLast((entry) => entry.kind === 'step');
  if (last === undefined) return;
  // Several clauses on one step: the diagram shows the worst.
  if (last.verdict !== undefined && byWorst(last.verdict, verdict) <= 0) return;
  last.verdict = verdict;
  if (clause !== undefined) last.clause = clause;
}

async function repeat(step: RepeatStep, run: StepRun, inPreamble: boolean): Promise<void> {
  const { session } = run;
  const gathered = new Set<string>();
  for (let i = 0; i < step.times; i++) {
    // Names bound in the last round are removed; otherwise an equal value would look unbound.
    for (const name of gathered) session.names.delete(name);
    const earlier = run.results.length;
    const before = new Map(session.names);
    session.names.set('i', BigInt(i));
    await runSteps(step.steps, run, inPreamble);
    for (const [name, value] of session.names) {
      if (before.get(name) === value && before.has(name)) continue;
      gathered.add(name);
      session.collected.set(name, [...(session.collected.get(name) ?? []), value]);
    }
    // Hundreds of equal passes say no more than the first; what differs stays.
    if (i > 0 && run.results.slice(earlier).every((result) => isKept(result.verdict))) run.results.length = earlier;
  }
}

/** The stack took another way: the clauses of the steps inside do not apply to it here. */
function passOver(step: GivenStep, run: StepRun): void {
  const message = `applies only if the stack chooses "${step.label}"; it chose "${run.session.lastLabel ?? 'nothing'}"`;
  for (const one of allSteps(step.steps)) {
    for (const clause of one.clauses) {
      run.results.push({
        clause,
        level: run.levelOf(clause),
        verdict: 'skip',
        source: sourceOf(one),
        step: one.text,
        message,
      });
    }
  }
}
