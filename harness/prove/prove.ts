/** Proves that the suite notices faults: each fault of the reference stack against what judges its clause. */
import type { Variation } from '../reference/index.ts';
import type { Scenario } from '../scenario/suite.ts';
import { runShared, type TaskRunner } from './pool.ts';
import type { Departure, TaskResult } from './task.ts';

/**
 * `caught`: under its clause; `elsewhere`: only under other clauses, which counts as survived; `survived`: nowhere (an
 * inconclusive scenario is nothing noticed); `hung`: the stack ran in circles.
 */
export type ProofOutcome = 'caught' | 'elsewhere' | 'survived' | 'hung';

/** What became of one fault. */
export interface Proof {
  fault: string;
  clause: string;
  does: string;
  outcome: ProofOutcome;
  /** Scenarios that were run with it. */
  runs: number;
  /** The scenario that noticed it, and under which clause. */
  by?: Departure & { scenario: string };
}

/** What the unswitched stack shows: which scenarios judge what, and where it departs by itself. */
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

/** Proves one fault. @throws Error when a worker process ends */
export async function proveFault(
  fault: Variation,
  scenarios: readonly Scenario[],
  baseline: Baseline,
  seed: string,
  runner: TaskRunner,
): Promise<Proof> {
  const { id, clause, does } = fault;
  const head = { fault: id, clause, does };
  const task = { variations: [id], seed, known: baseline.known };
  const judging = judgesOf(clause, scenarios, baseline);
  const near = await runner.run({ ...task, scenarios: judging, until: clause });
  if (near === undefined) return { ...head, outcome: 'hung', runs: judging.length };
  const caught = firstDeparture(near, (one) => one.clause === clause);
  if (caught !== undefined) return { ...head, outcome: 'caught', runs: near.length, by: caught };
  const elsewhere = firstDeparture(near, () => true);
  if (elsewhere !== undefined) return { ...head, outcome: 'elsewhere', runs: near.length, by: elsewhere };
  const tried = new Set(judging);
  const rest = scenarios.map((one) => one.id).filter((one) => !tried.has(one));
  const far = await runner.run({ ...task, scenarios: rest, until: '*' });
  if (far === undefined) return { ...head, outcome: 'hung', runs: near.length + rest.length };
  const runs = near.length + far.length;
  const by = firstDeparture(far, () => true);
  if (by === undefined) return { ...head, outcome: 'survived', runs };
  return { ...head, outcome: by.clause === clause ? 'caught' : 'elsewhere', runs, by };
}

/** Ids of the scenarios that judge a clause by a step, and then of those in which a monitor does. */
function judgesOf(clause: string, scenarios: readonly Scenario[], { watched }: Baseline): string[] {
  const direct = scenarios.filter((one) => one.clauses.includes(clause)).map(({ id }) => id);
  return [...new Set([...spread(direct), ...spread(watched.get(clause) ?? [])])];
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

function firstDeparture(
  results: readonly TaskResult[],
  fits: (one: Departure) => boolean,
): (Departure & { scenario: string }) | undefined {
  for (const { scenario, departures } of results) {
    const found = departures.find(fits);
    if (found !== undefined) return { ...found, scenario };
  }
  return undefined;
}
