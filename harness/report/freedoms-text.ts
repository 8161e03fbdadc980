/** The effect of lawful choices, for the terminal. Pure. */
import { coloursOf, fit, type TextStyle } from './text-layout.ts';
import type { VerdictChange } from './verdict-changes.ts';

/** Outcome of the scenarios under one choice. */
export interface FreedomOutcome {
  name: string;
  /** The stack's conduct under it. */
  title: string;
  changes: VerdictChange[];
  /** Reason why nothing is known. */
  problem?: string;
}

/**
 * A table of the choices, and under each what got worse.
 *
 * @param total scenarios of the run at default settings
 * @param idle choices that no setting makes
 */
export function freedomsText(
  outcomes: readonly FreedomOutcome[],
  total: number,
  idle: number,
  style: TextStyle,
): string {
  const colours = coloursOf(style);
  const width = Math.max(6, ...outcomes.map(({ name }) => name.length));
  const row = (name: string, cells: readonly (string | number)[]): string =>
    `${name.padEnd(width)}  ${cells.map((cell) => String(cell).padStart(14)).join('')}`.trimEnd();
  const lines = outcomes.map((outcome) => {
    if (outcome.problem !== undefined) return `${outcome.name.padEnd(width)}  ${colours.red(outcome.problem)}`;
    const count = (what: VerdictChange['what']): number => outcome.changes.filter((one) => one.what === what).length;
    const text = row(outcome.name, [count('failing'), count('inconclusive'), count('better')]);
    return count('failing') + count('inconclusive') > 0 ? colours.red(text) : text;
  });
  const details = outcomes.flatMap(({ name, title, changes }) => {
    const worse = changes.filter(({ what }) => what !== 'better');
    if (worse.length === 0) return [];
    return [
      '',
      colours.bold(`${name}: ${title}`),
      ...worse.map((change) => fit(`  ${changeText(change)}`, style.width)),
    ];
  });
  return [
    `${total} scenarios; against default settings:`,
    row('freedom', ['failing', 'inconclusive', 'better']),
    ...lines,
    ...details,
    ...(idle === 0 ? [] : ['', `${idle} more have no setting; "freedoms --list" lists them.`]),
    '',
  ].join('\n');
}

function changeText({ scenario, before, after, clauses }: VerdictChange): string {
  return `${before} → ${after}  ${scenario}${clauses.length === 0 ? '' : `  ${clauses.join(', ')}`}`;
}
