/** The results model: what `results.json` holds for a run. Pure. */
import { compareClauseIds, compareSections, parseClauseId } from '../catalogue/clause-id.ts';
import type { Clause } from '../catalogue/types.ts';
import { levelOf } from '../catalogue/types.ts';
import { type Level, LEVELS, perLevel, verdictOf } from '../verdict/level.ts';
import type { ScenarioResult } from '../verdict/result.ts';
import { judgementsOf, outcomeOf } from '../verdict/scenario-verdict.ts';
import type { SutInfo } from '../verdict/stack-info.ts';
import { isDeparture, isUndecided, type Outcome, perOutcome, type Verdict, worst } from '../verdict/verdict.ts';

/** Version of the file's shape; raised when an old reader could misread a new file. */
export const SCHEMA_VERSION = 2;

/** The program that made the results. */
export interface ToolInfo {
  name: string;
  version: string;
}

/** One of several parts of a run that are made apart. */
export interface Shard {
  index: number;
  of: number;
}

/** Circumstances and time of the run. */
interface RunInfo {
  /** ISO 8601, UTC. */
  startedAt: string;
  finishedAt: string;
  durationMs: number;
  /** The run was cut short: not everything that was asked for has a result. */
  partial: boolean;
  /** Only a selection of the suites was asked for. */
  selected?: boolean;
  /** Which part of what was asked for, with `--shard`: `index` counts from 1. */
  shard?: Shard;
  /** Command line, program first. */
  command: string[];
  /** Scenarios at once. */
  concurrency: number;
  /** Seed of whatever was random, so that the run can be made again. */
  seed?: string;
}

/** Number of scenarios by outcome. `declared` ones are counted there and not under their verdict: the sum is the total. */
export type Summary = Record<Outcome, number>;

/** A scenario in `results.json`: without its ladder, which is in the evidence folder. */
export type ScenarioRecord = Omit<ScenarioResult, 'ladder'>;

/** Outcome of one clause. */
export interface ClauseRecord {
  id: string;
  level: Level;
  /** The worst verdict of its expectations; see `WORST_FIRST`. */
  verdict: Verdict;
  /** Set when every departure from this clause is declared. */
  declared?: true;
  /** Ids of the scenarios that judged it, in run order. */
  scenarios: string[];
  /** Number of scenarios that stopped before they reached it; not those that a declared departure stopped. */
  unjudged?: number;
  /** Scenarios on whose captures a monitor judged it and it held; not listed one by one. */
  monitored?: number;
}

/** Numbers of clauses: all, those that the run judged, and those that cannot be judged from outside. */
export interface CoverageRow {
  total: number;
  judged: number;
  unobservable: number;
}

/** Share of the catalogue that the run judged. */
export interface Coverage {
  byLevel: Record<Level, CoverageRow>;
  /** In the order of the RFC; sections without clauses are not there. */
  bySection: (CoverageRow & { section: string })[];
  /** Observable clauses of the catalogue that no scenario of the run judged. */
  unjudged: string[];
}

/** A scenario, a clause, or a clause within a scenario that shows a finding of a deviations file. */
export interface Deviation {
  /** Id and title of the finding. */
  finding?: string;
  title?: string;
  /** Scenario id, with a variant or without. */
  scenario?: string;
  /** Clause id. With `scenario` too: only where that scenario judges the clause. */
  clause?: string;
  reason: string;
  /** Upstream's discussion of the finding. */
  link?: string;
  /** Evidence of the finding: packets in the notation of the suites, or other text. Matches anything if absent. */
  instead?: string[];
  /** Instead of scenario and clause: part of what the run says of a kernel's trouble, `lost: the guest ...`. */
  trouble?: string;
}

/** Effect of the declared deviations on the results. */
export interface DeviationOutcome {
  /** Name of the file they came from. */
  source: string;
  /** Declarations that covered a departure, with the scenarios they covered. */
  applied: (Deviation & { scenarios: string[] })[];
  /** Declarations whose departure no longer shows. */
  stale: Deviation[];
  /** Declarations that nothing in this run could confirm or refute. */
  unseen: Deviation[];
}

/** Everything a run found out. */
export interface RunResults {
  schemaVersion: typeof SCHEMA_VERSION;
  tool: ToolInfo;
  run: RunInfo;
  sut: SutInfo;
  summary: Summary;
  coverage?: Coverage;
  deviations?: DeviationOutcome;
  scenarios: ScenarioRecord[];
  clauses: ClauseRecord[];
}

/** Input of {@link buildResults}. */
export interface ResultsInput {
  tool: ToolInfo;
  run: RunInfo;
  sut: SutInfo;
  scenarios: readonly (ScenarioResult | ScenarioRecord)[];
  /** The catalogue; gives the coverage when it is there. */
  catalogue?: readonly Clause[];
}

/** Puts a run's results together: drops the ladders, counts, and gives each clause its outcome. Deviations come later. */
export function buildResults(input: ResultsInput): RunResults {
  const scenarios = input.scenarios.map(withoutLadder);
  const clauses = clauseRecords(scenarios, () => false);
  return {
    schemaVersion: SCHEMA_VERSION,
    tool: input.tool,
    run: input.run,
    sut: input.sut,
    summary: summarize(scenarios),
    ...(input.catalogue === undefined ? {} : { coverage: coverageOf(input.catalogue, clauses) }),
    scenarios,
    clauses,
  };
}

