/** Steps that judge values outside of packets. */
import { NotationError, parseExpr, parseMatcher, type Matcher } from '../notation/expression.ts';
import { readAt, say } from './step-text.ts';
import type { StepBase, StepInput, StepVerb, VerbTable } from './step-verb.ts';

/** All collected values of a name differ (`distinct`), or every bit of them has been seen as 0 and as 1 (`scattered`). */
export interface CollectedStep extends StepBase {
  kind: 'distinct' | 'scattered';
  name: string;
}

/** Two values are equal, outside of any packet. */
export interface CheckStep extends StepBase {
  kind: 'check';
  left: string;
  comparison: Matcher;
}

/** A step about values. */
export type ValueStep = CollectedStep | CheckStep;

/** Such a step as YAML has it. */
export interface RawValueStep {
  distinct?: string;
  scattered?: string;
  check?: string;
}

const collected = (
  kind: 'distinct' | 'scattered',
): Pick<StepVerb<CollectedStep, StepInput<RawValueStep>>, 'companions' | 'judges' | 'build'> => ({
  companions: [],
  judges: 'always',
  build: ({ raw, at, base, context }) => ({ ...base, kind, name: say(raw[kind] ?? '', at, context) }),
});

/** The verbs about values. */
export const VALUE_VERBS: VerbTable<ValueStep, RawValueStep> = {
  distinct: {
    manual: ['`distinct: name`', 'all collected values differ'],
    schema: { type: 'string' },
    ...collected('distinct'),
  },
  scattered: {
    manual: ['`scattered: name`', 'every bit was 0 and 1 at least once among the collected values'],
    schema: { type: 'string' },
    ...collected('scattered'),
  },
  check: {
    manual: ['`check: $a = VALUE`', 'compares two values; `check: $a.sut_isn = ?isn` binds a value to a name'],
    schema: { type: 'string', description: 'Two values: "$a.key = $b.key".' },
    companions: [],
    judges: 'always',
    build: ({ raw, at, base, context }) => ({
      ...base,
      kind: 'check',
      ...readAt(raw.check ?? '', at, context, parseCheck),
    }),
    matchers: ({ comparison }) => [comparison],
  },
};

function parseCheck(text: string): { left: string; comparison: Matcher } {
  const equals = /\s+=\s+/.exec(text);
  if (equals === null)
    throw new NotationError('a check is "value = value", with spaces around the "="', 0, text.length);
  const left = text.slice(0, equals.index);
  const start = equals.index + equals[0].length;
  const indent = left.length - left.trimStart().length;
  parseExpr(left.trim(), indent);
  return { left: left.trim(), comparison: parseMatcher(text.slice(start).trimEnd(), start) };
}
