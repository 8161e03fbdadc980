/** Turns the steps of a suite or sequence file into what the engine runs. */
import { amount } from '../document/amount.ts';
import { DocumentError, gather, suggestion, type Diagnostic } from '../document/diagnostic.ts';
import type { NodePath, YamlFile } from '../document/yaml-file.ts';
import { NotationError, parseExpr, parseMatcher, type Matcher } from '../notation/expression.ts';
import { fillIn, type FilledText } from './fill-in.ts';
import { parsePacketLine, parsePacketTail, parseSentLine, type PacketLine } from '../notation/packet-line.ts';
import type { RawStep } from './raw-step.ts';
import type { Sequence } from './sequences.ts';
import type { Step } from './suite.ts';
import { parseSutLine } from './sut-line.ts';

/** Where steps are being read, and what they may refer to. */
export interface StepContext {
  file: YamlFile;
  variables: Readonly<Record<string, string>>;
  role: 'initiator' | 'responder';
  sequences: ReadonlyMap<string, Sequence>;
  /** Clauses that steps without their own judge, from the `use` around them. */
  inherited: readonly string[];
  diagnostics: Diagnostic[];
  depth: number;
}

/** The keys of which a step has exactly one. */
const VERBS = [
  'send',
  'expect',
  'and',
  'one-of',
  'quiet',
  'never',
  'sut',
  'use',
  'repeat',
  'given',
  'distinct',
  'scattered',
  'check',
  'fence',
  'forget',
] as const;

type Verb = (typeof VERBS)[number];

/** Steps that cannot fail. */
const JUDGES_NOTHING: readonly Verb[] = ['send', 'fence', 'forget'];

/** Keys that only go with certain verbs. */
const COMPANIONS: Readonly<Record<string, readonly string[]>> = {
  within: ['expect', 'one-of', 'sut'],
  resend: ['expect'],
  since: ['expect'],
  allow: ['quiet'],
  from: ['never'],
  with: ['use'],
  steps: ['repeat', 'given'],
};

/** Reads a list of steps; what is wrong goes to `context.diagnostics`. */
export function parseSteps(raw: readonly RawStep[], path: NodePath, context: StepContext): Step[] {
  return raw.flatMap((step, index) => parseStep(step, [...path, index], context));
}

function parseStep(raw: RawStep, path: NodePath, context: StepContext): Step[] {
  const { file, diagnostics } = context;
  const verbs = VERBS.filter((verb) => raw[verb] !== undefined);
  const verb = verbs[0];
  if (verb === undefined || verbs.length > 1) {
    const message = `a step has exactly one of: ${VERBS.join(', ')}${verbs.length > 1 ? `; this one has ${verbs.join(' and ')}` : ''}`;
    diagnostics.push(file.diagnose(path, 'SCHEMA', message));
    return [];
  }
  for (const [key, owners] of Object.entries(COMPANIONS)) {
    if (key in raw && !owners.includes(verb)) {
      const message = `"${key}" goes with ${owners.join(' or ')}, not with ${verb}`;
      diagnostics.push(file.diagnoseKey(path, key, 'UNKNOWN_KEY', message));
    }
  }
  if (raw.clause !== undefined && JUDGES_NOTHING.includes(verb)) {
    const message = `${verb} judges nothing; name the clause at a step that expects something`;
    diagnostics.push(file.diagnoseKey(path, 'clause', 'NO_JUDGEMENT', message));
  }
  return gather(diagnostics, () => build(verb, raw, path, context)) ?? [];
}

