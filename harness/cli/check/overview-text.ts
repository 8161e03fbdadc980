/** The overview as text. Pure. */
import type { Clause } from '../../catalogue/types.ts';
import { clean, coloursOf, indented, pad, paint, plural, type TextStyle } from '../../report/text-layout.ts';
import { SYMBOL } from '../../report/verdict-style.ts';
import { LEVEL_NAME, type Level } from '../../verdict/level.ts';
import type { Outcome } from '../../verdict/verdict.ts';
import { brokenOf, type ClauseRow, type HostRow, type Overview } from './overview.ts';

/** Hosts that the text lists. */
const HOSTS_SHOWN = 20;

/** Look-up of clauses and their levels. */
export interface ClauseWords {
  clauseOf: (id: string) => Clause | undefined;
  levelOf: (id: string) => Level;
}

/** Outcomes that the overview lists. */
export function isListed(outcome: Outcome, info: boolean): boolean {
  return ['fail', 'warn', 'declared'].includes(outcome) || (info && outcome !== 'pass');
}

/** Clauses by count, each with its words and first example; then the hosts. */
export function overviewText(
  overview: Overview,
  words: ClauseWords,
  style: TextStyle,
  { info }: { info: boolean },
): string {
  const colours = coloursOf(style);
  const { connections, broken } = overview;
  const lines = ['', colours.bold(`Overview: ${plural(connections, 'connection')}, ${broken} with a broken clause`)];
  for (const row of overview.clauses.filter(({ outcome }) => isListed(outcome, info)))
    lines.push(...clauseLines(row, words, style));
  lines.push('', ...hostLines(overview.hosts));
  return lines.join('\n');
}

function clauseLines(row: ClauseRow, { clauseOf, levelOf }: ClauseWords, style: TextStyle): string[] {
  const colours = coloursOf(style);
  const { clause, outcome, connections, times, hosts, example } = row;
  const head = paint(colours, outcome, `${SYMBOL[outcome]} ${outcome} ${LEVEL_NAME[levelOf(clause)]} ${clause}`);
  const counts = [plural(times, 'time'), `in ${plural(connections, 'connection')}`, `by ${plural(hosts, 'host')}`];
  const summary = clauseOf(clause)?.summary;
  const where = [
    clean(example.file),
    `connection ${example.connection}`,
    ...(example.packet === undefined ? [] : [`packet ${example.packet}`]),
    example.host,
  ];
  return [
    `  ${head}  ${counts.join(' ')}`,
    ...(summary === undefined ? [] : indented(summary, style.width)),
    ...indented(`first: ${where.join(', ')}: ${example.message}`, style.width).map((line) => colours.dim(line)),
  ];
}

/** A table: its columns are as wide as their longest cell. */
function hostLines(hosts: readonly HostRow[]): string[] {
  const cells = hosts
    .slice(0, HOSTS_SHOWN)
    .map((row) => [
      row.host,
      String(row.connections),
      String(row.clauses.pass ?? 0),
      String(brokenOf(row)),
      String(row.clauses.declared ?? 0),
      String(row.clauses.inconclusive ?? 0),
    ]);
  const table = [['host', 'connections', 'clauses kept', 'broken', 'declared', 'inconclusive'], ...cells];
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => (row[column] ?? '').length)));
  const lines = table.map((row) =>
    `  ${row.map((cell, column) => pad(cell, widths[column] ?? 0)).join('  ')}`.trimEnd(),
  );
  const left = hosts.length - cells.length;
  return left > 0 ? [...lines, `  and ${plural(left, 'more host')}; --json has all of them`] : lines;
}
