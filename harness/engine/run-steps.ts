/** Carries out the steps of a scenario and collects what they judged. */
import { projectPath } from '../document/project-file.ts';
import type { Value } from '../notation/expression.ts';
import {
  allSteps,
  type CheckStep,
  type CollectedStep,
  type GivenStep,
  type RepeatStep,
  type Step,
  type SutStep,
} from '../scenario/suite.ts';
import { parseExpr } from '../notation/expression.ts';
import { showValue } from '../notation/styles.ts';
import { AgentRefused } from '../sut/types.ts';
import { describeMatcher, evaluate, matches, NotKnownYet, toInt } from '../notation/evaluate.ts';
import { judgeAnd, judgeExpect, judgeNever, judgeOneOf, judgeQuiet, type Outcome } from './judge-packets.ts';
import type { Session } from './session.ts';
import { runSutLine } from './sut-actions.ts';
import type { Tamper } from './tamper.ts';
import { type Level, verdictOf } from '../verdict/level.ts';
import type { ExpectationResult, LadderEntry } from '../verdict/result.ts';
import { byWorst, isKept, type Verdict } from '../verdict/verdict.ts';

/** What steps are run with. */
export interface StepRun {
  session: Session;
  /** Level of a clause; the loader has seen to it that it exists. */
  levelOf: (clause: string) => Level;
  results: ExpectationResult[];
  ladder: LadderEntry[];
  /** A lie to tell to one step. */
  tamper?: { step: Step; with: Tamper };
}

/** Where a step is written, as results tell it: file:line, below the installation's folder. */
export function sourceOf(step: Step): string {
  return `${projectPath(step.place.file)}:${step.place.line}`;
}

/** The scenario cannot go on: a step was not met, or what it needs is not there. */
export class ScenarioStopped extends Error {
  override readonly name = 'ScenarioStopped';
}

/** The agent does not have an operation that a step needs. */
export class AbilityMissing extends ScenarioStopped {}

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

async function runStep(step: Step, run: StepRun, inPreamble: boolean): Promise<Outcome | undefined> {
  const { session } = run;
  const tamper = run.tamper?.step === step ? run.tamper.with : undefined;
  try {
    switch (step.kind) {
      case 'send':
        session.stimulate();
        await session.send(step.line);
        return undefined;
      case 'expect':
        return await judgeExpect(step, session, tamper);
      case 'and':
        return judgeAnd(step, session, tamper);
      case 'one-of':
        return await judgeOneOf(step, session, tamper);
      case 'quiet':
        return await judgeQuiet(step, session, tamper);
      case 'never':
        return await judgeNever(step, session, tamper);
      case 'sut':
        return await judgeSut(step, session, tamper);
      case 'repeat':
        await repeat(step, run, inPreamble);
        return undefined;
      case 'given':
        if (session.lastLabel === step.label) await runSteps(step.steps, run, inPreamble);
        else passOver(step, run);
        return undefined;
      case 'distinct':
      case 'scattered':
        return judgeCollected(step, session, tamper);
      case 'check':
        return judgeCheck(step, session, tamper);
      case 'fence':
        await session.fence();
        return undefined;
      case 'forget':
        if (step.subflow === undefined) session.forget();
        else session.forgetSubflow(step.subflow);
        return undefined;
    }
  } catch (error) {
    if (error instanceof NotKnownYet) return { met: false, unreached: true, stop: true, message: error.message };
    throw error;
  }
}

/** Turns an outcome into results, one for each clause, and stops the scenario where nothing sensible can follow. */
function settle(step: Step, outcome: Outcome, run: StepRun, inPreamble: boolean): void {
  const source = sourceOf(step);
  const isPrecondition = inPreamble || step.clauses.length === 0 || outcome.unreached === true;
  if (isPrecondition && !outcome.met) {
    const clauses = step.clauses.length === 0 ? [''] : step.clauses;
    for (const clause of clauses) {
      const level = clause === '' ? 'stated' : run.levelOf(clause);
      run.results.push(resultOf({ clause, level, verdict: 'inconclusive', source, step: step.text }, outcome));
    }
    noteVerdict(run, 'inconclusive', step.clauses[0]);
    throw new ScenarioStopped(outcome.message);
  }
  for (const clause of inPreamble ? [] : step.clauses) {
    const level = run.levelOf(clause);
    const verdict = verdictOf(level, outcome.met);
    run.results.push(resultOf({ clause, level, verdict, source, step: step.text }, outcome));
    noteVerdict(run, verdict, clause);
  }
  if (!outcome.met && outcome.stop) throw new ScenarioStopped(outcome.message);
}

