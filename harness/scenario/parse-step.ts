/** Turns the steps of a suite or sequence file into what the engine runs. */
import type { Diagnostic } from '../document/diagnostic.ts';
import { suggestion } from '../document/diagnostic.ts';
import type { NodePath, YamlFile } from '../document/yaml-file.ts';
import { NotationError, parseMatcher } from './expression.ts';
import { parsePacketLine, parsePacketTail, type PacketLine } from './packet-line.ts';
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
  steps?: RawStep[];
  distinct?: string;
  scattered?: string;
  check?: string;
  fence?: true;
  forget?: true | string;
  clause?: string | string[];
  within?: string;
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
  'send', 'expect', 'and', 'one-of', 'quiet', 'never', 'sut', 'use', 'repeat', 'distinct', 'scattered', 'check', 'fence', 'forget',
] as const;

/** Keys that only go with certain verbs. */
const COMPANIONS: Readonly<Record<string, readonly string[]>> = {
  within: ['expect', 'one-of', 'sut'],
  allow: ['quiet'],
  from: ['never'],
  with: ['use'],
  steps: ['repeat'],
};

/** Reads a list of steps; what is wrong goes to `context.diagnostics`. */
export function parseSteps(raw: readonly RawStep[], path: NodePath, context: StepContext): Step[] {
  return raw.flatMap((step, index) => parseStep(step, [...path, index], context));
}

function parseStep(raw: RawStep, path: NodePath, context: StepContext): Step[] {
  const verbs = VERBS.filter((verb) => raw[verb] !== undefined);
  const verb = verbs[0];
  if (verb === undefined || verbs.length > 1) {
    const message = `a step has exactly one of: ${VERBS.join(', ')}${verbs.length > 1 ? `; this one has ${verbs.join(' and ')}` : ''}`;
    context.diagnostics.push(context.file.diagnose(path, 'SCHEMA', message));
    return [];
  }
  for (const [key, owners] of Object.entries(COMPANIONS)) {
    if (key in raw && !owners.includes(verb)) {
      const message = `"${key}" goes with ${owners.join(' or ')}, not with ${verb}`;
      context.diagnostics.push(context.file.diagnoseKey(path, key, 'UNKNOWN_KEY', message));
    }
  }
  try {
    return build(verb, raw, path, context);
  } catch (error) {
    if (!(error instanceof NotationError)) throw error;
    context.diagnostics.push(context.file.diagnose([...path, verb], error.code, error.message, error.at, error.span));
    return [];
  }
}

function build(verb: (typeof VERBS)[number], raw: RawStep, path: NodePath, context: StepContext): Step[] {
  if (verb === 'use') return expandSequence(raw, path, context);
  const say = (text: string): string => substitute(text, [...path, verb], context);
  const value = raw[verb];
  const text = typeof value === 'string' ? `${verb}: ${say(value)}` : verb;
  const base = { place: context.file.placeOf(path), text, clauses: clausesIn(raw, path, context) };
  const within = raw.within === undefined ? {} : { within: milliseconds(raw.within) };
  switch (verb) {
    case 'send':
      return [{ ...base, kind: 'send', line: packet(say(raw.send ?? ''), 'out'), clauses: [] }];
    case 'expect':
      return [{ ...base, kind: 'expect', line: packet(say(raw.expect ?? ''), 'in'), ...within }];
    case 'and':
      return [{ ...base, kind: 'and', tail: parsePacketTail(say(raw.and ?? '')) }];
    case 'one-of': {
      const alternatives = Object.entries(raw['one-of'] ?? {}).map(([label, line]) => ({ label, line: packet(say(line), 'in') }));
      return [{ ...base, text: `one-of: ${alternatives.map((one) => one.line.text).join(' | ')}`, kind: 'one-of', alternatives, ...within }];
    }
    case 'quiet': {
      const names = say(raw.quiet ?? '').trim();
      const subflows = names === 'all' ? 'all' : names.split(/[\s,]+/);
      return [{ ...base, kind: 'quiet', subflows, allow: (raw.allow ?? []).map((line) => packet(say(line), 'in')) }];
    }
    case 'never':
      return [{ ...base, kind: 'never', line: packet(say(raw.never ?? ''), 'in'), from: raw.from ?? 'here' }];
    case 'sut':
      return [{ ...base, kind: 'sut', line: parseSutLine(say(raw.sut ?? '')), ...within }];
    case 'repeat':
      return [{ ...base, text: `repeat: ${raw.repeat ?? 0}`, kind: 'repeat', times: raw.repeat ?? 0, steps: parseSteps(raw.steps ?? [], [...path, 'steps'], context) }];
    case 'distinct':
    case 'scattered':
      return [{ ...base, kind: verb, name: say(raw[verb] ?? '') }];
    case 'check': {
      const [left = '', ...right] = say(raw.check ?? '').split(/\s+=\s+/);
      if (right.length !== 1) throw new NotationError('a check is "value = value"', 0, 1);
      return [{ ...base, kind: 'check', left: left.trim(), comparison: parseMatcher((right[0] ?? '').trim(), left.length + 3) }];
    }
    case 'fence':
      return [{ ...base, kind: 'fence' }];
    case 'forget':
      return [{ ...base, kind: 'forget', ...(raw.forget === true ? {} : { subflow: say(raw.forget ?? '') }) }];
  }
}

