/** `freedoms --sut reference`: every lawful choice of the reference stack, alone and mixed, in memory. */
import { cpus } from 'node:os';
import { join, relative } from 'node:path';
import { makeFolder } from '../../document/make-folder.ts';
import { suggestion } from '../../document/diagnostic.ts';
import { UsageError } from '../../document/explained-error.ts';
import { Pool, runShared, type TaskRunner } from '../../prove/pool.ts';
import { mixtures, sample } from '../../prove/select.ts';
import type { TaskResult } from '../../prove/task.ts';
import { freedoms, type Variation } from '../../reference/index.ts';
import { freedomsText, type FreedomOutcome } from '../../report/freedoms-text.ts';
import { writeWhole } from '../../report/results-file.ts';
import { styleFor } from '../../report/text-layout.ts';
import type { VerdictChange } from '../../report/verdict-changes.ts';
import type { StackDetails } from '../../topology/contract.ts';
import { isDeparture } from '../../verdict/verdict.ts';
import { openProject } from '../inputs/project.ts';
import { selectScenarios, type Selection } from '../inputs/selection.ts';
import { counter } from './counter.ts';

/** Options that only the reference stack has, and those that it reads in another form. */
export interface InMemoryOptions {
  details: StackDetails;
  selection: Selection;
  /** Number of mixtures of freedoms. */
  mixtures: number;
  /** So many of the choices, at random. */
  sample?: number;
  /** Processes at once; one a processor when left out. */
  concurrency?: number;
}

/** One lawful choice, or several at once. */
interface Choice {
  name: string;
  title: string;
  variations: string[];
}

/**
 * Runs the unswitched stack and each choice, and says what does not pass. Returns the exit code.
 *
 * @param base freedoms and faults that are on in every run, and the seed
 * @throws UsageError for a name that there is not
 */
export async function referenceFreedoms(
  names: readonly string[],
  base: { variations: readonly string[]; seed: string },
  options: { output: string; list: boolean; json: boolean; inMemory: InMemoryOptions },
): Promise<0 | 1> {
  const alone = chooseFreedoms(names);
  if (options.list) {
    process.stdout.write(options.json ? `${JSON.stringify(alone.map(described), undefined, 1)}\n` : listText(alone));
    return 0;
  }
  const { inMemory } = options;
  const project = openProject();
  const ids = selectScenarios(project.scenarios, inMemory.selection, project.catalogue).map(({ id }) => id);
  const choices = choicesOf(alone, inMemory, base.seed);
  const pool = new Pool(join(import.meta.dirname, 'worker.js'), inMemory.concurrency ?? cpus().length);
  const say = counter(choices.length);
  process.stderr.write(`seed ${base.seed}, ${ids.length} scenarios, ${choices.length} runs\n`);
  const outcomes = await Promise.all(choices.map((choice) => judge(choice, base, ids, pool).finally(say))).finally(() =>
    pool.close(),
  );
  makeFolder(options.output);
  const file = join(options.output, 'freedoms.json');
  writeWhole(file, `${JSON.stringify(outcomes, undefined, 1)}\n`);
  process.stdout.write(freedomsText(outcomes, ids.length, 0, styleFor(process.stdout)));
  process.stdout.write(`\nchanges: ${relative(process.cwd(), file)}\n`);
  return outcomes.every(({ changes, problem }) => changes.length === 0 && problem === undefined) ? 0 : 1;
}

function chooseFreedoms(names: readonly string[]): readonly Variation[] {
  if (names.length === 0) return freedoms;
  const known = freedoms.map(({ id }) => id);
  return names.map((name) => {
    const found = freedoms.find(({ id }) => id === name);
    if (found === undefined)
      throw new UsageError(`the reference stack has no freedom "${name}"${suggestion(name, known)}`);
    return found;
  });
}

/** The unswitched stack first, then what was asked for. */
function choicesOf(
  alone: readonly Variation[],
  { mixtures: count, sample: some }: InMemoryOptions,
  seed: string,
): Choice[] {
  const chosen = some === undefined ? alone : sample(alone, some, seed);
  const mixed = mixtures(alone, count, seed);
  return [
    { name: 'unswitched', title: 'the default choices', variations: [] },
    ...chosen.map(({ id, does }) => ({ name: id, title: does, variations: [id] })),
    ...mixed.map((mixture, i) => {
      const variations = mixture.map(({ id }) => id);
      return { name: `mixture ${i + 1}`, title: variations.join(','), variations };
    }),
  ];
}

async function judge(
  { name, title, variations }: Choice,
  base: { variations: readonly string[]; seed: string },
  scenarios: readonly string[],
  runner: TaskRunner,
): Promise<FreedomOutcome> {
  const task = { variations: [...base.variations, ...variations], scenarios, seed: base.seed };
  const { results, isWhole } = await runShared(task, runner);
  const outcome = { name, title, changes: results.flatMap(changeOf) };
  return isWhole ? outcome : { ...outcome, problem: 'the stack loops' };
}

/** The departures of a scenario, none of which a lawful stack may get. */
function changeOf({ scenario, verdict, departures }: TaskResult): VerdictChange[] {
  const what = isDeparture(verdict) ? 'failing' : 'inconclusive';
  if (what === 'inconclusive' && verdict !== 'inconclusive' && verdict !== 'error') return [];
  const clauses = departures.filter((one) => one.verdict !== 'note').map(({ clause }) => clause);
  return [{ scenario, what, before: 'pass', after: verdict, clauses }];
}

function described({ id, clause, does }: Variation): { id: string; clause: string; does: string } {
  return { id, clause, does };
}

function listText(all: readonly Variation[]): string {
  const width = Math.max(...all.map(({ id }) => id.length));
  return all.map(({ id, clause, does }) => `${id.padEnd(width)}  ${clause.padEnd(12)}  ${does}\n`).join('');
}
