/** The terminal summary of a run. Pure: results in, text out. */
import { compareSections, sectionOf } from '../catalogue/clause-id.ts';
import { sectionTitle } from '../catalogue/rfc-outline.ts';
import type { Clause, Level } from '../catalogue/types.ts';
import type { Verdict } from '../engine/result.ts';
import { departureText, type EvidenceLocator } from './departure-text.ts';
import { exitCode } from './deviations.ts';
import {
  addRows,
  outcomeOf,
  type ClauseRecord,
  type Coverage,
  type CoverageRow,
  type Deviation,
  type RunResults,
  type ScenarioRecord,
} from './results.ts';
import {
  clean,
  coloursOf,
  displayWidth,
  fit,
  formatDuration,
  pad,
  paint,
  wrap,
  type Colours,
  type TextStyle,
} from './text-layout.ts';
import { LEVEL_NAME, LEVELS, SYMBOL } from './verdict-style.ts';

/** What the summary can show besides the results. */
export interface SummaryOptions extends TextStyle {
  /** Clause texts, by id. */
  clauses?: ReadonlyMap<string, Clause>;
  /** Shows what each MAY turned out to be. */
  showInfo?: boolean;
  /** Leaves nothing out, however long it gets: every section, every declared deviation, the packets of every failure. */
  full?: boolean;
  /** Folder of the results file, which the evidence paths are relative to, so that they can be opened from here. */
  resultsFolder?: string;
}

/** With more sections than this, those without undeclared trouble share rows: the summary is to fit a screen. */
const MOST_SECTIONS = 16;
/** More declared scenarios than this are counted. */
const MOST_DECLARED = 8;
/** More departures than this are named without their packets. */
const MOST_DEPARTURES = 10;

const OUTCOMES: readonly (Verdict | 'declared')[] = [
  'pass',
  'info',
  'skip',
  'inconclusive',
  'warn',
  'declared',
  'error',
  'fail',
];

const OUTCOME_NAME: Readonly<Record<Verdict | 'declared', string>> = {
  pass: 'pass',
  fail: 'fail',
  warn: 'warn',
  info: 'info',
  inconclusive: 'inconclusive',
  skip: 'skip',
  error: 'error',
  declared: 'declared',
};

/**
 * The whole summary: the table of clauses by section and level, then what needs eyes, least urgent first, so that the
 * failures and the closing line are what stays on the screen. Without trouble it is the table and two lines.
 */
