/** Checks of scenarios that a schema cannot make: that names exist, and that they can judge something. */
import type { Clause } from '../catalogue/types.ts';
import { DocumentError, nearest, suggestion, type Diagnostic, type DiagnosticCode } from '../document/diagnostic.ts';
import { diagnoseAt } from '../document/yaml-file.ts';
import type { Topology } from '../topology/types.ts';
import { namesIn, parseExpr, type Matcher } from '../notation/expression.ts';
import { KNOWN_NAMES } from '../notation/names.ts';
import { linesOf, matchersOf, verbOf } from './step-verbs.ts';
import { allSteps, type Scenario, type Step } from './suite.ts';

/** The catalogue as far as linting needs it. */
export interface ClauseSource {
  readonly all: readonly Clause[];
  /** Ids of what no clause says and scenarios may judge. */
  readonly promises?: ReadonlySet<string>;
  get(id: string): Clause | undefined;
}

/** Everything wrong with a set of scenarios, each place once. */
export function lintScenarios(
  scenarios: readonly Scenario[],
  clauses: ClauseSource,
  topology: (name: string) => Topology,
): Diagnostic[] {
  const found = new Map<string, Diagnostic>();
  // Variants with the same steps do not differ in anything checked here.
  const seen = new Set<readonly Step[]>();
  for (const scenario of scenarios) {
    if (seen.has(scenario.body)) continue;
    seen.add(scenario.body);
    for (const one of lintScenario(scenario, clauses, topology)) {
      found.set(`${one.place.file}:${one.place.line}:${one.place.column}:${one.message}`, one);
    }
  }
  return [...found.values()];
}

/** Mistakes that do not depend on parts of a scenario that could not be read. */
const STANDING: ReadonlySet<DiagnosticCode> = new Set(['UNKNOWN_CLAUSE', 'UNKNOWN_TOPOLOGY', 'UNKNOWN_SUBFLOW']);

/** Mistakes in scenarios that lack steps because these could not be read. */
export function lintPartial(...input: Parameters<typeof lintScenarios>): Diagnostic[] {
  return lintScenarios(...input).filter(({ code }) => STANDING.has(code));
}

function lintScenario(scenario: Scenario, clauses: ClauseSource, topology: (name: string) => Topology): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const report: Report = (step, code, message) => {
    diagnostics.push(diagnoseAt(step.place, code, message));
  };
  if (scenario.clauses.length === 0)
    report(scenario, 'NO_JUDGEMENT', `scenario "${scenario.name}" does not judge a clause; add "clause" to a step`);
  const links = linksOf(scenario, topology, diagnostics, report);
  for (const [name, spec] of Object.entries(scenario.subflows)) {
    if (links !== undefined && spec.link > links) {
      report(
        scenario,
        'UNKNOWN_SUBFLOW',
        `subflow ${name} is on link ${spec.link}, but ${scenario.topology} has ${links}`,
      );
    }
  }
  lintSteps(scenario, links, clauses, report);
  return diagnostics;
}

/** Number of links of the scenario's topology; undefined when that is wrong itself. */
function linksOf(
  scenario: Scenario,
  topology: (name: string) => Topology,
  diagnostics: Diagnostic[],
  report: Report,
): number | undefined {
  try {
    const { links } = topology(scenario.topology);
    for (const { name } of links.filter((link) => link.middleboxes?.some(({ nat }) => nat === true) === true)) {
      report(
        scenario,
        'BAD_VALUE',
        `${scenario.topology} has a NAT on link ${name}, but the tester identifies the stack by its address; ` +
          'use a NAT only in scenarios with two stacks',
      );
    }
    return links.length;
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    for (const one of error.diagnostics) {
      // A topology that is not there is the scenario's mistake; one that is wrong has its own.
      if (one.code === 'UNKNOWN_TOPOLOGY') report(scenario, one.code, one.message);
      else diagnostics.push(one);
    }
    return undefined;
  }
}

type Report = (step: Pick<Step, 'place'>, code: DiagnosticCode, message: string) => void;

/** The context of a step. */
interface Known {
  /** Names bound by the steps before. */
  bound: Set<string>;
  subflows: ReadonlySet<string>;
  /** Undefined when the topology is wrong. */
  links: number | undefined;
}

function lintSteps(scenario: Scenario, links: number | undefined, clauses: ClauseSource, report: Report): void {
  const known: Known = { bound: new Set(['i']), subflows: new Set(Object.keys(scenario.subflows)), links };
  const preamble = new Set(allSteps(scenario.preamble));
  lintGiven([...preamble, ...allSteps(scenario.body)], report);
  for (const step of [...preamble, ...allSteps(scenario.body)]) {
    for (const clause of step.clauses) lintClause(clause, step, clauses, report);
    for (const subflow of subflowsIn(step)) {
      if (subflow === 'any' || known.subflows.has(subflow)) continue;
      report(step, 'UNKNOWN_SUBFLOW', `unknown subflow "${subflow}"${suggestion(subflow, known.subflows)}`);
    }
    if (step.kind === 'send') lintSent(step, report);
    if (step.kind === 'sut') for (const { name, matcher } of step.line.args) lintArgument(name, matcher, step, report);
    // A line may read what it binds itself.
    for (const matcher of matchersOf(step)) for (const name of boundBy(matcher)) known.bound.add(name);
    lintNames(step, known, report);
    if (preamble.has(step)) {
      if (step.clauses.length > 0)
        report(step, 'NO_JUDGEMENT', 'a step of a preamble cannot judge a clause; move it to "steps"');
    } else if (onlyJudges(step) && step.clauses.length === 0) {
      report(step, 'NO_JUDGEMENT', `${step.kind} judges, but names no clause; add "clause"`);
    }
  }
}

