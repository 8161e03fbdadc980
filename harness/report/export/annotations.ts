/** Annotations of GitHub Actions: workflow commands, which the runner shows beside the job and the suite's line. Pure. */
import { departuresOf } from '../../verdict/scenario-verdict.ts';
import type { RunResults, ScenarioRecord } from '../results.ts';
import { clean } from '../text-layout.ts';
import { caseReason, caseStatus, stackNames, type ExportOptions } from './case.ts';

/** GitHub shows no more of one step. */
const MOST = 10;

/** One group of scenarios that broke the same clause. */
interface Cause {
  clause: string;
  stack: string;
  scenarios: ScenarioRecord[];
}

/**
 * An annotation for each broken clause, with its first scenario; declared departures get none.
 * When there are more than GitHub shows, the last one counts the rest.
 */
export function toAnnotations(runs: readonly RunResults[], options: ExportOptions): string {
  const names = stackNames(runs);
  const causes = runs.flatMap((run, index) => causesOf(run, names[index] ?? '', options));
  const shown = causes.length > MOST ? causes.slice(0, MOST - 1) : causes;
  const left = causes.length - shown.length;
  const lines = shown.map(annotation);
  if (left > 0)
    lines.push(`::error title=MPTCP conformance::${left} more clauses are broken: see the summary of the run`);
  return lines.map((line) => `${line}\n`).join('');
}

function causesOf(run: RunResults, stack: string, { level }: ExportOptions): Cause[] {
  const causes = new Map<string, Cause>();
  for (const scenario of run.scenarios) {
    if (!['failed', 'error'].includes(caseStatus(scenario, level))) continue;
    const clauses = departuresOf(scenario);
    for (const clause of new Set(clauses.map((one) => one.clause))) add(clause, scenario);
    if (clauses.length === 0) add('', scenario);
  }
  return [...causes.values()];

  function add(clause: string, scenario: ScenarioRecord): void {
    const cause = causes.get(clause);
    if (cause === undefined) causes.set(clause, { clause, stack, scenarios: [scenario] });
    else cause.scenarios.push(scenario);
  }
}

function annotation({ clause, stack, scenarios }: Cause): string {
  const [first] = scenarios;
  const title = ['MPTCP', clause === '' ? (first?.verdict ?? 'error') : clause, stack].filter((word) => word !== '');
  const more = scenarios.length > 1 ? `\nand ${scenarios.length - 1} more scenarios` : '';
  const text = first === undefined ? '' : `${first.id}: ${caseReason(first)}\n${first.rerun}${more}`;
  const lines = text.split('\n').map(clean).join('\n');
  const properties = { file: first?.file ?? '', line: String(first?.line ?? 1), title: clean(title.join(' ')) };
  const words = Object.entries(properties).map(([name, value]) => `${name}=${property(value)}`);
  return `::error ${words.join(',')}::${data(lines)}`;
}

/** Escapes as the runner reads the text of a command. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** Escapes as the runner reads a property of a command. */
function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
