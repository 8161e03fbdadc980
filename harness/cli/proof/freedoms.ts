/** `freedoms`: runs the suites under each lawful choice that a stack can be told to make, and says what changes. */
import { existsSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { makeFolder } from '../../document/make-folder.ts';
import type { Freedom } from '../../catalogue/freedoms.ts';
import { UsageError } from '../../document/explained-error.ts';
import { freedomsText, type FreedomOutcome } from '../../report/freedoms-text.ts';
import type { ScenarioRecord } from '../../report/results.ts';
import { readResults, writeWhole } from '../../report/results-file.ts';
import { styleFor } from '../../report/text-layout.ts';
import { verdictChanges, type VerdictChange } from '../../report/verdict-changes.ts';
import { runCommand } from '../run/child-run.ts';
import { findFreedoms } from '../inputs/freedom-option.ts';
import { parseStack } from '../../topology/stacks/registry.ts';
import { referenceFreedoms, type InMemoryOptions } from './freedoms-in-memory.ts';

/** Options of the command. */
export interface FreedomsOptions {
  /** The stack, as `--sut` names it. */
  stack: string;
  /** Words of `run` that say more of it. */
  stackWords: string[];
  /** Words of `run` that choose scenarios, and how it goes; ids come last. */
  passOn: string[];
  output: string;
  /** Only list the choices. */
  list: boolean;
  json: boolean;
  /** Options that apply to the reference stack only. */
  inMemory: InMemoryOptions;
}

/** When more than this got worse it is the choice's doing, and running all of them again would take long. */
const MOST_AGAIN = 40;

/**
 * Runs the command and returns its exit code: 0 when nothing gets worse, 1 when something does, 2 when a run failed.
 *
 * @throws UsageError for a name that there is not
 */
export async function freedoms(names: readonly string[], options: FreedomsOptions): Promise<0 | 1 | 2> {
  const { stack, inMemory } = options;
  const choice = parseStack(stack, inMemory.details);
  if (choice.kind === 'reference') return referenceFreedoms(names, choice, options);
  if (inMemory.mixtures > 0 || inMemory.sample !== undefined)
    throw new UsageError('--mixtures and --sample need --sut reference');
  const chosen = findFreedoms(names);
  if (options.list) {
    process.stdout.write(options.json ? `${JSON.stringify(chosen, undefined, 1)}\n` : listText(chosen));
    return 0;
  }
  const runnable = chosen.filter(isRunnable);
  if (runnable.length === 0)
    throw new UsageError(`no setting for ${names.join(', ')}; "freedoms --list" shows which have one`);
  makeFolder(options.output);
  const base = await runWith('default', [], options);
  if (typeof base === 'string') throw new UsageError(`the run at default settings failed: ${base}`);
  const outcomes: FreedomOutcome[] = [];
  for (const freedom of runnable) outcomes.push(await judge(freedom, base, options));
  const file = join(options.output, 'freedoms.json');
  writeWhole(file, `${JSON.stringify(outcomes, undefined, 1)}\n`);
  const idle = chosen.length - runnable.length;
  process.stdout.write(freedomsText(outcomes, base.length, idle, styleFor(process.stdout)));
  process.stdout.write(`\nchanges: ${relative(process.cwd(), file)}\n`);
  if (outcomes.some(({ problem }) => problem !== undefined)) return 2;
  return outcomes.some(({ changes }) => changes.some(({ what }) => what !== 'better')) ? 1 : 0;
}

function listText(all: readonly Freedom[]): string {
  const width = Math.max(...all.map(({ name }) => name.length));
  const how = (one: Freedom): string => {
    if (!isRunnable(one)) return 'no setting';
    const habits = Object.entries(one.habits ?? {}).map(
      ([name, value]: [string, unknown]) => `${name} ${habitText(value)}`,
    );
    return [...one.sysctls.map(({ name, value }) => `${name}=${value}`), ...habits].join(', ');
  };
  return all
    .map((one) => {
      const indent = ' '.repeat(width + 2);
      return [
        `${one.name.padEnd(width)}  ${one.title}`,
        `${indent}${one.paragraphs.join(', ')}`,
        `${indent}${one.wire}`,
        `${indent}Linux: ${how(one)}`,
      ].join('\n');
    })
    .join('\n')
    .concat('\n');
}

/** Whether a stack can be told to make a choice. */
function isRunnable({ sysctls, habits }: Freedom): boolean {
  return sysctls.length > 0 || habits !== undefined;
}

function habitText(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Object.entries(value).flat().join(' ');
  return value === true ? 'on' : String(value);
}

async function judge(
  freedom: Freedom,
  base: readonly ScenarioRecord[],
  options: FreedomsOptions,
): Promise<FreedomOutcome> {
  const { name, title } = freedom;
  const found = await runWith(name, ['--freedom', name], options);
  if (typeof found === 'string') return { name, title, changes: [], problem: found };
  return { name, title, changes: await confirmed(verdictChanges(base, found), base, freedom, options) };
}

/** Runs scenarios that got worse again, alone; drops those that do not recur, which were due to load. */
async function confirmed(
  changes: readonly VerdictChange[],
  base: readonly ScenarioRecord[],
  { name }: Freedom,
  options: FreedomsOptions,
): Promise<VerdictChange[]> {
  const worse = changes.filter(({ what }) => what !== 'better');
  if (worse.length === 0 || worse.length > MOST_AGAIN) return [...changes];
  const ids = worse.map(({ scenario }) => scenario);
  const again = await runWith(`${name}-again`, ['--freedom', name, '--concurrency', '1'], {
    ...options,
    passOn: ['--', ...ids],
  });
  if (typeof again === 'string') return [...changes];
  const still = new Set(
    verdictChanges(base, again).flatMap((change) => (change.what === 'better' ? [] : [change.scenario])),
  );
  return changes.filter(({ what, scenario }) => what === 'better' || still.has(scenario));
}

/** The scenarios of a run, or why there are none. */
async function runWith(
  name: string,
  words: readonly string[],
  { stack, stackWords, passOn, output }: FreedomsOptions,
): Promise<readonly ScenarioRecord[] | string> {
  const folder = join(output, name);
  rmSync(folder, { recursive: true, force: true });
  makeFolder(folder);
  process.stderr.write(`${name}: running\n`);
  const fixed = ['--deviations', 'none', '--keep-captures', 'failed', '--output', folder];
  const { code, said } = await runCommand(
    ['run', '--sut', stack, ...stackWords, ...words, ...fixed, ...passOn],
    join(folder, 'run.log'),
  );
  const file = join(folder, 'results.json');
  if (!existsSync(file)) return said.trim().split('\n').at(-1) ?? `it ended with ${code}`;
  return readResults(file).scenarios;
}
