/** Turns the steps of a suite or sequence file into what the engine runs. */
import { amount } from '../document/amount.ts';
import { DocumentError, gather, suggestion, type NodePath } from '../document/diagnostic.ts';
import type { Sequence } from './sequences.ts';
import { say, type TextContext } from './step-text.ts';
import type { Companion } from './step-verb.ts';
import { requireSteps, STEP_VERBS, verbOf } from './step-verbs.ts';
import type { RawStep, Step, StepKind } from './suite.ts';

/** Context in which steps are read, and names that they may refer to. */
export interface StepContext extends TextContext {
  role: 'initiator' | 'responder';
  sequences: ReadonlyMap<string, Sequence>;
  /** Clauses that steps without their own judge, from the `use` around them. */
  inherited: readonly string[];
  depth: number;
}

/** The keys of which a step has exactly one. */
const VERBS: readonly (StepKind | 'use')[] = [...(Object.keys(STEP_VERBS) as StepKind[]), 'use'];

/** Keys of YAML that only go with certain verbs. */
function companionsOf(verb: StepKind | 'use'): readonly Companion[] {
  return verb === 'use' ? ['with'] : verbOf(verb).companions;
}

/** The companions that there are, of whatever verb. */
const COMPANIONS = [...new Set(VERBS.flatMap(companionsOf))];

/** Reads a list of steps, without those that are null; what is wrong goes to `context.diagnostics`. */
export function parseSteps(raw: readonly (RawStep | null)[], path: NodePath, context: StepContext): Step[] {
  return raw.flatMap((step, index) => (step === null ? [] : parseStep(step, [...path, index], context)));
}

/** Reads one step, a sequence as its steps; what is wrong goes to `context.diagnostics`. */
export function parseStep(raw: RawStep, path: NodePath, context: StepContext): Step[] {
  const { file, diagnostics } = context;
  const verbs = VERBS.filter((verb) => raw[verb] !== undefined);
  const verb = verbs[0];
  if (verb === undefined || verbs.length > 1) {
    const message = `a step has exactly one of: ${VERBS.join(', ')}${verbs.length > 1 ? `; this one has ${verbs.join(' and ')}` : ''}`;
    diagnostics.push(file.diagnose(path, 'SCHEMA', message));
    return [];
  }
  for (const key of COMPANIONS) {
    if (key in raw && !companionsOf(verb).includes(key)) {
      const owners = VERBS.filter((one) => companionsOf(one).includes(key));
      const message = `"${key}" goes with ${owners.join(' or ')}, not with ${verb}`;
      diagnostics.push(file.diagnoseKey(path, key, 'UNKNOWN_KEY', message));
    }
  }
  if (raw.clause !== undefined && verb !== 'use' && verbOf(verb).judges === 'never') {
    const message = `${verb} does not judge; move "clause" to a step that expects something`;
    diagnostics.push(file.diagnoseKey(path, 'clause', 'NO_JUDGEMENT', message));
  }
  return gather(diagnostics, () => build(verb, raw, path, context)) ?? [];
}

/** @throws DocumentError */
function build(verb: StepKind | 'use', raw: RawStep, path: NodePath, context: StepContext): Step[] {
  if (verb === 'use') return expandSequence(raw, path, context);
  const at = [...path, verb];
  const written = raw[verb];
  const text = typeof written === 'string' ? `${verb}: ${say(written, at, context)}` : verb;
  const base = { place: context.file.placeOf(path), text, clauses: clausesIn(raw, path, context) };
  const within = raw.within === undefined ? {} : { within: amount(raw.within) };
  const inner = (): Step[] =>
    parseSteps(requireSteps(verb, raw, path, context), [...path, 'steps'], { ...context, inherited: base.clauses });
  return [verbOf(verb).build({ raw, path, at, base, within, context, inner })];
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
    fail('BAD_VALUE', '"use" needs the full name of a sequence; take it from a row of "for-each": use: ${end}');
  }
  const name = say(written, at, context).trim();
  const sequence = context.sequences.get(name);
  if (sequence === undefined) {
    return fail('UNKNOWN_SEQUENCE', `unknown sequence "${name}"${suggestion(name, context.sequences.keys())}`);
  }
  if (sequence.isLost) return [];
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
