/** What a schema cannot say about scenarios: that the things they name exist, and that they can judge at all. */
import { readFileSync } from 'node:fs';
import type { Clause } from '../catalogue/types.ts';
import { suggestion, type Diagnostic, type DiagnosticCode } from '../document/diagnostic.ts';
import type { Topology } from '../topology/types.ts';
import { namesIn, type Matcher } from './expression.ts';
import { KNOWN_NAMES } from './names.ts';
import type { PacketLine } from './packet-line.ts';
import { allSteps, clausesOf, type Scenario, type Step } from './suite.ts';

/** The catalogue as far as linting needs it. */
export interface ClauseSource {
  readonly all: readonly Clause[];
  get(id: string): Clause | undefined;
}

/** Everything wrong with a set of scenarios, each place once. */
export function lintScenarios(scenarios: readonly Scenario[], clauses: ClauseSource, topology: (name: string) => Topology): Diagnostic[] {
  const found = new Map<string, Diagnostic>();
  for (const scenario of scenarios) {
    for (const one of lintScenario(scenario, clauses, topology)) found.set(`${one.place.file}:${one.place.line}:${one.message}`, one);
  }
  return [...found.values()];
}

function lintScenario(scenario: Scenario, clauses: ClauseSource, topology: (name: string) => Topology): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const report = (step: Pick<Step, 'place'>, code: DiagnosticCode, message: string): void => {
    diagnostics.push({ code, place: step.place, message, sourceLine: sourceLine(step.place.file, step.place.line), span: 1 });
  };
  if (clausesOf(scenario).length === 0) report(scenario, 'NO_JUDGEMENT', `scenario "${scenario.name}" judges no clause`);
  for (const step of allSteps(scenario.preamble)) {
    if (step.clauses.length > 0) report(step, 'NO_JUDGEMENT', 'a preamble only leads up to the test; it judges no clause');
  }
  let links = 1;
  try {
    links = topology(scenario.topology).links.length;
  } catch (error) {
    report(scenario, 'UNKNOWN_TOPOLOGY', `topology "${scenario.topology}": ${(error as Error).message}`);
  }
  for (const [name, spec] of Object.entries(scenario.subflows)) {
    if (spec.link > links) report(scenario, 'UNKNOWN_SUBFLOW', `subflow ${name} is on link ${spec.link}, but ${scenario.topology} has ${links}`);
  }
  lintSteps([...scenario.preamble, ...scenario.body], scenario, clauses, report);
  return diagnostics;
}

type Report = (step: Pick<Step, 'place'>, code: DiagnosticCode, message: string) => void;

function lintSteps(steps: readonly Step[], scenario: Scenario, clauses: ClauseSource, report: Report): void {
  const bound = new Set<string>(['i']);
  const subflows = new Set(Object.keys(scenario.subflows));
  for (const step of allSteps(steps)) {
    for (const clause of step.clauses) lintClause(clause, step, clauses, report);
    for (const line of linesOf(step)) {
      if (line.subflow !== 'any' && !subflows.has(line.subflow)) {
        report(step, 'UNKNOWN_SUBFLOW', `there is no subflow "${line.subflow}" here${suggestion(line.subflow, subflows)}`);
      }
    }
    if (step.kind === 'send') for (const matcher of matchersOf(step)) lintSent(matcher, step, report);
    for (const name of readNames(step)) {
      if (!bound.has(name) && !KNOWN_NAMES.test(name)) {
        report(step, 'UNKNOWN_NAME', `$${name} is bound by no step before${suggestion(name, [...bound, 'sut.key', 'tester.key'])}`);
      }
    }
    for (const matcher of matchersOf(step)) for (const name of boundBy(matcher)) bound.add(name);
    if ((step.kind === 'distinct' || step.kind === 'scattered') && !bound.has(step.name)) {
      report(step, 'UNKNOWN_NAME', `"${step.name}" is bound by no step before`);
    }
    if (canFail(step) === 'only' && step.clauses.length === 0) {
      report(step, 'NO_JUDGEMENT', `${step.kind} judges something, but no clause is named`);
    }
  }
}

/** Steps that exist to judge need a clause; `expect` and `sut` may be preconditions. */
function canFail(step: Step): 'only' | 'also' {
  if (step.kind === 'check' && step.comparison.type === 'bind') return 'also';
  return ['and', 'one-of', 'quiet', 'never', 'distinct', 'scattered', 'check'].includes(step.kind) ? 'only' : 'also';
}

function lintClause(id: string, step: Step, clauses: ClauseSource, report: Report): void {
  const clause = clauses.get(id);
  if (clause === undefined) {
    report(step, 'UNKNOWN_CLAUSE', `there is no clause "${id}"${suggestion(id, clauses.all.map((one) => one.id))}`);
  } else if (clause.judged.includes('unobservable')) {
    report(step, 'UNKNOWN_CLAUSE', `clause ${id} is declared unobservable (${clause.reason ?? ''}); it cannot be judged here`);
  }
}

function lintSent(matcher: Matcher, step: Step, report: Report): void {
  if (matcher.type !== 'equal' && matcher.type !== 'absent') {
    report(step, 'BAD_VALUE', 'a packet to send needs one value for a field, no range, choice, "any" or "?name"');
  }
}

function linesOf(step: Step): PacketLine[] {
  switch (step.kind) {
    case 'send':
    case 'expect':
    case 'never':
      return [step.line];
    case 'one-of':
      return step.alternatives.map((one) => one.line);
    case 'quiet':
      return step.allow;
    default:
      return [];
  }
}

function matchersOf(step: Step): Matcher[] {
  if (step.kind === 'sut') return [...step.line.args, ...step.line.returns].map((item) => item.matcher);
  if (step.kind === 'check') return [step.comparison];
  const parts = step.kind === 'and' ? [step.tail] : linesOf(step);
  return parts.flatMap((part) => [...part.fields, ...(part.options?.items ?? []).flatMap((item) => item.fields)].map((field) => field.matcher));
}

function readNames(step: Step): string[] {
  return matchersOf(step).flatMap((matcher) => namesIn(matcher).map((one) => one.name));
}

function boundBy(matcher: Matcher): string[] {
  if (matcher.type === 'bind') return [matcher.name];
  return matcher.type === 'oneOf' ? matcher.options.flatMap(boundBy) : [];
}

const texts = new Map<string, string[]>();

function sourceLine(file: string, line: number): string {
  const lines = texts.get(file) ?? readFileSync(file, 'utf8').split('\n');
  texts.set(file, lines);
  return lines[line - 1] ?? '';
}