function expandSequence(raw: RawStep, path: NodePath, context: StepContext): Step[] {
  const name = substitute(raw.use ?? '', [...path, 'use'], context);
  const sequence = context.sequences.get(`${name}-${context.role}`) ?? context.sequences.get(name);
  if (sequence === undefined) {
    const message = `there is no sequence "${name}"${suggestion(name, context.sequences.keys())}`;
    context.diagnostics.push(context.file.diagnose([...path, 'use'], 'UNKNOWN_SEQUENCE', message, 0, name.length));
    return [];
  }
  if (context.depth > 8) {
    context.diagnostics.push(context.file.diagnose([...path, 'use'], 'BAD_VALUE', `sequence "${name}" uses itself`, 0, name.length));
    return [];
  }
  const variables: Record<string, string> = {};
  for (const [parameter, fallback] of Object.entries(sequence.parameters)) if (fallback !== undefined) variables[parameter] = fallback;
  for (const [parameter, given] of Object.entries(raw.with ?? {})) {
    if (!(parameter in sequence.parameters)) {
      const message = `sequence "${name}" has no parameter "${parameter}"${suggestion(parameter, Object.keys(sequence.parameters))}`;
      context.diagnostics.push(context.file.diagnoseKey([...path, 'with'], parameter, 'UNKNOWN_NAME', message));
    }
    variables[parameter] = substitute(String(given), [...path, 'with', parameter], context);
  }
  const clauses = clausesIn(raw, path, context);
  const inner: StepContext = { ...context, file: sequence.file, variables, inherited: clauses, depth: context.depth + 1 };
  return parseSteps(sequence.steps, sequence.path, inner);
}

function clausesIn(raw: RawStep, path: NodePath, context: StepContext): string[] {
  if (raw.clause === undefined) return [...context.inherited];
  const list = typeof raw.clause === 'string' ? [raw.clause] : raw.clause;
  return list.map((clause) => substitute(clause, [...path, 'clause'], context));
}

/** Puts the values of `${name}` in. */
function substitute(text: string, path: NodePath, context: StepContext): string {
  return text.replace(/\$\{([^}]*)\}/g, (whole, name: string, at: number) => {
    const value = context.variables[name];
    if (value !== undefined) return value;
    const message = `there is no variable "${name}" here${suggestion(name, Object.keys(context.variables))}`;
    context.diagnostics.push(context.file.diagnose(path, 'UNKNOWN_NAME', message, at, whole.length));
    return '0';
  });
}

function packet(text: string, direction: PacketLine['direction']): PacketLine {
  const line = parsePacketLine(text);
  if (line.direction !== direction) {
    const message = direction === 'out' ? 'the tester sends with ">"' : 'packets of the stack have "<"';
    throw new NotationError(message, text.indexOf(line.direction === 'out' ? '>' : '<'), 1);
  }
  return line;
}

function milliseconds(text: string): number {
  return text.endsWith('ms') ? Number(text.slice(0, -2)) : Number(text.slice(0, -1)) * 1000;
}