/** @throws DocumentError */
function build(verb: Verb, raw: RawStep, path: NodePath, context: StepContext): Step[] {
  if (verb === 'use') return expandSequence(raw, path, context);
  const at = [...path, verb];
  const written = raw[verb];
  const text = typeof written === 'string' ? `${verb}: ${say(written, at, context)}` : verb;
  const base = { place: context.file.placeOf(path), text, clauses: clausesIn(raw, path, context) };
  const within = raw.within === undefined ? {} : { within: amount(raw.within) };
  switch (verb) {
    case 'send':
      return [{ ...base, kind: 'send', line: readAt(raw.send, at, context, parseSentLine), clauses: [] }];
    case 'expect':
      return [
        {
          ...base,
          kind: 'expect',
          line: packetAt(raw.expect, at, context),
          ...within,
          ...(raw.resend === true ? { resend: true } : {}),
          ...(raw.since === undefined ? {} : { since: raw.since }),
        },
      ];
    case 'and':
      return [{ ...base, kind: 'and', tail: readAt(raw.and, at, context, parsePacketTail) }];
    case 'one-of': {
      const alternatives = Object.entries(raw['one-of'] ?? {}).flatMap(
        ([label, line]) =>
          gather(context.diagnostics, () => ({ label, line: packetAt(line, [...at, label], context) })) ?? [],
      );
      return [
        {
          ...base,
          text: `one-of: ${alternatives.map((one) => one.line.text).join(' | ')}`,
          kind: 'one-of',
          alternatives,
          ...within,
        },
      ];
    }
    case 'quiet': {
      const names = say(raw.quiet ?? '', at, context).trim();
      const allow = (raw.allow ?? []).flatMap(
        (line, index) => gather(context.diagnostics, () => packetAt(line, [...path, 'allow', index], context)) ?? [],
      );
      return [{ ...base, kind: 'quiet', subflows: names === 'all' ? 'all' : names.split(/[\s,]+/), allow }];
    }
    case 'never':
      return [{ ...base, kind: 'never', line: packetAt(raw.never, at, context), from: raw.from ?? 'here' }];
    case 'sut':
      return [{ ...base, kind: 'sut', line: readAt(raw.sut, at, context, parseSutLine), ...within }];
    case 'repeat':
      return [
        {
          ...base,
          text: `repeat: ${raw.repeat ?? 0}`,
          clauses: [],
          kind: 'repeat',
          times: raw.repeat ?? 0,
          steps: inner(verb, base, raw, path, context),
        },
      ];
    case 'given':
      return [
        {
          ...base,
          clauses: [],
          kind: 'given',
          label: say(raw.given ?? '', at, context),
          steps: inner(verb, base, raw, path, context),
        },
      ];
    case 'distinct':
    case 'scattered':
      return [{ ...base, kind: verb, name: say(raw[verb] ?? '', at, context) }];
    case 'check':
      return [{ ...base, kind: 'check', ...readAt(raw.check, at, context, parseCheck) }];
    case 'fence':
      return [{ ...base, kind: 'fence', clauses: [] }];
    case 'forget':
      return [
        {
          ...base,
          kind: 'forget',
          clauses: [],
          ...(raw.forget === true ? {} : { subflow: say(raw.forget ?? '', at, context) }),
        },
      ];
  }
}

/** The steps of a `repeat` or `given`; a clause there is judged by them. */
function inner(
  verb: 'repeat' | 'given',
  base: { clauses: string[] },
  raw: RawStep,
  path: NodePath,
  context: StepContext,
): Step[] {
  if (raw.steps === undefined || raw.steps.length === 0) {
    const message = `there is nothing to ${verb === 'repeat' ? 'repeat' : 'do'}; add "steps"`;
    throw new DocumentError([context.file.diagnoseKey(path, verb, 'EMPTY', message)]);
  }
  return parseSteps(raw.steps, [...path, 'steps'], { ...context, inherited: base.clauses });
}

function parseCheck(text: string): { left: string; comparison: Matcher } {
  const equals = /\s+=\s+/.exec(text);
  if (equals === null)
    throw new NotationError('a check is "value = value", with blanks around the "="', 0, text.length);
  const left = text.slice(0, equals.index);
  const start = equals.index + equals[0].length;
  const indent = left.length - left.trimStart().length;
  parseExpr(left.trim(), indent);
  return { left: left.trim(), comparison: parseMatcher(text.slice(start).trimEnd(), start) };
}

/** How `use` names a sequence: the whole name, or a variable whose value is one. Parts of names cannot be searched for. */
const SEQUENCE_NAME = /^(?:[a-z0-9-]+|\$\{[^}]*\})$/;

