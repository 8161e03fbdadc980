/**
 * The verbs of steps. Each is a row of a table beside the type of its step: `packet-steps.ts`, `action-steps.ts`,
 * `value-steps.ts`, or here for steps with steps inside.
 *
 * A new verb also needs its effect in `engine/run-steps.ts`, the judgement that it makes, if any, and the ways in which a
 * stack could break it in `mutation/mutations.ts`; the compiler asks for them. The lists in the schema and in the manual
 * are written from these tables.
 */
import { DocumentError, type NodePath } from '../document/diagnostic.ts';
import type { Matcher } from '../notation/expression.ts';
import type { PacketLine } from '../notation/packet-line.ts';
import { ACTION_VERBS } from './action-steps.ts';
import { PACKET_VERBS } from './packet-steps.ts';
import { say, type TextContext } from './step-text.ts';
import { matchersIn, type OfKind, type StepInput, type StepVerb } from './step-verb.ts';
import type { RawStep, Step, StepKind } from './suite.ts';
import { VALUE_VERBS } from './value-steps.ts';

/** The input of every verb. */
interface VerbInput extends StepInput<RawStep> {
  /** Reads the steps inside. @throws DocumentError when there are none */
  readonly inner: () => Step[];
}

/** By kind of step, which is the verb. */
export const STEP_VERBS: { readonly [K in StepKind]: StepVerb<OfKind<K, Step>, VerbInput> } = {
  ...PACKET_VERBS,
  ...ACTION_VERBS,
  repeat: {
    manual: ['`repeat: N`, `steps: [...]`', 'repeats steps and collects the names bound inside; `$i` counts from 0'],
    schema: { type: 'integer', minimum: 1, maximum: 10000 },
    companions: ['steps'],
    judges: 'inside',
    build: ({ raw, base, inner }) => {
      const times = raw.repeat ?? 0;
      return { ...base, text: `repeat: ${times}`, clauses: [], kind: 'repeat', times, steps: inner() };
    },
  },
  given: {
    manual: [
      '`given: LABEL`, `steps: [...]`',
      'runs steps only if the last `one-of` matched that label; otherwise their clauses are `skip`',
    ],
    schema: { type: 'string', description: 'Label of an earlier one-of: the steps run if that alternative came.' },
    companions: ['steps'],
    judges: 'inside',
    build: ({ raw, at, base, context, inner }) => ({
      ...base,
      clauses: [],
      kind: 'given',
      label: say(raw.given ?? '', at, context),
      steps: inner(),
    }),
  },
  ...VALUE_VERBS,
};

/** The properties of a step's kind. */
export function verbOf(kind: StepKind): StepVerb<Step, VerbInput> {
  return STEP_VERBS[kind];
}

/** The packet lines of a step. */
export function linesOf(step: Step): readonly PacketLine[] {
  return verbOf(step.kind).lines?.(step) ?? [];
}

/** The matchers and values of a step. */
export function matchersOf(step: Step): Matcher[] {
  return [...linesOf(step).flatMap(matchersIn), ...(verbOf(step.kind).matchers?.(step) ?? [])];
}

/** @throws DocumentError where a `repeat` or `given` has no steps */
export function requireSteps(
  verb: StepKind,
  { steps = [] }: RawStep,
  path: NodePath,
  { file }: TextContext,
): RawStep[] {
  if (steps.length > 0) return steps;
  const message = `${verb} has no steps; add "steps"`;
  throw new DocumentError([file.diagnoseKey(path, verb, 'EMPTY', message)]);
}
