/** The scenarios that a command applies to. Pure. */
import type { Catalogue } from '../../catalogue/catalogue.ts';
import { isWithin } from '../../catalogue/clause-id.ts';
import { isBeside } from '../../catalogue/rfc-outline.ts';
import { levelOf } from '../../catalogue/types.ts';
import { suggestion } from '../../document/diagnostic.ts';
import type { Shard } from '../../report/results.ts';
import type { ScenarioHead } from '../../scenario/suite.ts';
import { isLevel, LEVELS } from '../../verdict/level.ts';
import { UsageError } from '../../document/explained-error.ts';

/** The scenarios that the user asked for: selectors are ANDed, the values of one selector ORed. */
export interface Selection {
  /** Scenario ids, with variant or without, or suite ids. */
  ids?: readonly string[];
  sections?: readonly string[];
  clauses?: readonly string[];
  levels?: readonly string[];
  families?: readonly string[];
  /** Scenarios, suites or sections to leave out. */
  excluded?: readonly string[];
  /** Of all that is chosen otherwise, every `of`th scenario, from the `index`th. */
  shard?: Shard;
  /** Ids with their variants: nothing but these. */
  among?: readonly string[];
}

/** Whether anything narrows the choice. Other keys of the object do not count. */
export function isNarrowed({ ids, sections, clauses, levels, families, excluded, among, shard }: Selection): boolean {
  if (shard !== undefined) return true;
  return [ids, sections, clauses, levels, families, excluded, among].some(
    (list) => list !== undefined && list.length > 0,
  );
}

/** The scenarios asked for. @throws UsageError when a word fits nothing, or all of them together fit nothing */
export function selectScenarios<S extends ScenarioHead>(
  scenarios: readonly S[],
  selection: Selection,
  catalogue: Catalogue,
): S[] {
  const { ids = [], sections = [], clauses = [], levels = [], families = [], excluded = [] } = selection;
  const among = selection.among === undefined ? undefined : new Set(selection.among);
  const hasSection = (section: string): boolean => scenarios.some((one) => isWithin(one.section, section));
  const hasClause = (id: string): boolean => catalogue.get(id) !== undefined;
  for (const id of ids) {
    const option = hasSection(id) ? 'section' : hasClause(id) ? 'clause' : undefined;
    requireSome(
      scenarios.some((one) => isNamed(one, id)),
      'scenario',
      id,
      idWords(scenarios),
      option,
    );
  }
  for (const id of clauses)
    requireSome(
      hasClause(id),
      'clause',
      id,
      catalogue.all.map((one) => one.id),
    );
  for (const section of sections)
    requireSome(hasSection(section), 'section', section, new Set(scenarios.map((one) => one.section)));
  for (const level of levels) requireSome(isLevel(level), 'level', level, LEVELS);
  for (const family of families) requireSome(['ipv4', 'ipv6'].includes(family), 'family', family, ['ipv4', 'ipv6']);
  const isExcluded = (one: ScenarioHead, word: string): boolean => isNamed(one, word) || isWithin(one.section, word);
  for (const word of excluded)
    requireSome(
      scenarios.some((one) => isExcluded(one, word)),
      'scenario',
      word,
      idWords(scenarios),
    );
  const chosen = scenarios.filter((scenario) => {
    const judged = scenario.clauses;
    return (
      among?.has(scenario.id) !== false &&
      !excluded.some((word) => isExcluded(scenario, word)) &&
      (!isBeside(scenario.section) || ids.length > 0 || sections.length > 0) &&
      (ids.length === 0 || ids.some((id) => isNamed(scenario, id))) &&
      (sections.length === 0 || sections.some((section) => isWithin(scenario.section, section))) &&
      (families.length === 0 || families.includes(scenario.family)) &&
      (clauses.length === 0 || clauses.some((clause) => judged.includes(clause))) &&
      (levels.length === 0 ||
        judged.some((clause) => levels.includes(levelOf(catalogue.get(clause)?.keyword ?? 'stated'))))
    );
  });
  if (chosen.length === 0) throw new UsageError(nothingChosen(selection));
  return inShard(chosen, selection.shard);
}

/** Neighbours take alike long, so they go to different shards. @throws UsageError for a shard without scenarios */
function inShard<S>(chosen: S[], shard: Shard | undefined): S[] {
  if (shard === undefined) return chosen;
  if (shard.of > chosen.length)
    throw new UsageError(`--shard: ${chosen.length} scenarios cannot be divided into ${shard.of} shards`);
  return chosen.filter((_, position) => position % shard.of === shard.index - 1);
}

function nothingChosen(selection: Selection): string {
  const { clauses = [] } = selection;
  if (clauses.length > 0) return `no selected scenario judges ${clauses.join(' or ')}; see "mptcp-conformance list"`;
  return 'no scenario matches all selectors; see "mptcp-conformance list"';
}

function isNamed(scenario: ScenarioHead, id: string): boolean {
  return scenario.id === id || scenario.id.startsWith(`${id}#`) || scenario.id.startsWith(`${id}/`);
}

function idWords(scenarios: readonly ScenarioHead[]): Set<string> {
  return new Set(scenarios.flatMap((one) => [one.id, one.id.split('#')[0] ?? '', one.suite]));
}

/** @param option of the command line under which there is such a word, where there is one */
function requireSome(isThere: boolean, what: string, word: string, known: Iterable<string>, option?: string): void {
  if (isThere) return;
  const hint =
    option === undefined ? suggestion(word, known) : `; to select the ${option} of that name: --${option} ${word}`;
  throw new UsageError(
    `unknown ${what} "${word}"${hint === '' ? `; "mptcp-conformance ${what === 'clause' ? 'clauses' : 'list'}" lists all` : hint}`,
  );
}
