/**
 * The verbs of steps: for each, how it is built from YAML and what the linter has to know of it.
 *
 * A new verb also needs its step in `suite.ts`, what it does in `engine/run-steps.ts`, and how a stack could break it in
 * `mutation/mutations.ts`; the compiler asks for them. The schema's and the manual's lists are written from this table.
 */
import { DocumentError, gather, type NodePath } from '../document/diagnostic.ts';
import { NotationError, parseExpr, parseMatcher, type Matcher } from '../notation/expression.ts';
import { parsePacketTail, parseSentLine, type PacketLine } from '../notation/packet-line.ts';
import { packetAt, readAt, say, type TextContext } from './step-text.ts';
import type { RawStep, Step, StepKind, StepOf } from './suite.ts';
import { parseSutLine } from './sut-line.ts';

/** The input from which a step is built. */
interface StepInput {
  raw: RawStep;
  /** Of the step. */
  path: NodePath;
  /** Of the verb's value. */
  at: NodePath;
  /** The properties that every step has. */
  base: Pick<Step, 'place' | 'text' | 'clauses'>;
  /** `within` in milliseconds. */
  within: { within?: number };
  context: TextContext;
  /** Reads the steps inside. @throws DocumentError when there are none */
  readonly inner: () => Step[];
}

/** Keys of a step that only go with certain verbs. */
export type Companion = 'within' | 'resend' | 'since' | 'allow' | 'from' | 'unless' | 'with' | 'steps';

/** The properties of steps of one kind. */
export interface StepVerb<S extends Step> {
  readonly companions: readonly Companion[];
  /**
   * Whether a step of the kind judges clauses: it cannot fail (`never`), it may also be a precondition (`may`), it has no
   * other use (`always`), or the steps inside it do (`inside`).
   */
  readonly judges: 'never' | 'may' | 'always' | 'inside';
  /** The verb as people write it, and what the step does: a row of the manual's table. */
  readonly manual: readonly [written: string, does: string];
  /** JSON Schema of the verb's value. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** Builds the step from YAML that the schema has seen. @throws DocumentError */
  readonly build: (input: StepInput) => S;
  /** The packet lines of the step. */
  lines?(step: S): readonly PacketLine[];
  /** Matchers that stand in none of its packet lines. */
  matchers?(step: S): readonly Matcher[];
}

const packets = (lines: Readonly<Record<string, string>>, at: NodePath, context: TextContext): [string, PacketLine][] =>
  Object.entries(lines).flatMap(
    ([key, line]) =>
      gather(context.diagnostics, (): [string, PacketLine][] => [[key, packetAt(line, [...at, key], context)]]) ?? [],
  );

const collected = (
  kind: 'distinct' | 'scattered',
): Pick<StepVerb<StepOf<'distinct'>>, 'companions' | 'judges' | 'build'> => ({
  companions: [],
  judges: 'always',
  build: ({ raw, at, base, context }) => ({ ...base, kind, name: say(raw[kind] ?? '', at, context) }),
});

