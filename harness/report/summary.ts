/** The terminal summary of a run. Pure: results in, text out. */
import { parseClauseId } from '../catalogue/clause-id.ts';
import { isBeside } from '../catalogue/rfc-outline.ts';
import { departureText, type EvidenceLocator } from './departure-text.ts';
import { exitCode, type RunExitCode } from './exit-code.ts';
import type { Deviation, RunResults, ScenarioRecord } from './results.ts';
import { clauseTable, coverageText, wholeRun } from './clause-table.ts';
import { causesBlock } from './causes-text.ts';
import { inconclusiveLine, unjudgedBlock, unsettledBlock } from './undecided-text.ts';
import {
  clean,
  coloursOf,
  plural,
  displayWidth,
  fit,
  indented,
  formatDuration,
  paint,
  wrap,
  type Colours,
} from './text-layout.ts';
import { sysctlText } from './runs.ts';
import { SYMBOL } from './verdict-style.ts';
import { judgementsOf, outcomeOf } from '../verdict/scenario-verdict.ts';
import { isDeparture, MOST_URGENT_LAST } from '../verdict/verdict.ts';
import type { SummaryOptions } from './summary-options.ts';

/** More declared scenarios than this are counted. */
const MOST_DECLARED = 8;
/** More departures than this are named without their packets. */
const MOST_DEPARTURES = 10;

/**
 * The whole summary: the table of clauses by section and level, then what needs eyes, least urgent first, so that the
 * failures and the closing line are what stays on the screen. Without trouble it is the table and two lines.
 */
export function summaryText(results: RunResults, options: SummaryOptions): string {
  const colours = coloursOf(options);
  const blocks = [
    [inconclusiveLine(results, colours, options.width), header(results, colours, options.width)]
      .filter((line) => line !== '')
      .join('\n'),
    clauseTable(results, colours, options.width, options.full),
    wholeRun(results) ? coverageText(results, options.width) : '',
    options.showInfo === true ? infoBlock(results, options, colours) : '',
    adviceBlock(results, options, colours),
    unjudgedBlock(results, options, colours),
    unsettledBlock(results, options, colours),
    repeatedBlock(results, options, colours),
    declaredBlock(results, options, colours),
    unseenBlock(results, options, colours),
    staleBlock(results, options, colours),
    causesBlock(results, options, colours),
    departuresBlock(results, options),
    closing(results, colours, options.width),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function header({ sut, run, tool }: RunResults, colours: Colours, width: number): string {
  const kernel = [sut.kernel, sut.version ?? '', sut.label === undefined ? '' : `"${sut.label}"`]
    .filter((part) => part !== '')
    .join(', ');
  const peer =
    sut.peer === undefined ? '' : ` with ${clean(sut.peer.name)} ${clean(sut.peer.kernel)} (${sut.peer.kind})`;
  const text =
    `${[sut.name, kernel]
      .filter((part) => part !== '')
      .map(clean)
      .join(' ')} (${sut.kind})${peer} against RFC 8684, ${formatDuration(run.durationMs)}, ` +
    `${tool.name} ${clean(tool.version)}`;
  const settings = sut.sysctls === undefined ? '' : `\n${fit(`with ${clean(sysctlText(sut.sysctls))}`, width)}`;
  return `${wrap(text, width)
    .map((line) => colours.bold(line))
    .join('\n')}${settings}`;
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
          ...indented(`observed: ${came}`, options.width),
        ].join('\n');
      }),
  );
  return lines.length === 0 ? '' : [colours.bold('Choices that the RFC leaves to the stack'), ...lines].join('\n');
}

/** Advice that the stack does not follow: never red, so a line unless more is asked for. */
function adviceBlock(results: RunResults, options: SummaryOptions, colours: Colours): string {
  const noted = results.clauses.filter(({ verdict }) => verdict === 'note');
  if (noted.length === 0) return '';
  const title = `Advice not followed: ${plural(noted.length, 'clause')}`;
  if (options.showInfo !== true) return colours.dim(`${title}; --info lists them. They do not affect the exit code.`);
  const lines = noted.flatMap(({ id }) => {
    const found = results.scenarios.flatMap((scenario) =>
      judgementsOf(scenario).filter((one) => one.clause === id && one.verdict === 'note'),
    );
    const summary = options.clauses?.get(id)?.summary;
    return [
      `${paint(colours, 'note', SYMBOL.note)} ${clean(id)}`,
      ...(summary === undefined ? [] : indented(summary, options.width)),
      ...[...new Set(found.map(({ message, actual, step }) => message ?? actual ?? step))].flatMap((text) =>
        indented(`found: ${text}`, options.width),
      ),
    ];
  });
  return [colours.bold(title), ...lines].join('\n');
}