/** @throws DocumentError */
function expandSequence(raw: RawStep, path: NodePath, context: StepContext): Step[] {
  const at = [...path, 'use'];
  const fail = (code: 'UNKNOWN_SEQUENCE' | 'BAD_VALUE', message: string): never => {
    throw new DocumentError([context.file.diagnose(at, code, message)]);
  };
  const written = raw.use ?? '';
  if (!SEQUENCE_NAME.test(written.trim())) {
    fail('BAD_VALUE', 'a sequence is named as a whole; let a row of "for-each" give the name: use: ${end}');
  }
  const name = say(written, at, context).trim();
  const sequence = context.sequences.get(name);
  if (sequence === undefined) {
    return fail('UNKNOWN_SEQUENCE', `there is no sequence "${name}"${suggestion(name, context.sequences.keys())}`);
  }
  const key = sequence.steps[context.role] === undefined ? 'steps' : context.role;
  const steps = sequence.steps[key];
  if (steps === undefined) return fail('UNKNOWN_SEQUENCE', `sequence "${name}" has no steps for the ${context.role}`);
  if (context.depth > 8) fail('BAD_VALUE', `sequence "${name}" uses itself`);
  const clauses = clausesIn(raw, path, context);
  const inner: StepContext = {
    ...context,
    file: sequence.file,
    variables: argumentsOf(sequence, raw, path, context),
    inherited: clauses,
    depth: context.depth + 1,
  };
  return parseSteps(steps, [...sequence.path, key], inner);
}

/** Values for a sequence's parameters: those given `with` it, else its defaults. */
function argumentsOf(sequence: Sequence, raw: RawStep, path: NodePath, context: StepContext): Record<string, string> {
  const { name, parameters } = sequence;
  const variables: Record<string, string> = {};
  for (const [parameter, fallback] of Object.entries(parameters))
    if (fallback !== undefined) variables[parameter] = fallback;
  for (const [parameter, given] of Object.entries(raw.with ?? {})) {
    if (!(parameter in parameters)) {
      const message = `sequence "${name}" has no parameter "${parameter}"${suggestion(parameter, Object.keys(parameters))}`;
      context.diagnostics.push(context.file.diagnoseKey([...path, 'with'], parameter, 'UNKNOWN_NAME', message));
    }
    variables[parameter] = say(String(given), [...path, 'with', parameter], context);
  }
  for (const parameter of Object.keys(parameters)) {
    if (variables[parameter] !== undefined) continue;
    const message = `sequence "${name}" needs a value for "${parameter}"; add with: { ${parameter}: ... }`;
    context.diagnostics.push(context.file.diagnose([...path, 'use'], 'BAD_VALUE', message));
    // Said once here, not again at every line of the sequence that reads it.
    variables[parameter] = '0';
  }
  return variables;
}

function clausesIn(raw: RawStep, path: NodePath, context: StepContext): string[] {
  if (raw.clause === undefined) return [...context.inherited];
  if (typeof raw.clause === 'string') return [say(raw.clause, [...path, 'clause'], context)];
  return raw.clause.map((clause, index) => say(clause, [...path, 'clause', index], context));
}

/** A text with its variables filled in; those that are not known go to `context.diagnostics`. */
export function say(
  written: string,
  path: NodePath,
  context: Pick<StepContext, 'file' | 'variables' | 'diagnostics'>,
): string {
  return fill(written, path, context).text;
}

function fill(
  written: string,
  path: NodePath,
  context: Pick<StepContext, 'file' | 'variables' | 'diagnostics'>,
): FilledText {
  return fillIn(written, context.variables, (name, from, span) => {
    const message = `there is no variable "${name}" here${suggestion(name, Object.keys(context.variables))}`;
    const found = context.file.diagnoseWithin(path, 'UNKNOWN_NAME', message, from, span);
    const isKnown = context.diagnostics.some((one) => one.message === message && samePlace(one, found));
    if (!isKnown) context.diagnostics.push(found);
  });
}

function samePlace({ place: a }: Diagnostic, { place: b }: Diagnostic): boolean {
  return a.file === b.file && a.line === b.line && a.column === b.column;
}

/** Reads a notation; errors point at the characters as they are written, before variables were filled in. */
function readAt<T>(written: string | undefined, path: NodePath, context: StepContext, parse: (text: string) => T): T {
  const { text, origin } = fill(written ?? '', path, context);
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof NotationError)) throw error;
    const from = origin(error.at);
    const span = Math.max(1, origin(error.at + error.span) - from);
    throw new DocumentError([context.file.diagnoseWithin(path, error.code, error.message, from, span)]);
  }
}

function packetAt(written: string | undefined, path: NodePath, context: StepContext): PacketLine {
  return readAt(written, path, context, parsePacketLine);
}
