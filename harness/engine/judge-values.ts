/** The steps that judge values: of one expression, or of all rounds of a `repeat`. */
import { describeMatcher, matches, toInt } from '../notation/evaluate.ts';
import type { Value } from '../notation/expression.ts';
import { showValue } from '../notation/styles.ts';
import type { CheckStep, CollectedStep } from '../scenario/value-steps.ts';
import type { Evidence } from './evidence.ts';
import type { Session } from './session.ts';
import { met, unreached, type StepOutcome } from './step-outcome.ts';

/** Judges what the rounds of a `repeat` have bound to one name. */
export function judgeCollected(step: CollectedStep, evidence: Evidence): StepOutcome {
  const values = evidence.collected(step.name);
  if (values.length < 2)
    return unreached(`${step.name} was seen ${values.length} times; at least 2 are needed to compare`);
  return step.kind === 'distinct' ? judgeDistinct(step.name, values) : judgeScattered(step.name, values);
}

function judgeDistinct(name: string, values: readonly Value[]): StepOutcome {
  const seen = new Map<string, number>();
  for (const [index, value] of values.entries()) {
    const text = showValue(value, 'hex');
    const earlier = seen.get(text);
    if (earlier !== undefined) {
      return {
        met: false,
        stop: false,
        message: `value ${index + 1} of ${name} is the same as value ${earlier + 1}`,
        expected: 'different values',
        actual: text,
      };
    }
    seen.set(text, index);
  }
  return met(`${values.length} values, all different`);
}

/** Every bit that any value has room for must have been seen as 0 and as 1. */
function judgeScattered(name: string, values: readonly Value[]): StepOutcome {
  const numbers = values.map(toInt);
  const width = numbers.some((value) => value >> 32n > 0n) ? 64n : 32n;
  const ones = numbers.reduce((sum, value) => sum | value, 0n);
  const zeros = numbers.reduce((sum, value) => sum | ~value, 0n);
  const stuck = [...Array(Number(width)).keys()].filter(
    (bit) => ((ones >> BigInt(bit)) & (zeros >> BigInt(bit)) & 1n) === 0n,
  );
  if (stuck.length === 0) return met(`${values.length} values, every bit seen as 0 and 1`);
  const message = `over ${values.length} values of ${name}, bits ${stuck.join(', ')} never changed`;
  return { met: false, stop: false, message, expected: 'every bit 0 in some values and 1 in others', actual: message };
}

/** Judges a value that the conversation has made known. */
export function judgeCheck(step: CheckStep, session: Session, evidence: Evidence): StepOutcome {
  const scope = session.scope();
  const left = evidence.value(step.left);
  if (matches(step.comparison, left, scope, (name, value) => session.names.set(name, value))) return met();
  const expected = describeMatcher(step.comparison, scope, (value) => showValue(value, 'hex'));
  const actual = showValue(left, 'hex');
  return { met: false, stop: false, message: `${step.left} is ${actual}, not ${expected}`, expected, actual };
}