/** Scenarios that passed only when they were run again: chance, or an intermittent fault. */
function repeatedBlock(results: RunResults, options: SummaryOptions, colours: Colours): string {
  const lines = results.scenarios.flatMap(({ id, repeated, verdict }) =>
    repeated === undefined || isDeparture(verdict)
      ? []
      : [`  ${clean(id)}`, ...indented(`${repeated.times} runs, the first: ${repeated.first}`, options.width)],
  );
  return lines.length === 0 ? '' : [colours.bold('Ended otherwise when run again'), ...lines].join('\n');
}

function declaredBlock(results: RunResults, options: SummaryOptions, colours: Colours): string {
  const declared = results.scenarios.filter((scenario) => scenario.declared !== undefined);
  if (declared.length === 0) return '';
  const source = results.deviations?.source ?? '';
  if (options.full !== true && declared.length > MOST_DECLARED) {
    const findings = findingsOf(declared, results).length;
    return wrap(
      `${declared.length} scenarios show ${findings} declared ${findings === 1 ? 'finding' : 'findings'}${source === '' ? '' : ` of ${clean(source)}`}; --full lists them.`,
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
  // Scenarios that are not of the RFC's sections run only when they are named.
  const unseen = (results.deviations?.unseen ?? []).filter(
    ({ scenario }) => !isBeside(scenario?.split('/', 1)[0] ?? ''),
  );
  if (unseen.length === 0 || results.run.selected === true || results.run.partial) return '';
  const names = unseen.map(nameOf).join(', ');
  return colours.dim(wrap(`Declared deviations that this run could not check: ${names}`, options.width).join('\n'));
}

function staleBlock(results: RunResults, options: SummaryOptions, colours: Colours): string {
  const stale = results.deviations?.stale ?? [];
  if (stale.length === 0) return '';
  const loud = (text: string): string => colours.bold(colours.yellow(text));
  const source = clean(results.deviations?.source ?? '');
  return [
    loud(
      `*** ${stale.length} DECLARED DEVIATION${stale.length === 1 ? '' : 'S'} NO LONGER OCCUR${stale.length === 1 ? 'S' : ''} ***`,
    ),
    ...stale.flatMap((deviation) => [loud(`  ${nameOf(deviation)}`), ...indented(deviation.reason, options.width)]),
    ...wrap(
      `The stack now conforms to the RFC here: remove ${stale.length === 1 ? 'it' : 'them'} from ${source}.`,
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
  const { applied = [], stale = [], unseen = [] } = results.deviations ?? {};
  const declarations = [...applied, ...stale, ...unseen];
  const departed = (['warn', 'fail'] as const).flatMap((verdict) =>
    results.scenarios.filter((scenario) => outcomeOf(scenario) === verdict),
  );
  const most = options.full === true ? departed.length : MOST_DEPARTURES;
  // The heaviest are last, and are those that are shown.
  const shown = departed.slice(-most).map((scenario) => departureText(scenario, { ...options, locate, declarations }));
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
  const counts = MOST_URGENT_LAST.filter((outcome) => summary[outcome] > 0).map((outcome) => ({
    outcome,
    text: `${summary[outcome]} ${outcome}`,
  }));
  const plain = `${results.scenarios.length} scenarios: ${counts.map(({ text }) => text).join(', ')}`;
  const coloured = `${results.scenarios.length} scenarios: ${counts.map(({ outcome, text }) => paint(colours, outcome, text)).join(', ')}`;
  const first = displayWidth(plain) > width ? wrap(plain, width).join('\n') : coloured;
  return `${first}\n${verdictLine(results, colours)}${run.partial ? colours.red(' The run was interrupted.') : ''}`;
}

const CONCLUSION: Readonly<Record<RunExitCode, string>> = {
  0: 'No undeclared MUST or stated requirement is broken.',
  1: 'An undeclared MUST or stated requirement is broken.',
  2: 'The harness could not judge everything.',
  3: 'No undeclared MUST or stated requirement is broken, but some were inconclusive.',
};

function verdictLine(results: RunResults, colours: Colours): string {
  const code = exitCode(results);
  const paintLast = code === 0 ? colours.green : code === 3 ? colours.magenta : colours.red;
  return colours.bold(paintLast(onlyBeside(results) ? BESIDE_CONCLUSION : CONCLUSION[code]));
}

/** The conclusion where what is broken is a promise of a stack's documentation, or a clause of suites from elsewhere. */
const BESIDE_CONCLUSION =
  'An undeclared requirement from outside of RFC 8684 is broken, and no undeclared MUST or stated requirement of the RFC.';

/** Whether the failures are all about requirements that are not the RFC's. */
function onlyBeside({ scenarios }: RunResults): boolean {
  if (scenarios.some(({ trouble }) => trouble !== undefined)) return false;
  const failed = scenarios.filter(({ verdict, declared }) => verdict === 'fail' && declared === undefined);
  return (
    failed.length > 0 &&
    failed.every((scenario) => {
      const broken = judgementsOf(scenario).filter(({ verdict }) => verdict === 'fail');
      return broken.length > 0 && broken.every(({ clause }) => parseClauseId(clause) === undefined);
    })
  );
}
