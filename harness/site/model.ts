/** Data of the site, computed from runs and the catalogue. Pure; every text from outside is cleaned here. */
import { compareClauseIds, compareSections, parseClauseId, sectionOf } from '../catalogue/clause-id.ts';
import { sectionTitle } from '../catalogue/rfc-outline.ts';
import type { Clause } from '../catalogue/types.ts';
import { levelOf } from '../catalogue/types.ts';
import { withLatestIds } from '../report/former-ids.ts';
import type { ClauseRecord, RunResults, ScenarioRecord } from '../report/results.ts';
import { sutLabels } from '../report/runs.ts';
import { clean } from '../report/text-layout.ts';
import { type Level, LEVELS, perLevel } from '../verdict/level.ts';
import { judgementsOf, outcomeOf } from '../verdict/scenario-verdict.ts';
import { byWorst, isDeparture, type Outcome, OUTCOMES, worst } from '../verdict/verdict.ts';

/** Files of a scenario's evidence, relative to the site's root. */
export interface SiteEvidence {
  pcap?: string;
  ladder?: string;
}

/** One stack: a column. */
export interface Stack {
  /** Part of file names and anchors. */
  slug: string;
  label: string;
  run: RunResults;
  /** Clause records by id. */
  clauses: ReadonlyMap<string, ClauseRecord>;
  scenarios: ReadonlyMap<string, ScenarioRecord>;
  /** By scenario id; empty until {@link withEvidence}. */
  evidence: ReadonlyMap<string, SiteEvidence>;
}

/** One clause: a row. */
export interface ClauseRow {
  id: string;
  level: Level;
  /** As the catalogue has it; undefined for a clause that only the results know. */
  clause?: Clause;
  /** By stack; undefined where it was not judged. */
  outcomes: (Outcome | undefined)[];
  /** Whether stacks that judged it came to different ends. */
  differs: boolean;
}

/** A section with its clauses. */
export interface SectionRows {
  section: string;
  title: string;
  rows: ClauseRow[];
}

/** Everything. */
export interface SiteModel {
  stacks: Stack[];
  sections: SectionRows[];
  rows: ClauseRow[];
  /** Values to filter by. */
  roles: string[];
  options: string[];
  outcomes: Outcome[];
  version: string;
}

/** Works the site out. @param catalogue what there is to be judged */
export function siteModel(given: readonly RunResults[], catalogue: readonly Clause[], version: string): SiteModel {
  const runs = withLatestIds(given);
  const labels = sutLabels(runs.map(({ sut }) => sut)).map((label) => clean(label));
  const slugs = uniqueSlugs(labels);
  const stacks = runs.map((run, index): Stack => ({
    slug: slugs[index] ?? `stack-${index}`,
    label: labels[index] ?? '',
    run,
    evidence: new Map(),
    clauses: new Map(run.clauses.map((clause) => [clause.id, clause])),
    scenarios: new Map(run.scenarios.map((scenario) => [scenario.id, scenario])),
  }));
  const known = new Map(catalogue.map((clause) => [clause.id, clause]));
  // Text that is not a clause id cannot be a file name either.
  const ids = new Set(
    [...known.keys(), ...runs.flatMap((run) => run.clauses.map(({ id }) => id))].filter(
      (id) => parseClauseId(id) !== undefined,
    ),
  );
  const rows = [...ids].sort(compareClauseIds).map((id) => rowOf(id, known.get(id), stacks));
  const sections = [...new Set(rows.map(({ id }) => sectionOf(id)))].sort(compareSections);
  const seen = new Set(rows.flatMap(({ outcomes }) => outcomes));
  return {
    stacks,
    rows,
    version,
    sections: sections.map((section) => ({
      section,
      title: sectionTitle(section),
      rows: rows.filter(({ id }) => sectionOf(id) === section),
    })),
    roles: [...new Set(catalogue.flatMap(({ roles }) => roles))].sort(),
    options: [...new Set(catalogue.flatMap(({ concerns }) => concerns))].sort((a, b) => a.localeCompare(b, 'en')),
    outcomes: OUTCOMES.filter((outcome) => seen.has(outcome)),
  };
}

/** The model with the evidence of each stack, in the order of the stacks. */
export function withEvidence(model: SiteModel, evidence: readonly ReadonlyMap<string, SiteEvidence>[]): SiteModel {
  const stacks = model.stacks.map((stack, index) => ({ ...stack, evidence: evidence[index] ?? stack.evidence }));
  return { ...model, stacks };
}

