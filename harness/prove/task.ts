/** A unit of work for one process: some scenarios against the reference stack with some freedoms and faults. */
import type { ScenarioResult } from '../verdict/result.ts';
import { isUnmet, type Verdict } from '../verdict/verdict.ts';
import { faults, freedoms, type Variation } from '../reference/index.ts';
import type { Scenario } from '../scenario/suite.ts';
import { runInMemory, type MemoryRun } from './run-in-memory.ts';

/** A run of scenarios; can be sent to another process. */
export interface Task {
  /** Ids of freedoms and faults. */
  variations: readonly string[];
  /** Ids of scenarios, in the order in which they are run. */
  scenarios: readonly string[];
  seed: string;
  /** Ends the task with the first scenario that shows a departure from this clause, or from any with `*`. */
  until?: string;
  /** Departures of the stack without variations, which count for nothing here: clauses by scenario. */
  known?: Readonly<Record<string, readonly string[]>>;
  /** Also tell which clauses monitors judged in each scenario. */
  tellHeld?: boolean;
}

/** A departure from one clause. */
export interface Departure {
  clause: string;
  verdict: 'fail' | 'warn' | 'note';
  /** The step's place, or `monitor` with its name. */
  source: string;
  message: string;
}

/** Outcome of one scenario. */
export interface TaskResult {
  scenario: string;
  verdict: Verdict;
  /** Why it is not a pass. */
  reason?: string;
  departures: Departure[];
  /** Clauses that monitors judged and that held. */
  held?: string[];
}

/** Context of tasks. */
export interface TaskContext extends Omit<MemoryRun, 'variations' | 'seed' | 'onPacket'> {
  scenarios: ReadonlyMap<string, Scenario>;
}

/** Runs a task. Never throws: an error of the harness is a result. */
export async function runTask(task: Task, context: TaskContext): Promise<TaskResult[]> {
  const variations = findVariations(task.variations);
  const results: TaskResult[] = [];
  for (const id of task.scenarios) {
    const scenario = context.scenarios.get(id);
    if (scenario === undefined) continue;
    const { result } = await runInMemory(scenario, { ...context, variations, seed: task.seed });
    const known = task.known?.[id] ?? [];
    const departures = departuresOf(result).filter(({ clause }) => !known.includes(clause));
    results.push({
      scenario: id,
      verdict: result.verdict,
      departures,
      ...(result.reason === undefined ? {} : { reason: result.reason }),
      ...(task.tellHeld === true ? { held: Object.values(result.monitored ?? {}).flat() } : {}),
    });
    if (task.until !== undefined && departures.some(({ clause }) => task.until === '*' || clause === task.until)) break;
  }
  return results;
}

/** Freedoms and faults by their ids; an id that there is none of is left out. */
function findVariations(ids: readonly string[]): Variation[] {
  const all = new Map([...freedoms, ...faults].map((one) => [one.id, one]));
  return ids.flatMap((id) => all.get(id) ?? []);
}

/** All broken clauses of a result, each once. */
function departuresOf({ expectations, monitors = [] }: ScenarioResult): Departure[] {
  const found = new Map<string, Departure>();
  for (const one of [...expectations, ...monitors]) {
    const { clause, verdict, source, message = '' } = one;
    if (isUnmet(verdict) && !found.has(clause)) {
      found.set(clause, { clause, verdict, source, message });
    }
  }
  return [...found.values()];
}
