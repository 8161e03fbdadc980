/** The page `docs/coverage.md`: which clauses of the RFC are judged, and by what. Pure. */
import type { Catalogue } from '../../catalogue/catalogue.ts';
import {
  countJudged,
  isJudged,
  isObservable,
  type Judge,
  type JudgedClause,
  type JudgedCount,
} from '../../catalogue/coverage.ts';
import { levelOf } from '../../catalogue/types.ts';
import { LEVEL_NAME, LEVELS } from '../../verdict/level.ts';

/**
 * Makes the page. The same catalogue and judges give the same page.
 *
 * @param pairs what scenarios of two stacks judge; not counted, since a run without a choice leaves them out
 */
export function coveragePage(
  catalogue: Catalogue,
  clauses: readonly JudgedClause[],
  pairs: readonly JudgedClause[],
): string {
  const byPairs = new Map(pairs.map((one) => [one.clause.id, one.scenarios]));
  const unjudged = clauses.filter((one) => isObservable(one.clause) && !isJudged(one));
  const isByPair = ({ clause }: JudgedClause): boolean => (byPairs.get(clause.id)?.length ?? 0) > 0;
  return [
    '# Coverage of RFC 8684',
    '',
    'Made by `npm run coverage` from the catalogue of clauses, the suites and the monitors; a test keeps it current.',
    'It says what *can* be judged. What a run did judge is in its `results.json`, under `coverage`.',
    '',
    'A clause is a requirement: of a sentence with a keyword of BCP 14 (MUST, SHOULD, MAY), or stated without one',
    '(*stated* or *advice*). A scenario talks to the stack and judges what it answers; a monitor judges every packet of a capture.',
    '`mptcp-conformance explain CLAUSE` tells what a clause asks, in our own words.',
    '',
    '## By section and level',
    '',
    'Judged clauses of the observable ones.',
    '',
    ...summaryTable(catalogue, clauses),
    '',
    '## Not observable',
    '',
    'Nobody outside of the stack can tell whether these are kept.',
    '',
    ...clauses
      .filter(({ clause }) => !isObservable(clause))
      .map(
        ({ clause }) =>
          `- ${link(catalogue, clause.id)} (${LEVEL_NAME[levelOf(clause.keyword)]}): ${oneLine(clause.reason ?? '')}`,
      ),
    '',
    '## Observable, and not judged yet',
    '',
    ...openList(
      catalogue,
      unjudged.filter((one) => !isByPair(one)),
    ),
    '',
    '## Judged between two stacks only',
    '',
    'By scenarios of `--section multipath`, which a run without a choice leaves out; not counted above.',
    '',
    ...unjudged
      .filter(isByPair)
      .map(
        ({ clause }) =>
          `- ${link(catalogue, clause.id)} (${LEVEL_NAME[levelOf(clause.keyword)]}): ${(byPairs.get(clause.id) ?? []).map(({ name }) => `\`${name}\``).join(', ')}`,
      ),
    '',
    '## What judges what',
    ...catalogue.sections.flatMap(({ section, title }) => sectionTable(catalogue, section, title, clauses)),
    '',
  ].join('\n');
}

function ofSection(clauses: readonly JudgedClause[], section: string): JudgedClause[] {
  return clauses.filter(({ clause }) => clause.section === section);
}

function summaryTable(catalogue: Catalogue, clauses: readonly JudgedClause[]): string[] {
  const cell = ({ judged, observable }: JudgedCount): string => (observable === 0 ? '' : `${judged}/${observable}`);
  const row = (name: string, chosen: readonly JudgedClause[]): string => {
    const levels = LEVELS.map((level) =>
      cell(countJudged(chosen.filter(({ clause }) => levelOf(clause.keyword) === level))),
    );
    const all = countJudged(chosen);
    const percent = all.observable === 0 ? '' : `${Math.floor((100 * all.judged) / all.observable)} %`;
    return `| ${[name, ...levels, cell(all), percent].join(' | ')} |`;
  };
  return [
    `| section | ${LEVELS.map((level) => LEVEL_NAME[level]).join(' | ')} | all | |`,
    `| --- | ${LEVELS.map(() => '---:').join(' | ')} | ---: | ---: |`,
    ...catalogue.sections.map(({ section, title }) => row(`${section} ${title}`, ofSection(clauses, section))),
    row('**all**', clauses),
  ];
}

function openList(catalogue: Catalogue, open: readonly JudgedClause[]): string[] {
  if (open.length === 0) return ['None.'];
  return catalogue.sections.flatMap(({ section, title }) => {
    const here = ofSection(open, section);
    if (here.length === 0) return [];
    const byLevel = LEVELS.flatMap((level) => {
      const ids = here
        .filter(({ clause }) => levelOf(clause.keyword) === level)
        .map(({ clause }) => link(catalogue, clause.id));
      return ids.length === 0 ? [] : [`  - ${LEVEL_NAME[level]}: ${ids.join(', ')}`];
    });
    return [`- ${section} ${title}`, ...byLevel];
  });
}

function sectionTable(
  catalogue: Catalogue,
  section: string,
  title: string,
  clauses: readonly JudgedClause[],
): string[] {
  const judged = ofSection(clauses, section).filter(isJudged);
  if (judged.length === 0) return [];
  const names = (judges: readonly Judge[]): string => judges.map(({ name }) => `\`${name}\``).join('<br>');
  return [
    '',
    `### ${section} ${title}`,
    '',
    '| clause | level | scenarios | monitors |',
    '| --- | --- | --- | --- |',
    ...judged.map(
      ({ clause, scenarios, monitors }) =>
        `| ${link(catalogue, clause.id)} | ${LEVEL_NAME[levelOf(clause.keyword)]} | ${names(scenarios)} | ${names(monitors)} |`,
    ),
  ];
}

function link(catalogue: Catalogue, id: string): string {
  return `[${id}](${catalogue.anchorUrl(id)})`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
