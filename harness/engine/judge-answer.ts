/** The steps that have the stack's application do something. */
import { describeMatcher, matches } from '../notation/evaluate.ts';
import type { Value } from '../notation/expression.ts';
import { showValue } from '../notation/styles.ts';
import type { SutStep } from '../scenario/action-steps.ts';
import { AbilityMissing } from './abilities.ts';
import type { Evidence } from './evidence.ts';
import type { Session } from './session.ts';
import { met, type StepOutcome } from './step-outcome.ts';

/** Has the agent do what the line says, and judges its answer. */
export async function judgeSut(step: SutStep, session: Session, evidence: Evidence): Promise<StepOutcome> {
  session.stimulate();
  const limit = session.patience.limit(step.within ?? session.patience.waits.answer);
  const answer = await evidence.answer(step.line, limit);
  if (answer['error'] === 'ENOSYS')
    throw new AbilityMissing(`the agent does not have "${step.line.command}" (ENOSYS), which "${step.text}" needs`);
  const wantsError = step.line.returns.some(({ name }) => name === 'error');
  if (answer['error'] !== undefined && !wantsError) {
    return { met: false, stop: true, message: answer['text'] ?? '', expected: step.line.text, actual: answer['error'] };
  }
  const differences = [];
  for (const { name, matcher } of step.line.returns) {
    const told = answer[name];
    const actual = told === undefined ? undefined : asValue(told);
    const scope = session.scope();
    if (!matches(matcher, actual, scope, (bound, value) => session.names.set(bound, value))) {
      differences.push({ field: name, expected: describeMatcher(matcher, scope, showValue), actual: told ?? 'absent' });
    }
  }
  if (differences.length === 0) return met();
  const actual = differences.map(({ field, actual: got }) => `${field}=${got}`).join(' ');
  const expected = differences.map(({ field, expected: want }) => `${field}=${want}`).join(' ');
  return {
    met: false,
    stop: true,
    message: `the SUT's ${step.line.command} returned ${actual}, expected ${expected}`,
    expected,
    actual,
    differences,
  };
}

/** Answers are text; what looks like a decimal number is one. */
function asValue(text: string): Value {
  return /^\d+$/.test(text) ? BigInt(text) : text;
}