/** A `given` speaks of an alternative that a `one-of` before it has. */
function lintGiven(steps: readonly Step[], report: Report): void {
  const labels = new Set<string>();
  for (const step of steps) {
    if (step.kind === 'one-of') for (const { label } of step.alternatives) labels.add(label);
    if (step.kind === 'given' && !labels.has(step.label)) {
      report(
        step,
        'UNKNOWN_NAME',
        `no earlier one-of has an alternative "${step.label}"${suggestion(step.label, labels)}`,
      );
    }
  }
}

function lintNames(step: Step, known: Known, report: Report): void {
  for (const name of readNames(step)) {
    const owner = name.split('.')[0] ?? '';
    const link = /^link(\d)$/.exec(owner)?.[1];
    if (known.bound.has(name)) continue;
    if (!KNOWN_NAMES.test(name)) {
      report(step, 'UNKNOWN_NAME', `no earlier step binds $${name}${nameHint(name, known)}`);
    } else if (link !== undefined && known.links !== undefined && (Number(link) > known.links || link === '0')) {
      report(step, 'UNKNOWN_NAME', `$${name}: the topology has ${known.links} links`);
    } else if (link === undefined && owner !== 'tester' && owner !== 'sut' && !known.subflows.has(owner)) {
      report(step, 'UNKNOWN_SUBFLOW', `$${name}: unknown subflow "${owner}"${suggestion(owner, known.subflows)}`);
    }
  }
  if ((step.kind === 'distinct' || step.kind === 'scattered') && !known.bound.has(step.name)) {
    report(step, 'UNKNOWN_NAME', `no earlier step binds "${step.name}"${suggestion(step.name, known.bound)}`);
  }
}

function nameHint(name: string, { bound }: Known): string {
  const near = nearest(name, [
    ...bound,
    'sut.key',
    'sut.token',
    'sut.idsn',
    'tester.key',
    'tester.token',
    'tester.idsn',
  ]);
  return near === undefined ? `; bind it with "?${name}" in an earlier step` : `; did you mean "$${near}"?`;
}

function subflowsIn(step: Step): string[] {
  if (step.kind === 'quiet' && step.subflows !== 'all')
    return [...step.subflows, ...step.allow.map((line) => line.subflow)];
  return linesOf(step).map((line) => line.subflow);
}

/** Steps that exist to judge need a clause; `expect`, `one-of` and `sut` may be preconditions. A check against `?name` binds only. */
function onlyJudges(step: Step): boolean {
  return verbOf(step.kind).judges === 'always' && !(step.kind === 'check' && step.comparison.type === 'bind');
}

function lintClause(id: string, step: Step, clauses: ClauseSource, report: Report): void {
  if (clauses.promises?.has(id) === true) return;
  const clause = clauses.get(id);
  if (clause === undefined) {
    report(
      step,
      'UNKNOWN_CLAUSE',
      `unknown clause "${id}"${suggestion(id, [...clauses.all.map((one) => one.id), ...(clauses.promises ?? [])])}`,
    );
  } else if (clause.judged.includes('unobservable')) {
    report(
      step,
      'UNKNOWN_CLAUSE',
      `clause ${id} is declared unobservable (${clause.reason ?? ''}); it cannot be judged here`,
    );
  }
}

function lintSent(step: Extract<Step, { kind: 'send' }>, report: Report): void {
  for (const { name, matcher } of step.line.fields) {
    if (matcher.type === 'absent')
      report(step, 'BAD_VALUE', `${name}: every TCP header has this field; it cannot be absent`);
  }
  for (const matcher of matchersOf(step)) {
    if (matcher.type === 'equal' || matcher.type === 'absent') continue;
    report(
      step,
      'BAD_VALUE',
      'a field of a packet to send needs one value, not a range, alternatives, "any" or "?name"',
    );
  }
}

function lintArgument(name: string, matcher: Matcher, step: Step, report: Report): void {
  if (matcher.type !== 'equal')
    report(step, 'BAD_VALUE', `${name}: an action needs one value, not a range, alternatives, "any" or "?name"`);
}

function readNames(step: Step): string[] {
  const nodes = step.kind === 'check' ? [parseExpr(step.left, 0), step.comparison] : matchersOf(step);
  return nodes.flatMap((node) => namesIn(node).map((one) => one.name));
}

function boundBy(matcher: Matcher): string[] {
  if (matcher.type === 'bind') return [matcher.name];
  return matcher.type === 'oneOf' ? matcher.options.flatMap(boundBy) : [];
}