/** Results in the order of a list of ids, those that it does not name last and as they came. */
export function inOrderOf<T extends { id: string }>(results: readonly T[], ids: readonly string[]): T[] {
  const place = new Map(ids.map((id, index) => [id, index]));
  return results.toSorted((a, b) => (place.get(a.id) ?? ids.length) - (place.get(b.id) ?? ids.length));
}

/** Counts scenarios by outcome. */
export function summarize(scenarios: readonly ScenarioRecord[]): Summary {
  const summary: Summary = perOutcome(() => 0);
  for (const scenario of scenarios) summary[outcomeOf(scenario)]++;
  return summary;
}

interface ClauseTally {
  level: Level;
  verdicts: Verdict[];
  scenarios: Set<string>;
  undeclared: boolean;
  /** Scenarios that stopped before they came to it. */
  stopped: Set<string>;
  held: number;
}

function newTally(level: Level): ClauseTally {
  return { level, verdicts: [], scenarios: new Set(), undeclared: false, stopped: new Set(), held: 0 };
}

/** Where a declared departure stopped a scenario, what it did not come to is accepted with it, and not counted here. */
function countUnjudged(found: Map<string, ClauseTally>, scenario: ScenarioRecord): void {
  for (const level of LEVELS) {
    for (const clause of scenario.unjudged?.[level] ?? []) {
      const entry = found.get(clause) ?? newTally(level);
      entry.stopped.add(scenario.id);
      found.set(clause, entry);
    }
  }
}

/** A clause that held on a capture is met, where nothing worse is said of it. */
function countHeld(found: Map<string, ClauseTally>, clause: string, level: Level): void {
  const entry = found.get(clause) ?? newTally(level);
  if (entry.held === 0) entry.verdicts.push(verdictOf(level, true));
  entry.held++;
  found.set(clause, entry);
}

/**
 * Gives each clause its outcome from its expectations, in the order of the RFC's sections.
 *
 * @param isDeclared whether a departure in a scenario from a clause is declared
 */
export function clauseRecords(
  scenarios: readonly ScenarioRecord[],
  isDeclared: (scenario: ScenarioRecord, clause: string) => boolean,
): ClauseRecord[] {
  const found = new Map<string, ClauseTally>();
  for (const scenario of scenarios) {
    for (const { clause, level, verdict } of judgementsOf(scenario)) {
      // A precondition speaks of no clause.
      if (clause === '') continue;
      const entry = found.get(clause) ?? newTally(level);
      if (LEVELS.indexOf(level) < LEVELS.indexOf(entry.level)) entry.level = level;
      entry.verdicts.push(verdict);
      entry.scenarios.add(scenario.id);
      if (isDeparture(verdict) && !isDeclared(scenario, clause)) entry.undeclared = true;
      found.set(clause, entry);
    }
    if (scenario.declared === undefined) countUnjudged(found, scenario);
    for (const level of LEVELS) for (const clause of scenario.monitored?.[level] ?? []) countHeld(found, clause, level);
  }
  return [...found]
    .map(([id, entry]): ClauseRecord => {
      // Judged by nothing, where something could have: it says as little as what was begun and not decided.
      const verdict = worst(entry.verdicts) ?? 'inconclusive';
      const declared = isDeparture(verdict) && !entry.undeclared;
      const monitored = entry.held > 0 ? { monitored: entry.held } : {};
      return {
        id,
        level: entry.level,
        verdict,
        ...(declared ? { declared } : {}),
        // Scenarios that stopped before are listed where no other has judged the clause.
        scenarios: [...(entry.verdicts.length === 0 ? entry.stopped : entry.scenarios)],
        ...(entry.stopped.size > 0 ? { unjudged: entry.stopped.size } : {}),
        ...monitored,
      };
    })
    .sort((a, b) => compareClauseIds(a.id, b.id));
}

/** How much of the catalogue was judged. A clause that was only skipped, or never decided, counts as not judged. */
export function coverageOf(all: readonly Clause[], clauses: readonly ClauseRecord[]): Coverage {
  // Clauses of the user's own are not the RFC's.
  const catalogue = all.filter(({ id }) => parseClauseId(id) !== undefined);
  const judged = new Set(
    clauses.filter(({ verdict }) => verdict !== 'skip' && !isUndecided(verdict)).map((clause) => clause.id),
  );
  const none = (): CoverageRow => ({ total: 0, judged: 0, unobservable: 0 });
  const levels = perLevel(none);
  const sections = [...new Set(catalogue.map((clause) => clause.section))].sort(compareSections);
  const bySection = new Map(sections.map((section) => [section, none()]));
  const unjudged: string[] = [];
  for (const clause of catalogue) {
    const isUnobservable = clause.judged.includes('unobservable');
    for (const row of [levels[levelOf(clause.keyword)], bySection.get(clause.section) ?? none()]) {
      row.total++;
      if (judged.has(clause.id)) row.judged++;
      else if (isUnobservable) row.unobservable++;
    }
    if (!judged.has(clause.id) && !isUnobservable) unjudged.push(clause.id);
  }
  return { byLevel: levels, bySection: [...bySection].map(([section, row]) => ({ section, ...row })), unjudged };
}

/** Adds rows up. */
export function addRows(rows: readonly CoverageRow[]): CoverageRow {
  const sum: CoverageRow = { total: 0, judged: 0, unobservable: 0 };
  for (const row of rows) {
    sum.total += row.total;
    sum.judged += row.judged;
    sum.unobservable += row.unobservable;
  }
  return sum;
}

function withoutLadder(scenario: ScenarioResult | ScenarioRecord): ScenarioRecord {
  const record: Partial<ScenarioResult> & ScenarioRecord = { ...scenario };
  delete record.ladder;
  return record;
}
