/** The part of the summary that groups what departed by its cause. Pure. */
import { causesOf, type Cause } from './causes.ts';
import type { RunResults } from './results.ts';
import type { SummaryOptions } from './summary-options.ts';
import { clean, indented, type Colours } from './text-layout.ts';

/** Fewer departures than this are each shown with their packets, and need no groups. */
const FEWEST = 6;
/** Causes that are shown. */
const MOST_CAUSES = 6;

/** Causes that several scenarios share, the largest first; empty where there is little to group. */
export function causesBlock(results: RunResults, options: SummaryOptions, colours: Colours): string {
  const causes = causesOf(results.scenarios, options.clauses);
  const all = causes.reduce((sum, { scenarios }) => sum + scenarios.length, 0);
  const shared = causes.filter(({ scenarios }) => scenarios.length > 1);
  if (all < FEWEST || shared.length === 0) return '';
  const shown = options.full === true ? shared : shared.slice(0, MOST_CAUSES);
  const rest = all - shown.reduce((sum, { scenarios }) => sum + scenarios.length, 0);
  return [
    colours.bold(`${all} scenarios failed or stopped, grouped by the first difference`),
    ...shown.flatMap((cause) => causeLines(cause, options)),
    ...(rest > 0 ? [`  ${rest} more with other causes`] : []),
  ].join('\n');
}

function causeLines({ field, step, clause, scenarios }: Cause, options: SummaryOptions): string[] {
  const what = field === undefined ? `stopped at ${step ?? ''}` : `differ first in ${field}`;
  const summary = clause === undefined ? undefined : options.clauses?.get(clause)?.summary;
  return [
    `  ${scenarios.length} ${clean(what)}${clause === undefined ? '' : `: ${clean(clause)}`}`,
    ...(summary === undefined ? [] : indented(summary, options.width)),
    ...indented(`for example: ${scenarios[0]?.rerun ?? ''}`, options.width),
  ];
}
