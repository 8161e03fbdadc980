/** `clauses`: the catalogue, with what judges each clause and what the last run found. */
import type { Catalogue } from '../../catalogue/catalogue.ts';
import { isWithin } from '../../catalogue/clause-id.ts';
import { countJudged, isJudged, isObservable, judgesOfClauses, type JudgedClause } from '../../catalogue/coverage.ts';
import { levelOf } from '../../catalogue/types.ts';
import { suggestion } from '../../document/diagnostic.ts';
import { sectionTitle } from '../../catalogue/rfc-outline.ts';
import type { ClauseRecord } from '../../report/results.ts';
import { coloursOf, fit, pad, paint, plural, styleFor, type TextStyle } from '../../report/text-layout.ts';
import { SYMBOL } from '../../report/verdict-style.ts';
import { judgesOf } from '../inputs/judges.ts';
import { lastResults, runLine, type LastResults } from '../inputs/last-results.ts';
import { openProject } from '../inputs/project.ts';
import { type Level, LEVEL_NAME, LEVELS } from '../../verdict/level.ts';
import { UsageError } from '../../document/explained-error.ts';

/** Options of the command. */
export interface ClausesOptions {
  sections: readonly string[];
  levels: readonly string[];
  uncovered: boolean;
  results?: string;
  json: boolean;
}

/** Prints the table. @throws UsageError @throws ResultsFileError */
export function listClauses(options: ClausesOptions): void {
  const { catalogue, scenarios } = openProject();
  const chosen = chooseClauses(judgesOfClauses(catalogue, judgesOf(scenarios)), catalogue, options);
  const last = lastResults(options.results);
  const records = new Map(last?.results.clauses.map((record) => [record.id, record]));
  const shown = options.uncovered ? chosen.filter((one) => isObservable(one.clause) && !isJudged(one)) : chosen;
  process.stdout.write(
    options.json
      ? `${JSON.stringify(
          shown.map((one) => asJson(one, records.get(one.clause.id))),
          undefined,
          1,
        )}\n`
      : `${tableText(shown, records, last, styleFor(process.stdout))}\n\n${closingText(chosen, options)}\n`,
  );
}

/** Clauses of the sections (with subsections) and levels; all of them where none are given. @throws UsageError */
export function chooseClauses(
  clauses: readonly JudgedClause[],
  catalogue: Catalogue,
  { sections, levels }: Pick<ClausesOptions, 'sections' | 'levels'>,
): JudgedClause[] {
  const known = catalogue.sections.map(({ section }) => section);
  for (const section of sections) {
    if (known.some((one) => isWithin(one, section))) continue;
    throw new UsageError(
      `no clauses in section "${section}"${suggestion(section, known)}; sections with clauses: ${known.join(', ')}`,
    );
  }
  for (const level of levels) {
    if (LEVELS.includes(level as Level)) continue;
    throw new UsageError(`unknown level "${level}"${suggestion(level, LEVELS)}`);
  }
  return clauses.filter(
    ({ clause }) =>
      (sections.length === 0 || sections.some((section) => isWithin(clause.section, section))) &&
      (levels.length === 0 || levels.includes(levelOf(clause.keyword))),
  );
}

function asJson({ clause, scenarios, monitors }: JudgedClause, record: ClauseRecord | undefined): object {
  return {
    id: clause.id,
    section: clause.section,
    level: levelOf(clause.keyword),
    keyword: clause.keyword,
    summary: clause.summary,
    roles: clause.roles,
    judged: clause.judged,
    ...(clause.reason === undefined ? {} : { reason: clause.reason }),
    scenarios: scenarios.map(({ name }) => name),
    monitors: monitors.map(({ name }) => name),
    ...(record === undefined
      ? {}
      : { verdict: record.verdict, ...(record.declared === undefined ? {} : { declared: true }) }),
  };
}

/** Scenarios and monitors that judge a clause, in a few words. */
function judgesText({ clause, scenarios, monitors }: JudgedClause): string {
  if (!isObservable(clause)) return 'unobservable';
  const parts = [count(scenarios.length, 'scenario'), count(monitors.length, 'monitor')].filter((part) => part !== '');
  return parts.length === 0 ? 'nothing yet' : parts.join(', ');
}

function count(number: number, what: string): string {
  return number === 0 ? '' : plural(number, what);
}

function tableText(
  clauses: readonly JudgedClause[],
  records: ReadonlyMap<string, ClauseRecord>,
  last: LastResults | undefined,
  style: TextStyle,
): string {
  const colours = coloursOf(style);
  const widest = (texts: readonly string[]): number => Math.max(0, ...texts.map((text) => text.length));
  const ids = widest(clauses.map(({ clause }) => clause.id));
  const judges = widest(clauses.map(judgesText));
  const verdictWidth = last === undefined ? 0 : 16;
  const lines = last === undefined ? [] : [colours.dim(`verdicts: ${runLine(last)}`)];
  let section = '';
  for (const one of clauses) {
    const { clause } = one;
    if (clause.section !== section) lines.push('', colours.bold(sectionTitle(clause.section)));
    section = clause.section;
    const record = records.get(clause.id);
    const outcome = record?.declared === true ? 'declared' : record?.verdict;
    const verdict =
      outcome === undefined
        ? pad('', verdictWidth)
        : paint(colours, outcome, pad(`${SYMBOL[outcome]} ${outcome}`, verdictWidth));
    const head = `  ${pad(clause.id, ids)}  ${pad(LEVEL_NAME[levelOf(clause.keyword)], 7)}  ${verdict}${pad(judgesText(one), judges)}`;
    const room = style.width - (ids + judges + verdictWidth + 13) - 2;
    // A pipe has no width: nothing is cut.
    const summary = process.stdout.isTTY ? fit(clause.summary, room) : clause.summary;
    lines.push(room < 24 && process.stdout.isTTY ? head.trimEnd() : `${head}  ${colours.dim(summary)}`);
  }
  return lines.join('\n').trimStart();
}

function closingText(chosen: readonly JudgedClause[], { uncovered }: ClausesOptions): string {
  const all = countJudged(chosen);
  const percent = all.observable === 0 ? 100 : Math.floor((100 * all.judged) / all.observable);
  const byLevel = LEVELS.map((level) => {
    const { judged, observable } = countJudged(chosen.filter(({ clause }) => levelOf(clause.keyword) === level));
    return `${LEVEL_NAME[level]} ${judged}/${observable}`;
  });
  const hidden = all.total - all.observable;
  const praise = uncovered && all.judged === all.observable ? 'Every observable clause is judged. ' : '';
  return (
    `${praise}${all.total} clauses, ${hidden} unobservable; of ${all.observable} observable ones, ` +
    `${all.judged} are judged (${percent} %): ${byLevel.join(', ')}`
  );
}
