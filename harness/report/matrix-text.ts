/** Where several stacks differ, clause by clause, for the terminal. Pure. */
import type { Clause } from '../catalogue/types.ts';
import { compareClauseIds } from '../catalogue/clause-id.ts';
import type { ClauseRecord, RunResults } from './results.ts';
import { sutLabels } from './runs.ts';

/** A clause in which stacks differ. */
interface Difference {
  clause: string;
  /** One for each run; undefined where the run did not judge it. */
  verdicts: (ClauseRecord['verdict'] | undefined)[];
}

/** The clauses in which not all runs came to the same, in the order of the RFC. Runs that did not judge one do not count. */
function differences(runs: readonly RunResults[]): Difference[] {
  const tables = runs.map((run) => new Map(run.clauses.map((clause) => [clause.id, clause.verdict])));
  const ids = [...new Set(tables.flatMap((table) => [...table.keys()]))].sort(compareClauseIds);
  return ids.flatMap((clause): Difference[] => {
    const verdicts = tables.map((table) => table.get(clause));
    const judged = new Set(verdicts.filter((verdict) => verdict !== undefined && verdict !== 'skip'));
    return judged.size > 1 ? [{ clause, verdicts }] : [];
  });
}

/** A line for each stack, then a table of the clauses in which they differ. */
export function matrixText(runs: readonly RunResults[], clauses: ReadonlyMap<string, Clause>): string {
  const labels = sutLabels(runs.map(({ sut }) => sut));
  const counts = runs.map(({ summary, run }, index) => {
    const parts = Object.entries(summary)
      .filter(([, number]) => number > 0)
      .map(([verdict, number]) => `${number} ${verdict}`);
    return `${labels[index] ?? ''}: ${parts.join(', ')}, ${(run.durationMs / 1000).toFixed(0)} s${run.partial ? ', interrupted' : ''}`;
  });
  const found = differences(runs);
  if (found.length === 0)
    return [
      ...counts,
      '',
      runs.length < 2 ? 'There is only one stack; nothing to compare.' : 'All clauses have the same verdict.',
    ].join('\n');
  const widths = labels.map((label) => Math.max(label.length, 'inconclusive'.length));
  const width = Math.max('clause'.length, ...found.map(({ clause }) => clause.length));
  const row = (first: string, cells: readonly string[], last: string): string =>
    [first.padEnd(width), ...cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)), last].join('  ').trimEnd();
  return [
    ...counts,
    '',
    `Clauses with different verdicts (${found.length}):`,
    row('clause', labels, ''),
    ...found.map(({ clause, verdicts }) =>
      row(
        clause,
        verdicts.map((verdict) => verdict ?? '-'),
        clauses.get(clause)?.summary ?? '',
      ),
    ),
  ].join('\n');
}