function rowOf(id: string, clause: Clause | undefined, stacks: readonly Stack[]): ClauseRow {
  const records = stacks.map((stack) => stack.clauses.get(id));
  const outcomes = records.map((record) => (record === undefined ? undefined : outcomeOf(record)));
  const judged = outcomes.filter((outcome) => outcome !== undefined && outcome !== 'skip');
  const level =
    clause === undefined
      ? (LEVELS.find((one) => records.some((record) => record?.level === one)) ?? 'stated')
      : levelOf(clause.keyword);
  return { id, level, ...(clause === undefined ? {} : { clause }), outcomes, differs: new Set(judged).size > 1 };
}

/** A text as part of a file name: letters, digits, dots and dashes, never empty and never hidden. */
export function slugOf(text: string): string {
  const slug = text
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9.]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 120);
  return slug === '' ? 'x' : slug;
}

/** Slugs that differ, also where only upper and lower case do not. */
export function uniqueSlugs(texts: readonly string[]): string[] {
  const used = new Set<string>();
  return texts.map((text) => {
    const base = slugOf(text);
    let slug = base;
    for (let number = 2; used.has(slug.toLowerCase()); number++) slug = `${base}-${number}`;
    used.add(slug.toLowerCase());
    return slug;
  });
}

/** A scenario's outcome for one clause. */
export interface Judgement {
  scenario: ScenarioRecord;
  outcome: Outcome;
}

/** The scenarios of a stack that judged a clause, the worst first. Those where monitors found nothing are not listed. */
export function judgementsFor(stack: Stack, clause: string): Judgement[] {
  const found = (stack.clauses.get(clause)?.scenarios ?? []).flatMap((id): Judgement[] => {
    const scenario = stack.scenarios.get(id);
    const verdicts =
      scenario === undefined
        ? []
        : judgementsOf(scenario)
            .filter((one) => one.clause === clause)
            .map(({ verdict }) => verdict);
    const verdict = worst(verdicts);
    if (scenario === undefined || verdict === undefined) return [];
    return [{ scenario, outcome: isDeparture(verdict) ? outcomeOf({ ...scenario, verdict }) : verdict }];
  });
  return found.sort((a, b) => byWorst(a.outcome, b.outcome));
}

/** Scenarios whose ladder is drawn: all that did not simply pass, and for each clause the one that says most of it. */
export function scenariosToDraw(stack: Stack): Set<string> {
  const chosen = new Set(
    stack.run.scenarios
      .filter(({ verdict, monitors }) => verdict !== 'pass' || (monitors ?? []).length > 0)
      .map(({ id }) => id),
  );
  for (const id of stack.clauses.keys()) {
    const [first] = judgementsFor(stack, id);
    if (first !== undefined) chosen.add(first.scenario.id);
  }
  return chosen;
}

/** Clauses by level and outcome, for one stack. */
export function tally(
  model: SiteModel,
  stack: number,
): Record<Level, Partial<Record<Outcome, number>> & { total: number; judged: number }> {
  const counts: ReturnType<typeof tally> = perLevel(() => ({ total: 0, judged: 0 }));
  for (const { level, outcomes } of model.rows) {
    const row = counts[level];
    const outcome = outcomes[stack];
    row.total++;
    if (outcome === undefined) continue;
    if (outcome !== 'skip') row.judged++;
    row[outcome] = (row[outcome] ?? 0) + 1;
  }
  return counts;
}

/** Comparison of one stack with another. */
export interface StackDifference {
  better: ClauseRow[];
  worse: ClauseRow[];
  /** Judged in only one of the two, or without verdict in one. */
  other: ClauseRow[];
}

const RANK: Readonly<Record<Outcome, number | undefined>> = {
  pass: 0,
  info: 0,
  note: 0,
  warn: 1,
  declared: 2,
  fail: 2,
  inconclusive: undefined,
  error: undefined,
  skip: undefined,
};

/** Changes from one stack to another. A departure counts whether declared or not. */
export function difference(model: SiteModel, from: number, to: number): StackDifference {
  const result: StackDifference = { better: [], worse: [], other: [] };
  for (const row of model.rows) {
    const rank = (index: number): number | undefined => {
      const record = model.stacks[index]?.clauses.get(row.id);
      return record === undefined ? undefined : RANK[record.verdict];
    };
    const [before, after] = [rank(from), rank(to)];
    if (before === undefined || after === undefined) {
      if (row.outcomes[from] !== row.outcomes[to]) result.other.push(row);
    } else if (after > before) result.worse.push(row);
    else if (after < before) result.better.push(row);
  }
  return result;
}

/** Scenarios of a stack by outcome, in run order. */
export function scenariosWith(stack: Stack, ...outcomes: Outcome[]): ScenarioRecord[] {
  return stack.run.scenarios.filter((scenario) => outcomes.includes(outcomeOf(scenario)));
}