/** By kind of step, which is the verb. */
export const STEP_VERBS: { readonly [K in StepKind]: StepVerb<StepOf<K>> } = {
  send: {
    manual: ['`send: LINE`', 'sends one packet'],
    schema: { type: 'string', description: 'A packet from the tester: "a SYN <mp_capable>".' },
    companions: [],
    judges: 'never',
    build: ({ raw, at, base, context }) => ({
      ...base,
      kind: 'send',
      line: readAt(raw.send ?? '', at, context, parseSentLine),
      clauses: [],
    }),
    lines: ({ line }) => [line],
  },
  expect: {
    manual: [
      '`expect: LINE`',
      'waits for a packet (2 s, or `within: 5s`; scaled by the measured round trip). It skips pure acknowledgments and retransmissions of matched packets; any other packet of that subflow that does not match fails the step at once. `resend: true` sends the last packet again after a second without an answer, as a peer does whose data is not acknowledged. `since: stimulus` ignores packets from before the last stimulus',
    ],
    schema: { type: 'string', description: 'A packet from the stack: "a SYN/ACK <mp_capable len=12>".' },
    companions: ['within', 'resend', 'since'],
    judges: 'may',
    build: ({ raw, at, base, within, context }) => ({
      ...base,
      kind: 'expect',
      line: packetAt(raw.expect ?? '', at, context),
      ...within,
      ...(raw.resend === true ? { resend: true } : {}),
      ...(raw.since === undefined ? {} : { since: raw.since }),
    }),
    lines: ({ line }) => [line],
  },
  and: {
    manual: [
      '`and: REST`',
      'judges the packet that was matched last under another clause: `and: <mp_tcprst reason=mptcp-specific>`',
    ],
    schema: { type: 'string', description: 'Judges the packet that was matched last under another clause.' },
    companions: [],
    judges: 'always',
    build: ({ raw, at, base, context }) => ({
      ...base,
      kind: 'and',
      tail: readAt(raw.and ?? '', at, context, parsePacketTail),
    }),
    matchers: ({ tail }) => matchersIn(tail),
  },
  'one-of': {
    manual: ['`one-of: {label: LINE, ...}`', 'matches any of several packets and records the label; use it for a MAY'],
    schema: {
      type: 'object',
      description: 'Alternatives by label; the result records which one came.',
      minProperties: 2,
      additionalProperties: { type: 'string' },
    },
    companions: ['within'],
    judges: 'may',
    build: ({ raw, at, base, within, context }) => {
      const alternatives = packets(raw['one-of'] ?? {}, at, context).map(([label, line]) => ({ label, line }));
      const text = `one-of: ${alternatives.map((one) => one.line.text).join(' | ')}`;
      return { ...base, text, kind: 'one-of', alternatives, ...within };
    },
    lines: ({ alternatives }) => alternatives.map(({ line }) => line),
  },
  quiet: {
    manual: [
      '`quiet: a` (or `all`), `allow: [LINE, ...]`',
      'after a fence: only the allowed packets have arrived since the last stimulus',
    ],
    schema: { type: 'string', description: 'A subflow, or all: only the allowed packets come.' },
    companions: ['allow'],
    judges: 'always',
    build: ({ raw, path, at, base, context }) => {
      const names = say(raw.quiet ?? '', at, context).trim();
      const allow = (raw.allow ?? []).flatMap(
        (line, index) => gather(context.diagnostics, () => packetAt(line, [...path, 'allow', index], context)) ?? [],
      );
      return { ...base, kind: 'quiet', subflows: names === 'all' ? 'all' : names.split(/[\s,]+/), allow };
    },
    lines: ({ allow }) => allow,
  },
  never: {
    manual: [
      '`never: LINE`, `from: start`, `unless: retransmitted`',
      'after a fence: no such packet has arrived since the last stimulus, or since the start. With `unless: retransmitted`, data may come that another subflow had to retransmit before, because the tester was slow',
    ],
    schema: { type: 'string', description: 'A packet that must not have come.' },
    companions: ['from', 'unless'],
    judges: 'always',
    build: ({ raw, at, base, context }) => ({
      ...base,
      kind: 'never',
      line: packetAt(raw.never ?? '', at, context),
      from: raw.from ?? 'here',
      ...(raw.unless === undefined ? {} : { unless: raw.unless }),
    }),
    lines: ({ line }) => [line],
  },
  sut: {
    manual: [
      '`sut: COMMAND -> FIELD=VALUE ...`',
      "an action of the stack's application; compares its result with the fields after `->`",
    ],
    schema: { type: 'string', description: 'An action of the stack: "recv bytes=100 -> pattern=ok".' },
    companions: ['within'],
    judges: 'may',
    build: ({ raw, at, base, within, context }) => ({
      ...base,
      kind: 'sut',
      line: readAt(raw.sut ?? '', at, context, parseSutLine),
      ...within,
    }),
    matchers: ({ line }) => [...line.args, ...line.returns].map((item) => item.matcher),
  },
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
  fence: {
    manual: ['`fence: true`', 'waits until the stack has processed everything sent'],
    schema: { const: true },
    companions: [],
    judges: 'never',
    build: ({ base }) => ({ ...base, kind: 'fence', clauses: [] }),
  },
  forget: {
    manual: [
      '`forget: true`, `forget: b`',
      'the next SYN starts a new MPTCP connection; the next SYN on `b` starts a new subflow',
    ],
    schema: { anyOf: [{ const: true }, { type: 'string' }] },
    companions: [],
    judges: 'never',
    build: ({ raw, at, base, context }) => ({
      ...base,
      kind: 'forget',
      clauses: [],
      ...(raw.forget === true ? {} : { subflow: say(raw.forget ?? '', at, context) }),
    }),
  },
};

/** The properties of a step's kind. */
export function verbOf(kind: StepKind): StepVerb<Step> {
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

function matchersIn({ fields, options }: Pick<PacketLine, 'fields' | 'options'>): Matcher[] {
  return [...fields, ...(options?.items ?? []).flatMap((item) => item.fields)].map((field) => field.matcher);
}

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
