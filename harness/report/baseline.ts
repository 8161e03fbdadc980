/** Comparison of a run with a baseline: scenario by scenario and clause by clause. Pure. */
import { applyDeviations, type DeviationList } from './deviations.ts';
import type { ClauseRecord, RunResults, ScenarioRecord, ToolInfo } from './results.ts';
import { judgementsOf, outcomeOf } from '../verdict/scenario-verdict.ts';
import { isDeparture, isKept, type Outcome } from '../verdict/verdict.ts';

/** Version of the shape of a file of recorded verdicts. */
export const VERDICTS_VERSION = 1;

/** Recorded verdicts of an earlier run, by id. */
export interface RecordedVerdicts {
  schemaVersion: typeof VERDICTS_VERSION;
  kind: 'verdicts';
  tool: ToolInfo;
  sut: string;
  kernel: string;
  clauses: Record<string, Outcome>;
  scenarios: Record<string, Outcome>;
}

/** The reference of a comparison. */
export interface Baseline {
  /** The file that was named. */
  file: string;
  declared: DeviationList;
  /** Absent when nothing was recorded yet: then all is expected to pass but for what is declared. */
  verdicts?: RecordedVerdicts;
}

/** The level from which departures count: `must` takes stated requirements in, `should` takes in both. */
export type GateLevel = 'must' | 'should';

/**
 * How something compares with the baseline. `new`: the baseline does not know it, and it departs. `vanished`: the
 * baseline knows it, and the run did not judge it.
 */
export type ChangeKind = 'worse' | 'new' | 'vanished' | 'better' | 'unsettled' | 'minor';

/** One scenario or clause that is not as the baseline has it. */
export interface Change {
  what: 'scenario' | 'clause';
  id: string;
  kind: ChangeKind;
  before?: Outcome;
  now?: Outcome;
  /** The scenario; for a clause those that depart from it. */
  scenarios: ScenarioRecord[];
}

/** The whole comparison. */
export interface Comparison {
  /** The results with the baseline's declarations applied. */
  results: RunResults;
  /** Changes that make the gate fail: `worse`, `new` and `vanished`. */
  worse: Change[];
  better: Change[];
  /** Departed before and was not judged now: neither better nor worse. */
  unsettled: Change[];
  /** Worse, but below the level asked for. */
  minor: Change[];
  /** Ids of the baseline that the run did not have because it was of a selection only. */
  unasked: number;
}

/** Heaviest last; `warn` weighs nothing when only MUSTs count, and `note` never does. */
const WEIGHT: Readonly<Record<Outcome, number>> = {
  pass: 0,
  info: 0,
  declared: 0,
  note: 1,
  skip: 2,
  inconclusive: 3,
  error: 4,
  warn: 5,
  fail: 6,
};

function weight(outcome: Outcome, level: GateLevel): number {
  if (outcome === 'note') return 0;
  return outcome === 'warn' && level === 'must' ? 0 : WEIGHT[outcome];
}

/**
 * How an outcome compares with an earlier one; undefined when there is nothing to say. A declared departure is accepted.
 *
 * @param before undefined when the baseline does not know it; then it is expected to pass
 */
export function compareOutcomes(before: Outcome | undefined, now: Outcome, level: GateLevel): ChangeKind | undefined {
  const departed = before !== undefined && (before === 'declared' || isDeparture(before));
  const settled = isKept(now) || now === 'note';
  if (departed && !settled && now !== 'declared' && !isDeparture(now)) return 'unsettled';
  if (weight(now, level) > weight(before ?? 'pass', level)) return before === undefined ? 'new' : 'worse';
  if (before === undefined) return undefined;
  if ((departed && settled) || weight(now, level) < weight(before, level))
    return now === 'declared' ? undefined : 'better';
  return WEIGHT[now] > WEIGHT[before] ? 'minor' : undefined;
}

/** Holds a run against a baseline. Gives new results and leaves the old ones alone. */
export function compareWithBaseline(given: RunResults, baseline: Baseline, level: GateLevel): Comparison {
  const results = applyDeviations(given, baseline.declared);
  const recorded = baseline.verdicts;
  const changes = [
    ...results.scenarios.flatMap((scenario) => scenarioChange(scenario, recorded, level)),
    ...results.clauses.flatMap((clause) => clauseChange(clause, results, recorded, level)),
  ];
  const gone = vanished(results, recorded);
  const asked = results.run.selected !== true;
  const told = asked ? changes : changes.filter(isSureOfSelection);
  const of = (...kinds: ChangeKind[]): Change[] => told.filter(({ kind }) => kinds.includes(kind));
  return {
    results,
    worse: [...of('worse', 'new'), ...(asked ? gone : [])],
    better: of('better'),
    unsettled: of('unsettled'),
    minor: of('minor'),
    unasked: asked ? 0 : gone.filter(({ what }) => what === 'scenario').length,
  };
}

/**
 * Whether a selection of scenarios shows this change. The recorded verdict of a clause is that of all scenarios: a
 * selection can show that the clause is broken, but not that it is kept.
 */
function isSureOfSelection({ what, kind, now }: Change): boolean {
  return (
    what === 'scenario' ||
    ((kind === 'worse' || kind === 'new') && now !== undefined && now !== 'declared' && isDeparture(now))
  );
}

