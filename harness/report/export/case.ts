/** The common part of the machine formats: each scenario as a test with one of four results. Pure. */
import type { GateLevel } from '../baseline.ts';
import type { RunResults, ScenarioRecord } from '../results.ts';
import { alignPackets } from '../packet-diff.ts';
import { sutLabels } from '../runs.ts';
import { clean } from '../text-layout.ts';
import { departuresOf, outcomeOf } from '../../verdict/scenario-verdict.ts';
import { isKept } from '../../verdict/verdict.ts';

/**
 * A scenario as other tools count: a broken SHOULD fails from the level `should` on. A declared departure is expected to
 * fail; what is inconclusive says nothing, and is skipped with the reason.
 */
export type CaseStatus = 'passed' | 'failed' | 'error' | 'expected' | 'skipped';

/** Options that all formats take. */
export interface ExportOptions {
  level: GateLevel;
}

/** Result of a scenario as a test. */
export function caseStatus(scenario: ScenarioRecord, level: GateLevel): CaseStatus {
  const outcome = outcomeOf(scenario);
  switch (outcome) {
    case 'pass':
    case 'info':
    case 'note':
      return 'passed';
    case 'warn':
      return level === 'should' ? 'failed' : 'passed';
    case 'fail':
      return 'failed';
    case 'error':
      return 'error';
    case 'declared':
      return 'expected';
    case 'inconclusive':
    case 'skip':
      return 'skipped';
  }
}

/** One line: why it did not simply pass; empty when it did. */
export function caseReason(scenario: ScenarioRecord): string {
  const { declared, verdict, reason } = scenario;
  if (declared !== undefined) return `declared: ${clean(declared.reason)}`;
  if (isKept(verdict)) return '';
  const broken = departuresOf(scenario).at(0);
  return `${verdict}: ${clean(reason ?? broken?.message ?? broken?.step ?? 'no reason given')}`;
}

/** The broken clauses with their packets, and the command that runs the scenario again. */
export function caseDetails(scenario: ScenarioRecord): string {
  const broken = departuresOf(scenario);
  const lines = broken.flatMap(({ clause, level, message, step, expected, actual, differences = [] }) => {
    const head = `${level} ${clean(clause)}: ${clean(message ?? step)}`;
    if (expected === undefined || actual === undefined) return [head];
    const diff = alignPackets(
      expected,
      actual,
      differences.map(({ field }) => field),
    );
    return [
      head,
      `expected  ${diff.expected}`,
      `actual    ${diff.actual}`,
      ...(diff.marks === '' ? [] : [`          ${diff.marks}`]),
    ];
  });
  return [...lines, `again: ${clean(scenario.rerun)}`].join('\n');
}

/** Scenarios by suite, in run order. */
export function bySuite(run: RunResults): [string, ScenarioRecord[]][] {
  const suites = new Map<string, ScenarioRecord[]>();
  for (const scenario of run.scenarios) suites.set(scenario.suite, [...(suites.get(scenario.suite) ?? []), scenario]);
  return [...suites];
}

/** The scenario's name within its suite. */
export function nameInSuite({ id, suite }: ScenarioRecord): string {
  return clean(id.startsWith(`${suite}/`) ? id.slice(suite.length + 1) : id);
}

/** Names of the stacks, empty when there is one only and none is needed. */
export function stackNames(runs: readonly RunResults[]): string[] {
  return runs.length === 1 ? [''] : sutLabels(runs.map(({ sut }) => sut)).map((label) => clean(label));
}
