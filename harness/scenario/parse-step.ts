/** Turns the steps of a suite or sequence file into what the engine runs. */
import { DocumentError, gather, suggestion, type Diagnostic } from '../document/diagnostic.ts';
import type { NodePath, YamlFile } from '../document/yaml-file.ts';
import { NotationError, parseExpr, parseMatcher, type Matcher } from '../notation/expression.ts';
import { fillIn, type FilledText } from './fill-in.ts';
import { parsePacketLine, parsePacketTail, type PacketLine } from '../notation/packet-line.ts';
import type { Step } from './suite.ts';
import { parseSutLine } from './sut-line.ts';

/** A step as YAML has it, after the schema has seen it. */
export interface RawStep {
  send?: string;
  expect?: string;
  and?: string;
  'one-of'?: Record<string, string>;
  quiet?: string;
  allow?: string[];
  never?: string;
  from?: 'here' | 'start';
  sut?: string;
  use?: string;
  with?: Record<string, string | number | boolean>;
  repeat?: number;
  given?: string;
  steps?: RawStep[];
  distinct?: string;
  scattered?: string;
  check?: string;
  fence?: true;
  forget?: true | string;
  clause?: string | string[];
  within?: string;
  resend?: true;
  since?: 'stimulus';
}

/** A named list of steps. */
export interface Sequence {
  name: string;
  file: YamlFile;
  path: NodePath;
  /** Parameters and their defaults; undefined means that a value must be given. */
  parameters: Readonly<Record<string, string | undefined>>;
  steps: RawStep[];
}

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
  const within = raw.within === undefined ? {} : { within: milliseconds(raw.within) };
  switch (verb) {
    case 'send':
      return [{ ...base, kind: 'send', line: packetAt(raw.send, at, context, 'out'), clauses: [] }];
    case 'expect':
      return [
        {
          ...base,
          kind: 'expect',
          line: packetAt(raw.expect, at, context, 'in'),
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
          gather(context.diagnostics, () => ({ label, line: packetAt(line, [...at, label], context, 'in') })) ?? [],
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
        (line, index) =>
          gather(context.diagnostics, () => packetAt(line, [...path, 'allow', index], context, 'in')) ?? [],
      );
      return [{ ...base, kind: 'quiet', subflows: names === 'all' ? 'all' : names.split(/[\s,]+/), allow }];
    }
    case 'never':
      return [{ ...base, kind: 'never', line: packetAt(raw.never, at, context, 'in'), from: raw.from ?? 'here' }];
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

function expandSequence(raw: RawStep, path: NodePath, context: StepContext): Step[] {
  const at = [...path, 'use'];
  const name = say(raw.use ?? '', at, context);
  const sequence = context.sequences.get(`${name}-${context.role}`) ?? context.sequences.get(name);
  if (sequence === undefined) {
    const message = `there is no sequence "${name}"${suggestion(name, sequenceWords(context))}`;
    throw new DocumentError([context.file.diagnose(at, 'UNKNOWN_SEQUENCE', message)]);
  }
  if (context.depth > 8)
    throw new DocumentError([context.file.diagnose(at, 'BAD_VALUE', `sequence "${name}" uses itself`)]);
  const variables: Record<string, string> = {};
  for (const [parameter, fallback] of Object.entries(sequence.parameters))
    if (fallback !== undefined) variables[parameter] = fallback;
  for (const [parameter, given] of Object.entries(raw.with ?? {})) {
    if (!(parameter in sequence.parameters)) {
      const message = `sequence "${name}" has no parameter "${parameter}"${suggestion(parameter, Object.keys(sequence.parameters))}`;
      context.diagnostics.push(context.file.diagnoseKey([...path, 'with'], parameter, 'UNKNOWN_NAME', message));
    }
    variables[parameter] = say(String(given), [...path, 'with', parameter], context);
  }
  for (const parameter of Object.keys(sequence.parameters)) {
    if (variables[parameter] !== undefined) continue;
    const message = `sequence "${name}" needs a value for "${parameter}"; add with: { ${parameter}: ... }`;
    context.diagnostics.push(context.file.diagnose(at, 'BAD_VALUE', message));
    // Said once here, not again at every line of the sequence that reads it.
    variables[parameter] = '0';
  }
  const clauses = clausesIn(raw, path, context);
  const inner: StepContext = {
    ...context,
    file: sequence.file,
    variables,
    inherited: clauses,
    depth: context.depth + 1,
  };
  return parseSteps(sequence.steps, sequence.path, inner);
}

/** What can stand behind `use` here: names that the role completes, and those that need no completing. */
function sequenceWords(context: StepContext): Set<string> {
  const words = Array.from(
    context.sequences.keys(),
    (name) => /^(.*)-(initiator|responder)$/.exec(name) ?? [name, name, context.role],
  );
  return new Set(words.filter(([, , role]) => role === context.role).map(([, word = '']) => word));
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

function packetAt(
  written: string | undefined,
  path: NodePath,
  context: StepContext,
  direction: PacketLine['direction'],
): PacketLine {
  return readAt(written, path, context, (text) => {
    const line = parsePacketLine(text);
    if (line.direction === direction) return line;
    const message = direction === 'out' ? 'the tester sends with ">"' : 'packets of the stack have "<"';
    throw new NotationError(message, text.search(/[<>]/), 1, 'BAD_DIRECTION');
  });
}

function milliseconds(text: string): number {
  return text.endsWith('ms') ? Number(text.slice(0, -2)) : Number(text.slice(0, -1)) * 1000;
}