export function summaryText(results: RunResults, options: SummaryOptions): string {
  const colours = coloursOf(options);
  const blocks = [
    header(results, colours, options.width),
    clauseTable(results, colours, options.width, options.full),
    wholeRun(results) ? coverageText(results, options.width) : '',
    options.showInfo === true ? infoBlock(results, options, colours) : '',
    unsettledBlock(results, options, colours),
    declaredBlock(results, options, colours),
    unseenBlock(results, options, colours),
    staleBlock(results, options, colours),
    departuresBlock(results, options),
    closing(results, colours, options.width),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function header({ sut, run, tool }: RunResults, colours: Colours, width: number): string {
  const kernel = [sut.kernel, sut.version ?? ''].filter((part) => part !== '').join(', ');
  const peer =
    sut.peer === undefined ? '' : ` with ${clean(sut.peer.name)} ${clean(sut.peer.kernel)} (${sut.peer.kind})`;
  const text =
    `${[sut.name, kernel]
      .filter((part) => part !== '')
      .map(clean)
      .join(' ')} (${sut.kind})${peer} against RFC 8684, ${formatDuration(run.durationMs)}, ` +
    `${tool.name} ${clean(tool.version)}`;
  return colours.bold(fit(text, width));
}

/** Whether the run was asked for everything: what a selection covers of the RFC says nothing. */
function wholeRun({ coverage, run }: RunResults): boolean {
  return coverage !== undefined && run.selected !== true;
}

/** Outcomes that somebody has to look at. */
const TROUBLE: readonly (Verdict | 'declared')[] = ['fail', 'warn', 'error', 'inconclusive'];

interface ClauseGroup {
  name: string;
  sections: string[];
}

/** Rows of the table: a section each; with many of them, those without undeclared trouble together. */
function groupsOf(clauses: readonly ClauseRecord[], full: boolean): ClauseGroup[] {
  const sections = [...new Set(clauses.map((clause) => sectionOf(clause.id)))].sort(compareSections);
  const each = sections.map((section): ClauseGroup => ({ name: sectionTitle(section), sections: [section] }));
  if (full || sections.length <= MOST_SECTIONS) return each;
  const has = (section: string, outcomes: readonly (Verdict | 'declared')[]): boolean =>
    clauses.some((clause) => sectionOf(clause.id) === section && outcomes.includes(clauseOutcome(clause)));
  const troubled = each.filter(({ sections: [section = ''] }) => has(section, TROUBLE));
  const quiet = sections.filter((section) => !has(section, TROUBLE));
  const declared = quiet.filter((section) => has(section, ['declared']));
  const kept = quiet.filter((section) => !declared.includes(section));
  const together = (list: string[], what: string): ClauseGroup[] =>
    list.length === 0
      ? []
      : [{ name: `${list.length} section${list.length === 1 ? '' : 's'} ${what}`, sections: list }];
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
  const legend = OUTCOMES.filter((outcome) => clauses.some((clause) => clauseOutcome(clause) === outcome))
    .map((outcome) => paint(colours, outcome, `${SYMBOL[outcome]} ${OUTCOME_NAME[outcome]}`))
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
  const parts = OUTCOMES.flatMap((outcome) => {
    const count = clauses.filter((clause) => clauseOutcome(clause) === outcome).length;
    return count === 0 ? [] : [{ outcome, text: `${count}${SYMBOL[outcome]}` }];
  });
  if (parts.length === 0) return plainCell('.');
  return {
    text: parts.map(({ outcome, text }) => paint(colours, outcome, text)).join(' '),
    width: displayWidth(parts.map(({ text }) => text).join(' ')),
  };
}

function clauseOutcome(clause: ClauseRecord): Verdict | 'declared' {
  return clause.declared === true ? 'declared' : clause.verdict;
}

function infoBlock(results: RunResults, options: SummaryOptions, colours: Colours): string {
  const lines = results.scenarios.flatMap((scenario) =>
    scenario.expectations
      .filter(({ verdict }) => verdict === 'info')
      .map((found) => {
        const came = found.actual ?? found.expected ?? found.message ?? found.step;
        const summary = options.clauses?.get(found.clause)?.summary;
        return [
          `${paint(colours, 'info', SYMBOL.info)} ${clean(found.clause)}  ${clean(scenario.id)}`,
          ...(summary === undefined ? [] : indented(summary, options.width)),
          ...indented(`it does: ${came}`, options.width),
        ].join('\n');
      }),
  );
  return lines.length === 0 ? '' : [colours.bold('What is left to the stack'), ...lines].join('\n');
}

function unsettledBlock(results: RunResults, options: SummaryOptions, colours: Colours): string {
  const unsettled = results.scenarios.filter(({ verdict }) => verdict === 'inconclusive' || verdict === 'error');
  if (unsettled.length === 0) return '';
  const lines = unsettled.flatMap((scenario) => [
    `${paint(colours, scenario.verdict, `${SYMBOL[scenario.verdict]} ${scenario.verdict}`)}  ${clean(scenario.id)}`,
    ...indented(scenario.reason ?? 'no reason given', options.width),
    ...indented(`again: ${scenario.rerun}`, options.width),
  ]);
  return [colours.bold('Not settled'), ...lines].join('\n');
}

function declaredBlock(results: RunResults, options: SummaryOptions, colours: Colours): string {
  const declared = results.scenarios.filter((scenario) => scenario.declared !== undefined);
  if (declared.length === 0) return '';
  const source = results.deviations?.source ?? '';
  if (options.full !== true && declared.length > MOST_DECLARED) {
    const findings = findingsOf(declared, results).length;
    return wrap(
      `${declared.length} scenarios depart as declared${source === '' ? '' : ` in ${clean(source)}`}, ${findings} ${findings === 1 ? 'finding' : 'findings'}; --full lists them.`,
      options.width,
    ).join('\n');
  }
  const lines = findingsOf(declared, results).flatMap(({ name, title, text, scenarios }) => [
    `${paint(colours, 'declared', SYMBOL.declared)} ${colours.bold(clean(title ?? name ?? 'declared'))}${title === undefined || name === undefined ? '' : colours.dim(`  ${clean(name)}`)}`,
    ...indented(text, options.width),
    ...scenarios.map(({ id, verdict }) => `    ${paint(colours, 'declared', `${verdict} (declared)`)}  ${clean(id)}`),
  ]);
  return [colours.bold(`Declared deviations${source === '' ? '' : ` (${clean(source)})`}`), ...lines].join('\n');
}

/** A finding and the scenarios that show it. */
interface Shown {
  name?: string;
  title?: string;
  /** The reason, and where it is discussed. */
  text: string;
  scenarios: ScenarioRecord[];
}

/** Declared scenarios by finding, or by reason in results that have none; in the order in which they come up. */
function findingsOf(declared: readonly ScenarioRecord[], results: RunResults): Shown[] {
  const known = new Map((results.deviations?.applied ?? []).map((one) => [one.finding, one]));
  const found = new Map<string, Shown>();
  for (const scenario of declared) {
    const { reason = '', link = '', findings = [] } = scenario.declared ?? {};
    const unnamed: Shown = { text: `${reason} ${link}`.trim(), scenarios: [] };
    for (const key of findings.length === 0 ? [unnamed.text] : findings) {
      const finding = findings.length === 0 ? undefined : known.get(key);
      const shown = found.get(key) ?? {
        ...unnamed,
        ...(finding === undefined ? {} : { text: `${finding.reason} ${finding.link ?? ''}`.trim(), name: key }),
        ...(finding?.title === undefined ? {} : { title: finding.title }),
      };
      shown.scenarios.push(scenario);
      found.set(key, shown);
    }
  }
  return [...found.values()];
}

function unseenBlock(results: RunResults, options: SummaryOptions, colours: Colours): string {
  // Scenarios of two stacks run only when they are asked for.
  const unseen = (results.deviations?.unseen ?? []).filter(
    ({ scenario }) => scenario?.startsWith('multipath/') !== true,
  );
  if (unseen.length === 0 || results.run.selected === true || results.run.partial) return '';
  const names = unseen.map(nameOf).join(', ');
  return colours.dim(wrap(`Declared, and nothing in this run could tell: ${names}`, options.width).join('\n'));
}

function staleBlock(results: RunResults, options: SummaryOptions, colours: Colours): string {
  const stale = results.deviations?.stale ?? [];
  if (stale.length === 0) return '';
  const loud = (text: string): string => colours.bold(colours.yellow(text));
  const source = clean(results.deviations?.source ?? '');
  return [
    loud(
      `*** ${stale.length} DECLARED DEVIATION${stale.length === 1 ? '' : 'S'} NO LONGER SHOW${stale.length === 1 ? 'S' : ''} ***`,
    ),
    ...stale.flatMap((deviation) => [loud(`  ${nameOf(deviation)}`), ...indented(deviation.reason, options.width)]),
    ...wrap(
      `The stack keeps to the RFC here now: remove ${stale.length === 1 ? 'it' : 'them'} from ${source}.`,
      options.width,
    ),
  ].join('\n');
}

function nameOf(deviation: Deviation): string {
  return clean([deviation.scenario, deviation.clause].filter((part) => part !== undefined).join(' '));
}

function departuresBlock(results: RunResults, options: SummaryOptions): string {
  const locate: EvidenceLocator = (path) =>
    options.resultsFolder === undefined ? path : `${options.resultsFolder}/${path}`;
  const departed = (['warn', 'fail'] as const).flatMap((verdict) =>
    results.scenarios.filter((scenario) => outcomeOf(scenario) === verdict),
  );
  const most = options.full === true ? departed.length : MOST_DEPARTURES;
  // The heaviest are last, and are those that are shown.
  const shown = departed.slice(-most).map((scenario) => departureText(scenario, { ...options, locate }));
  const rest = departed.slice(0, -most);
  if (rest.length === 0) return shown.join('\n\n');
  const colours = coloursOf(options);
  const lines = rest.map(
    ({ id, verdict }) => `${paint(colours, verdict, `${SYMBOL[verdict]} ${verdict}`)}  ${clean(id)}`,
  );
  return [[...lines, '"mptcp-conformance show ID" shows each, --full all of them.'].join('\n'), ...shown].join('\n\n');
}

function closing(results: RunResults, colours: Colours, width: number): string {
  const { summary, run } = results;
  const counts = OUTCOMES.filter((outcome) => summary[outcome] > 0).map((outcome) => ({
    outcome,
    text: `${summary[outcome]} ${OUTCOME_NAME[outcome]}`,
  }));
  const plain = `${results.scenarios.length} scenarios: ${counts.map(({ text }) => text).join(', ')}`;
  const coloured = `${results.scenarios.length} scenarios: ${counts.map(({ outcome, text }) => paint(colours, outcome, text)).join(', ')}`;
  const first = displayWidth(plain) > width ? wrap(plain, width).join('\n') : coloured;
  return `${first}\n${verdictLine(results, colours)}${run.partial ? colours.red(' The run was cut short.') : ''}`;
}

function verdictLine(results: RunResults, colours: Colours): string {
  const code = exitCode(results);
  if (code === 1) return colours.bold(colours.red('An undeclared MUST is broken.'));
  if (code === 2) return colours.bold(colours.red('The harness could not judge everything.'));
  return colours.bold(colours.green('No undeclared MUST is broken.'));
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
function coverageText(results: RunResults, width: number): string {
  const left = (results.coverage?.bySection ?? [])
    .filter((row) => row.judged === 0 && observable(row) > 0)
    .map(({ section }) => `§${section}`);
  const rest = left.length === 0 ? '' : `Nothing was judged of ${left.join(', ')}`;
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

function indented(text: string, width: number): string[] {
  return wrap(clean(text), width - 4).map((line) => `    ${line}`);
}
