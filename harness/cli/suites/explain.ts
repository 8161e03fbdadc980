/** `explain`: one clause, what judges it, and what the last run found. */
import type { Catalogue } from '../../catalogue/catalogue.ts';
import { isObservable, judgesOfClauses, type Judge, type JudgedClause } from '../../catalogue/coverage.ts';
import { parseClauseId, sentenceOf } from '../../catalogue/clause-id.ts';
import { suggestion } from '../../document/diagnostic.ts';
import { departureText } from '../../report/departure-text.ts';
import { sectionTitle } from '../../catalogue/rfc-outline.ts';
import type { ScenarioRecord } from '../../report/results.ts';
import { coloursOf, paint, styleFor, wrap, type Colours, type TextStyle } from '../../report/text-layout.ts';
import { SYMBOL } from '../../report/verdict-style.ts';
import { judgesOf } from '../inputs/judges.ts';
import { pathFromHere, lastResults, runLine, type LastResults } from '../inputs/last-results.ts';
import { openProject } from '../inputs/project.ts';
import { judgementsOf } from '../../verdict/scenario-verdict.ts';
import { isDeparture } from '../../verdict/verdict.ts';
import { UsageError } from '../../document/explained-error.ts';

const LABEL = 10;

/** Prints what is known of a clause. @throws UsageError when there is no such clause @throws ResultsFileError */
export function explain(id: string, options: { results?: string }): void {
  const { catalogue, scenarios } = openProject();
  const parts = catalogue.all
    .filter((clause) => clause.id === id || sentenceOf(clause.id) === id)
    .map((clause) => clause.id);
  if (parts.length === 0) {
    throw new UsageError(
      `unknown clause "${id}"${suggestion(
        id,
        catalogue.all.map((one) => one.id),
      )}; "mptcp-conformance clauses" lists them`,
    );
  }
  const judged = judgesOfClauses(catalogue, judgesOf(scenarios)).filter(({ clause }) => parts.includes(clause.id));
  const last = lastResults(options.results);
  const style = styleFor(process.stdout);
  process.stdout.write(`${judged.map((one) => clauseText(one, catalogue, last, style)).join('\n\n')}\n`);
}

function clauseText(one: JudgedClause, catalogue: Catalogue, last: LastResults | undefined, style: TextStyle): string {
  const { clause, scenarios, monitors } = one;
  const colours = coloursOf(style);
  const row = (label: string, text: string): string[] => labelled(label, text, style, colours);
  return [
    colours.bold(`${clause.id}  ${clause.keyword}  ${sectionTitle(clause.section)}`),
    ...wrap(clause.summary, style.width - 2).map((line) => `  ${line}`),
    '',
    ...(isOfRfc(clause) ? rfcLines(clause, catalogue, row, colours) : []),
    ...(clause.broken === '' ? [] : row('broken', clause.broken)),
    ...(clause.why === undefined ? [] : row('why', clause.why)),
    ...(clause.repeats === undefined ? [] : row('repeats', clause.repeats)),
    ...(isObservable(clause)
      ? row('told by', clause.judged.join(', '))
      : row('hidden', `unobservable: ${clause.reason ?? ''}`)),
    ...clause.related.flatMap((id, index) =>
      row(index === 0 ? 'related' : '', `${id}  ${catalogue.get(id)?.summary ?? ''}`),
    ),
    ...judgeLines('scenarios', scenarios, row),
    ...judgeLines('monitors', monitors, row),
    ...(isObservable(clause) && scenarios.length + monitors.length === 0 ? row('judged by', 'nothing yet') : []),
    '',
    ...verdictLines(clause.id, catalogue, last, style, colours),
  ].join('\n');
}

function isOfRfc({ id }: JudgedClause['clause']): boolean {
  return parseClauseId(id) !== undefined;
}

function rfcLines(
  { id, roles, concerns }: JudgedClause['clause'],
  catalogue: Catalogue,
  row: (label: string, text: string) => string[],
  colours: Colours,
): string[] {
  return [
    ...row('binds', roles.join(', ')),
    ...row('concerns', concerns.join(', ')),
    `  ${colours.dim('RFC'.padEnd(LABEL))}${catalogue.anchorUrl(id)}`,
  ];
}

function labelled(label: string, text: string, style: TextStyle, colours: Colours): string[] {
  return wrap(text, Math.max(30, style.width - LABEL - 2)).map(
    (line, index) => `  ${colours.dim((index === 0 ? label : '').padEnd(LABEL))}${line}`,
  );
}

function judgeLines(label: string, judges: readonly Judge[], row: (label: string, text: string) => string[]): string[] {
  return judges.flatMap(({ name, title }, index) => row(index === 0 ? label : '', `${name}  ${title}`));
}

function verdictLines(
  id: string,
  catalogue: Catalogue,
  last: LastResults | undefined,
  style: TextStyle,
  colours: Colours,
): string[] {
  if (last === undefined) return [`  no run yet; use "mptcp-conformance run --clause ${id}"`];
  const record = last.results.clauses.find((clause) => clause.id === id);
  const head = `  ${colours.dim(`last run: ${runLine(last)}`)}`;
  if (record === undefined) return [head, `  not judged in it; use "mptcp-conformance run --clause ${id}"`];
  const outcome = record.declared === true ? 'declared' : record.verdict;
  const scenarios = last.results.scenarios.filter((scenario) => record.scenarios.includes(scenario.id));
  return [
    head,
    `  ${colours.bold(paint(colours, outcome, `${SYMBOL[outcome]} ${outcome}`))} in ${scenarios.length} scenarios`,
    ...scenarios.flatMap((scenario) => evidenceLines(scenario, id, catalogue, last, style, colours)),
  ];
}

/** Findings of one scenario about the clause: the packets if it is broken, otherwise a line and the capture. */
function evidenceLines(
  scenario: ScenarioRecord,
  id: string,
  catalogue: Catalogue,
  last: LastResults,
  style: TextStyle,
  colours: Colours,
): string[] {
  const expectations = judgementsOf(scenario).filter((expectation) => expectation.clause === id);
  const broken = expectations.filter(({ verdict }) => isDeparture(verdict));
  if (broken.length > 0) {
    const locate = (path: string): string => pathFromHere(last, path);
    const clauses = new Map(catalogue.all.map((clause) => [clause.id, clause]));
    return ['', departureText({ ...scenario, expectations: broken }, { ...style, clauses, locate })];
  }
  const { pcap } = scenario.evidence;
  return expectations.flatMap((expectation) => [
    `  ${paint(colours, expectation.verdict, `${SYMBOL[expectation.verdict]} ${expectation.verdict}`)}  ${scenario.id}`,
    ...(expectation.message === undefined
      ? []
      : wrap(expectation.message, style.width - 6).map((line) => `      ${line}`)),
    ...(pcap === undefined ? [] : [`      ${colours.dim(`capture ${pathFromHere(last, pcap)}`)}`]),
  ]);
}