function resultOf(
  head: Pick<ExpectationResult, 'clause' | 'level' | 'verdict' | 'source' | 'step'>,
  outcome: Outcome,
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

async function judgeSut(step: SutStep, session: Session, tamper: Tamper | undefined): Promise<Outcome> {
  session.stimulate();
  const limit = session.patience(step.within ?? session.waits.answer);
  let answer: Readonly<Record<string, string>>;
  try {
    answer = await runSutLine(step.line, session, limit);
  } catch (error) {
    if (!(error instanceof AgentRefused)) throw error;
    if (error.code === 'ENOSYS')
      throw new AbilityMissing(`the agent does not have "${step.line.command}" (ENOSYS), which "${step.text}" needs`);
    answer = { error: error.code, text: error.message };
  }
  answer = session.broken?.answer(step.line.command, answer) ?? answer;
  const wantsError = step.line.returns.some(({ name }) => name === 'error');
  if (answer['error'] !== undefined && !wantsError) {
    return { met: false, stop: true, message: answer['text'] ?? '', expected: step.line.text, actual: answer['error'] };
  }
  const differences = [];
  for (const { name, matcher } of step.line.returns) {
    const told = tamper?.answer === undefined ? answer[name] : tamper.answer(name, answer[name]);
    const actual = told === undefined ? undefined : asValue(told);
    const scope = session.scope();
    if (!matches(matcher, actual, scope, (bound, value) => session.names.set(bound, value))) {
      differences.push({ field: name, expected: describeMatcher(matcher, scope, showValue), actual: told ?? 'absent' });
    }
  }
  if (differences.length === 0) return { met: true, stop: false, message: '' };
  const actual = differences.map(({ field, actual: got }) => `${field}=${got}`).join(' ');
  const expected = differences.map(({ field, expected: want }) => `${field}=${want}`).join(' ');
  return {
    met: false,
    stop: true,
    message: `the SUT's ${step.line.command} gave ${actual}, not ${expected}`,
    expected,
    actual,
    differences,
  };
}

/** Answers are text; what looks like a decimal number is one. */
function asValue(text: string): Value {
  return /^\d+$/.test(text) ? BigInt(text) : text;
}

async function repeat(step: RepeatStep, run: StepRun, inPreamble: boolean): Promise<void> {
  const { session } = run;
  const gathered = new Set<string>();
  for (let i = 0; i < step.times; i++) {
    // What the last round bound is taken out, or a value that comes again would look as if nothing was bound.
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
  const message = `only where the stack chooses "${step.label}"; it chose "${run.session.lastLabel ?? 'nothing'}"`;
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

function judgeCollected(step: CollectedStep, session: Session, tamper: Tamper | undefined): Outcome {
  const collected = session.collected.get(step.name) ?? [];
  const values = tamper?.values === undefined ? collected : tamper.values(collected);
  if (values.length < 2) {
    return {
      met: false,
      unreached: true,
      stop: true,
      message: `${step.name} was seen ${values.length} times; nothing can be compared`,
    };
  }
  return step.kind === 'distinct' ? judgeDistinct(step.name, values) : judgeScattered(step.name, values);
}

function judgeDistinct(name: string, values: readonly Value[]): Outcome {
  const seen = new Map<string, number>();
  for (const [index, value] of values.entries()) {
    const text = showValue(value, 'hex');
    const earlier = seen.get(text);
    if (earlier !== undefined) {
      return {
        met: false,
        stop: false,
        message: `${name} number ${index + 1} is that of number ${earlier + 1}`,
        expected: 'values that all differ',
        actual: text,
      };
    }
    seen.set(text, index);
  }
  return { met: true, stop: false, message: `${values.length} values, all different` };
}

/** Every bit that any value has room for must have been seen as 0 and as 1. */
function judgeScattered(name: string, values: readonly Value[]): Outcome {
  const numbers = values.map(toInt);
  const width = numbers.some((value) => value >> 32n > 0n) ? 64n : 32n;
  const ones = numbers.reduce((sum, value) => sum | value, 0n);
  const zeros = numbers.reduce((sum, value) => sum | ~value, 0n);
  const stuck = [...Array(Number(width)).keys()].filter(
    (bit) => ((ones >> BigInt(bit)) & (zeros >> BigInt(bit)) & 1n) === 0n,
  );
  if (stuck.length === 0)
    return { met: true, stop: false, message: `${values.length} values, every bit seen as 0 and 1` };
  const message = `over ${values.length} values of ${name}, bits ${stuck.join(', ')} never changed`;
  return { met: false, stop: false, message, expected: 'every bit 0 in some and 1 in other values', actual: message };
}

function judgeCheck(step: CheckStep, session: Session, tamper: Tamper | undefined): Outcome {
  const scope = session.scope();
  const found = evaluate(parseExpr(step.left, 0), scope);
  const left = tamper?.values?.([found])[0] ?? found;
  if (matches(step.comparison, left, scope, (name, value) => session.names.set(name, value)))
    return { met: true, stop: false, message: '' };
  const expected = describeMatcher(step.comparison, scope, (value) => showValue(value, 'hex'));
  const actual = showValue(left, 'hex');
  return { met: false, stop: false, message: `${step.left} is ${actual}, not ${expected}`, expected, actual };
}