function scenarioChange(scenario: ScenarioRecord, recorded: RecordedVerdicts | undefined, level: GateLevel): Change[] {
  const before = recordedOf(recorded, scenario);
  const now = outcomeOf(scenario);
  const kind = compareOutcomes(before, now, level);
  if (kind === undefined) return [];
  return [
    {
      what: 'scenario',
      id: scenario.id,
      kind,
      ...(before === undefined ? {} : { before }),
      now,
      scenarios: [scenario],
    },
  ];
}

function clauseChange(
  clause: ClauseRecord,
  results: RunResults,
  recorded: RecordedVerdicts | undefined,
  level: GateLevel,
): Change[] {
  const before = own(recorded?.clauses, clause.id);
  const now = outcomeOf(clause);
  const kind = compareOutcomes(before, now, level);
  if (kind === undefined) return [];
  const judging = new Set(clause.scenarios);
  const scenarios = results.scenarios.filter((scenario) => judging.has(scenario.id) && saysOf(scenario, clause));
  return [{ what: 'clause', id: clause.id, kind, ...(before === undefined ? {} : { before }), now, scenarios }];
}

/** Whether a scenario is why the clause got its verdict. */
function saysOf(scenario: ScenarioRecord, clause: ClauseRecord): boolean {
  if (clause.verdict === 'inconclusive' && isUnjudgedIn(scenario, clause.id)) return true;
  return judgementsOf(scenario).some((one) => one.clause === clause.id && one.verdict === clause.verdict);
}

/** Whether a scenario stopped before it came to one of its clauses. */
export function isUnjudgedIn({ unjudged }: ScenarioRecord, clause: string): boolean {
  return Object.values(unjudged ?? {}).some((clauses) => clauses.includes(clause));
}

function vanished(results: RunResults, recorded: RecordedVerdicts | undefined): Change[] {
  const gone = (
    what: Change['what'],
    before: Record<string, Outcome> | undefined,
    present: Iterable<string>,
  ): Change[] => {
    const known = new Set(present);
    return Object.entries(before ?? {})
      .filter(([id]) => !known.has(id))
      .map(([id, outcome]): Change => ({ what, id, kind: 'vanished', before: outcome, scenarios: [] }));
  };
  return [
    ...gone(
      'scenario',
      recorded?.scenarios,
      results.scenarios.flatMap(({ id, formerly = [] }) => [id, ...formerly]),
    ),
    ...gone(
      'clause',
      recorded?.clauses,
      results.clauses.map(({ id }) => id),
    ),
  ];
}

/** Recorded verdicts but for those of former ids of scenarios that the run has. */
function withoutFormer(recorded: Record<string, Outcome>, { scenarios }: RunResults): Record<string, Outcome> {
  const former = new Set(scenarios.flatMap(({ formerly = [] }) => formerly));
  return Object.fromEntries(Object.entries(recorded).filter(([id]) => !former.has(id)));
}

/** The recorded verdict of a scenario, under its id or a former one. */
function recordedOf(
  recorded: RecordedVerdicts | undefined,
  { id, formerly = [] }: ScenarioRecord,
): Outcome | undefined {
  return [id, ...formerly].map((one) => own(recorded?.scenarios, one)).find((outcome) => outcome !== undefined);
}

function own(record: Record<string, Outcome> | undefined, id: string): Outcome | undefined {
  return record !== undefined && Object.hasOwn(record, id) ? record[id] : undefined;
}

/** The verdicts of a run, for later runs to be compared with. */
export function recordVerdicts({ tool, sut, clauses, scenarios }: RunResults): RecordedVerdicts {
  const sorted = (entries: [string, Outcome][]): Record<string, Outcome> =>
    Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    schemaVersion: VERDICTS_VERSION,
    kind: 'verdicts',
    tool,
    sut: sut.name,
    kernel: sut.kernel,
    clauses: sorted(clauses.map((clause) => [clause.id, outcomeOf(clause)])),
    scenarios: sorted(scenarios.map((scenario) => [scenario.id, outcomeOf(scenario)])),
  };
}

/**
 * The verdicts to record after a comparison: those of the run, but what got worse keeps what it had, so that it stays
 * red until it is mended, or declared with a reason.
 *
 * @param forget drops what vanished; else it stays recorded
 */
export function updatedVerdicts(comparison: Comparison, baseline: Baseline, forget: boolean): RecordedVerdicts {
  const fresh = recordVerdicts(comparison.results);
  for (const { what, id, kind, before } of comparison.worse) {
    const record = what === 'scenario' ? fresh.scenarios : fresh.clauses;
    if (before !== undefined && (kind !== 'vanished' || !forget)) record[id] = before;
    else if (kind !== 'vanished') Reflect.deleteProperty(record, id);
  }
  if (baseline.verdicts !== undefined && comparison.results.run.selected === true) {
    return {
      ...fresh,
      // A clause that scenarios outside of the selection judge, too, keeps its verdict.
      clauses: { ...baseline.verdicts.clauses, ...fresh.clauses, ...baseline.verdicts.clauses },
      scenarios: { ...withoutFormer(baseline.verdicts.scenarios, comparison.results), ...fresh.scenarios },
    };
  }
  return fresh;
}
