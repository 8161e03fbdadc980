/** Proves that the suite notices faults: each fault of the reference stack against what judges its clause. */
import type { Scenario } from '../scenario/suite.ts';
import type { Charge } from './select.ts';
import { runShared, type TaskRunner } from './pool.ts';
import type { Departure, TaskResult } from './task.ts';

/**
 * `caught`: under its clause; `elsewhere`: only under other clauses, which counts as survived; `survived`: nowhere (an
 * inconclusive scenario is nothing noticed); `hung`: the stack ran in circles.
 */
export type ProofOutcome = 'caught' | 'elsewhere' | 'survived' | 'hung';

/** A departure, and the scenario that shows it. */
type Catch = Departure & { scenario: string };

/** Number of different scenarios to run for monitors; a fault that shows in none of them counts as not caught. */
const MONITORED = 100;

/** Outcome for one fault. */
export interface Proof {
  fault: string;
  clause: string;
  does: string;
  outcome: ProofOutcome;
  /** Scenarios that were run with it. */
  runs: number;
  /**
   * Its detections: under its clause if it is caught, under other clauses if not. The first one, or one for each
   * scenario where all were asked for.
   */
  by: Catch[];
  /** Why it is not caught, in one line. */
  why?: string;
  /** The reason that `suites/survivors.yaml` gives for its not being caught. */
  declared?: string;
}

/** Results of the stack without variations: the clauses that each scenario judges, and its departures. */
export interface Baseline {
  results: readonly TaskResult[];
  /** Clauses broken without any fault, by scenario. */
  known: Readonly<Record<string, readonly string[]>>;
  /** Scenarios in which a monitor judges a clause. */
  watched: ReadonlyMap<string, readonly string[]>;
}

/** Runs every scenario without faults. @throws Error when a worker process ends */
export async function takeBaseline(ids: readonly string[], seed: string, runner: TaskRunner): Promise<Baseline> {
  const { results } = await runShared({ variations: [], scenarios: ids, seed, tellHeld: true }, runner);
  const watched = new Map<string, string[]>();
  for (const { scenario, held = [] } of results)
    for (const clause of held) {
      const list = watched.get(clause);
      if (list === undefined) watched.set(clause, [scenario]);
      else list.push(scenario);
    }
  const departing = results.filter(({ departures }) => departures.length > 0);
  const known = departing.map((one) => [one.scenario, one.departures.map(({ clause }) => clause)] as const);
  return { results, known: Object.fromEntries(known), watched };
}

/** How a fault is proved. */
export interface ProveMode {
  seed: string;
  /** Runs everything that judges the clause, and does not stop at the first that notices the fault. */
  all: boolean;
}

/**
 * Proves that one fault is caught under one clause: runs what judges the clause until a scenario shows a departure from it.
 *
 * @throws Error when a worker process ends
 */
export async function proveFault(
  { fault, clause }: Charge,
  judges: Judges,
  baseline: Baseline,
  { seed, all }: ProveMode,
  runner: TaskRunner,
): Promise<Proof> {
  const { id, does } = fault;
  const head = { fault: id, clause, does };
  const judging = judgesOf(clause, judges, baseline, all ? Infinity : MONITORED);
  const task = { variations: [id], seed, known: baseline.known, scenarios: judging };
  const results = await runner.run(all ? task : { ...task, until: clause });
  if (results === undefined)
    return { ...head, outcome: 'hung', runs: judging.length, by: [], why: 'the stack runs in circles' };
  const runs = results.length;
  const caught = departures(results, (one) => one.clause === clause);
  if (caught.length > 0) return { ...head, outcome: 'caught', runs, by: all ? caught : caught.slice(0, 1) };
  const elsewhere = departures(results, () => true);
  const why = reasonOf(results, elsewhere[0]);
  const outcome = elsewhere.length > 0 ? 'elsewhere' : 'survived';
  return { ...head, outcome, runs, by: all ? elsewhere : elsewhere.slice(0, 1), why };
}

/** Why nothing shows a departure from the clause. */
function reasonOf(results: readonly TaskResult[], elsewhere: Catch | undefined): string {
  if (results.length === 0) return 'no scenario and no monitor judges the clause';
  if (elsewhere !== undefined) return `judged under ${elsewhere.clause}`;
  const stuck = results.filter(({ verdict }) => verdict === 'inconclusive');
  const [first] = stuck;
  if (first === undefined) return `the ${results.length} scenarios that judge the clause notice nothing`;
  return `${stuck.length} of ${results.length} scenarios are inconclusive: ${first.scenario}: ${first.reason ?? ''}`;
}

/** Ids of the scenarios whose steps judge a clause, by clause. */
export type Judges = ReadonlyMap<string, readonly string[]>;

/** Which scenarios judge what by their steps. */
export function judgesByClause(scenarios: readonly Scenario[]): Judges {
  const judges = new Map<string, string[]>();
  for (const scenario of scenarios)
    for (const clause of new Set(scenario.clauses)) {
      const list = judges.get(clause);
      if (list === undefined) judges.set(clause, [scenario.id]);
      else list.push(scenario.id);
    }
  return judges;
}

/**
 * Ids of the scenarios that judge a clause by a step, and then of those in which a monitor does: some monitors judge in
 * nearly all scenarios, so only the first `limit` of these.
 */
function judgesOf(clause: string, judges: Judges, { watched }: Baseline, limit: number): string[] {
  const byMonitor = spread(watched.get(clause) ?? []).slice(0, limit);
  return [...new Set([...spread(judges.get(clause) ?? []), ...byMonitor])];
}

/** The first variant of each scenario, then the second, and so on: what one variant does not show another may not. */
function spread(ids: readonly string[]): string[] {
  const groups = new Map<string, string[]>();
  for (const id of ids) {
    const [name = id] = id.split('#', 1);
    groups.set(name, [...(groups.get(name) ?? []), id]);
  }
  const longest = Math.max(0, ...[...groups.values()].map((group) => group.length));
  return Array.from({ length: longest }, (_, i) => [...groups.values()].flatMap((group) => group[i] ?? [])).flat();
}

/** One departure for each scenario that shows one that fits. */
function departures(results: readonly TaskResult[], fits: (one: Departure) => boolean): Catch[] {
  return results.flatMap(({ scenario, departures: shown }) => {
    const found = shown.find(fits);
    return found === undefined ? [] : [{ ...found, scenario }];
  });
}
