/** The gate's decision as Markdown: the summary of a CI job. Pure. */
import { anchorUrl, parseClauseId } from '../catalogue/clause-id.ts';
import { departureText, type DepartureOptions } from './departure-text.ts';
import type { GateDecision, JudgedChange } from './gate.ts';
import { changeText, gateVerdict } from './gate-text.ts';
import { escapeMarkdown, fenced, inlineCode, markdownTable } from './markdown.ts';
import type { RunResults } from './results.ts';
import { SYMBOL } from './verdict-style.ts';
import { LEVEL_NAME, LEVELS } from '../verdict/level.ts';
import { outcomeOf } from '../verdict/scenario-verdict.ts';
import { isDeparture, OUTCOMES } from '../verdict/verdict.ts';

/** A summary has a size limit of 1 MiB on GitHub; packets of more scenarios than this are left to the artefacts. */
const MOST_SHOWN = 10;
const MOST_ROWS = 100;

/** The decision as Markdown. */
export function gateMarkdown(decision: GateDecision, options: Omit<DepartureOptions, 'colour' | 'width'>): string {
  const { comparison, red, flaky, baseline } = decision;
  const { sut } = comparison.results;
  return `${[
    `## ${red.length > 0 ? '❌' : '✅'} RFC 8684: ${escapeMarkdown(`${sut.name} ${sut.kernel}`)}`,
    `**${gateVerdict(decision)}** Baseline: ${inlineCode(baseline.file)}.`,
    ...(decision.note === undefined ? [] : [escapeMarkdown(decision.note)]),
    clauseCounts(comparison.results),
    ...changes('Worse', red),
    ...packets(red, options),
    ...changes('Flaky: worse in the run, but not when repeated alone', flaky),
    ...folded('Better', comparison.better),
    ...folded('Failed before, inconclusive now', comparison.unsettled),
    ...folded('Worse, below the level', comparison.minor),
  ].join('\n\n')}\n`;
}

/** Clauses by level and outcome. */
function clauseCounts(results: RunResults): string {
  const seen = OUTCOMES.filter((outcome) => results.clauses.some((clause) => outcomeOf(clause) === outcome));
  return markdownTable(
    ['Clauses', ...seen.map((outcome) => `${SYMBOL[outcome]} ${outcome}`)],
    LEVELS.map((level) => [
      LEVEL_NAME[level],
      ...seen.map((outcome) =>
        String(results.clauses.filter((clause) => clause.level === level && outcomeOf(clause) === outcome).length),
      ),
    ]),
  );
}

function changes(title: string, list: readonly JudgedChange[]): string[] {
  if (list.length === 0) return [];
  const rest = list.length > MOST_ROWS ? `\n\nand ${list.length - MOST_ROWS} more` : '';
  const rows = list
    .slice(0, MOST_ROWS)
    .map((change) => [change.what, nameOf(change), escapeMarkdown(changeText(change))]);
  return [`### ${title} (${list.length})`, `${markdownTable(['what', 'which', 'change'], rows)}${rest}`];
}

function nameOf({ what, id }: JudgedChange): string {
  return what === 'clause' && parseClauseId(id) !== undefined ? `[${id}](${anchorUrl(id)})` : inlineCode(id);
}

function folded(title: string, list: readonly JudgedChange[]): string[] {
  if (list.length === 0) return [];
  const rows = list.slice(0, MOST_ROWS).map((change) => `- ${nameOf(change)} ${escapeMarkdown(changeText(change))}`);
  const rest = list.length > MOST_ROWS ? [`- and ${list.length - MOST_ROWS} more`] : [];
  return [`<details><summary>${title} (${list.length})</summary>\n\n${[...rows, ...rest].join('\n')}\n\n</details>`];
}

function packets(red: readonly JudgedChange[], options: Omit<DepartureOptions, 'colour' | 'width'>): string[] {
  const scenarios = new Map(red.flatMap(({ scenarios: list }) => list.map((one) => [one.id, one] as const)));
  const departing = [...scenarios.values()].filter(
    (one) => isDeparture(one.verdict) || (one.monitors ?? []).length > 0,
  );
  return departing
    .slice(0, MOST_SHOWN)
    .map((scenario) => fenced(departureText(scenario, { ...options, colour: false, width: 120 })));
}
