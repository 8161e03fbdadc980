/** Clauses by section and level, and how much of the catalogue was judged, for the summary. Pure. */
import { compareSections, sectionOf } from '../catalogue/clause-id.ts';
import { sectionTitle } from '../catalogue/rfc-outline.ts';
import { addRows, type ClauseRecord, type Coverage, type CoverageRow, type RunResults } from './results.ts';
import { displayWidth, fit, pad, paint, plural, wrap, type Colours } from './text-layout.ts';
import { SYMBOL } from './verdict-style.ts';
import { type Level, LEVEL_NAME, LEVELS } from '../verdict/level.ts';
import { outcomeOf } from '../verdict/scenario-verdict.ts';
import { MOST_URGENT_LAST, type Outcome } from '../verdict/verdict.ts';

/** With more sections than this, those without undeclared trouble share rows: the summary is to fit a screen. */
const MOST_SECTIONS = 16;

/** Outcomes that need attention. */
const TROUBLE: readonly Outcome[] = ['fail', 'warn', 'error', 'inconclusive'];

/** Whether the run was asked for everything: what a selection covers of the RFC says nothing. */
export function wholeRun({ coverage, run }: RunResults): boolean {
  return coverage !== undefined && run.selected !== true;
}

interface ClauseGroup {
  name: string;
  sections: string[];
}

/** Rows of the table: a section each; with many of them, those without undeclared trouble together. */
function groupsOf(clauses: readonly ClauseRecord[], full: boolean): ClauseGroup[] {
  const sections = [...new Set(clauses.map((clause) => sectionOf(clause.id)))].sort(compareSections);
  const each = sections.map((section): ClauseGroup => ({ name: sectionTitle(section), sections: [section] }));
  if (full || sections.length <= MOST_SECTIONS) return each;
  const has = (section: string, outcomes: readonly Outcome[]): boolean =>
    clauses.some((clause) => sectionOf(clause.id) === section && outcomes.includes(outcomeOf(clause)));
  const troubled = each.filter(({ sections: [section = ''] }) => has(section, TROUBLE));
  const quiet = sections.filter((section) => !has(section, TROUBLE));
  const declared = quiet.filter((section) => has(section, ['declared']));
  const kept = quiet.filter((section) => !declared.includes(section));
  const together = (list: string[], what: string): ClauseGroup[] =>
    list.length === 0 ? [] : [{ name: `${plural(list.length, 'section')} ${what}`, sections: list }];
  return [...together(kept, 'without a departure'), ...together(declared, 'with declared ones only'), ...troubled];
}

/**
 * Clauses by section and level; a cell says how many got which verdict. A whole run says how much of it was judged.
 *
 * @param full a row for each section, however many there are
 */
export function clauseTable(results: RunResults, colours: Colours, width: number, full = false): string {
  const { clauses } = results;
  if (clauses.length === 0) return 'No clause was judged.';
  const cell = (chosen: readonly ClauseRecord[]): Cell => countCell(chosen, colours);
  const covered = wholeRun(results) ? results.coverage : undefined;
  const heads = [...LEVELS.map((level) => LEVEL_NAME[level]), ...(covered === undefined ? [] : ['judged'])];
  const row = (chosen: readonly ClauseRecord[], share: string): Cell[] => [
    ...LEVELS.map((level) => cell(chosen.filter((clause) => clause.level === level))),
    ...(covered === undefined ? [] : [plainCell(share)]),
  ];
  const rows = groupsOf(clauses, full).map(({ name, sections }) => ({
    name,
    cells: row(
      clauses.filter((clause) => sections.includes(sectionOf(clause.id))),
      shareOf(shareRow(covered, sections)),
    ),
  }));
  rows.push({
    name: 'all clauses',
    cells: row(clauses, shareOf(covered === undefined ? undefined : totalOf(covered))),
  });
  const widths = heads.map((head, index) =>
    Math.max(displayWidth(head), ...rows.map(({ cells }) => cells[index]?.width ?? 0)),
  );
  const rest = widths.reduce((sum, one) => sum + one + 2, 0);
  const names = Math.max(8, Math.min(width - rest, ...[Math.max(...rows.map(({ name }) => displayWidth(name)))]));
  const line = (name: string, cells: readonly Cell[]): string =>
    [pad(fit(name, names), names), ...cells.map((one, i) => one.text + ' '.repeat((widths[i] ?? 0) - one.width))]
      .join('  ')
      .trimEnd();
  const head = line('Clauses', heads.map(plainCell));
  const legend = MOST_URGENT_LAST.filter((outcome) => clauses.some((clause) => outcomeOf(clause) === outcome))
    .map((outcome) => paint(colours, outcome, `${SYMBOL[outcome]} ${outcome}`))
    .join('  ');
  const body = rows.map(({ name, cells }, index) =>
    index === rows.length - 1 ? colours.bold(line(name, cells)) : line(name, cells),
  );
  return [colours.bold(head), ...body, `${colours.dim('key:')} ${legend}`].join('\n');
}

function shareRow(coverage: Coverage | undefined, sections: readonly string[]): CoverageRow | undefined {
  const rows = (coverage?.bySection ?? []).filter(({ section }) => sections.includes(section));
  return rows.length === 0 ? undefined : addRows(rows);
}

interface Cell {
  text: string;
  /** Columns without the colour codes. */
  width: number;
}

function plainCell(text: string): Cell {
  return { text, width: displayWidth(text) };
}

function countCell(clauses: readonly ClauseRecord[], colours: Colours): Cell {
  const parts = MOST_URGENT_LAST.flatMap((outcome) => {
    const count = clauses.filter((clause) => outcomeOf(clause) === outcome).length;
    return count === 0 ? [] : [{ outcome, text: `${count}${SYMBOL[outcome]}` }];
  });
  if (parts.length === 0) return plainCell('.');
  return {
    text: parts.map(({ outcome, text }) => paint(colours, outcome, text)).join(' '),
    width: displayWidth(parts.map(({ text }) => text).join(' ')),
  };
}

/** Of the observable clauses, how many the run judged, in all and by level; empty without a catalogue. */
export function coverageLine(results: RunResults): string {
  if (results.coverage === undefined) return '';
  const { byLevel } = results.coverage;
  const all = totalOf(results.coverage);
  const percent = Math.floor((100 * all.judged) / Math.max(1, observable(all)));
  const part = (level: Level): string => `${LEVEL_NAME[level]} ${shareOf(byLevel[level])}`;
  return `Judged ${all.judged} of ${observable(all)} observable clauses (${percent} %): ${LEVELS.map(part).join(', ')}`;
}

/** The coverage, and the sections that were left out altogether. */
export function coverageText(results: RunResults, width: number): string {
  const left = (results.coverage?.bySection ?? [])
    .filter((row) => row.judged === 0 && observable(row) > 0)
    .map(({ section }) => `§${section}`);
  const rest = left.length === 0 ? '' : `Sections without a judged clause: ${left.join(', ')}`;
  return [coverageLine(results), rest]
    .filter((line) => line !== '')
    .flatMap((line) => wrap(line, width))
    .join('\n');
}

function observable(row: CoverageRow): number {
  return row.total - row.unobservable;
}

function shareOf(row: CoverageRow | undefined): string {
  return row === undefined ? '' : `${row.judged}/${observable(row)}`;
}

function totalOf({ byLevel }: Coverage): CoverageRow {
  return addRows(Object.values(byLevel));
}
