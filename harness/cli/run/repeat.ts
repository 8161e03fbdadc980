/** `run --repeat`: the same run several times, and which verdicts differ between the rounds. */
import { existsSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { formatDuration } from '../../report/text-layout.ts';
import type { RunResults } from '../../report/results.ts';
import { readResults } from '../../report/results-file.ts';
import { makeFolder } from '../../document/make-folder.ts';
import { UsageError } from '../../document/explained-error.ts';
import { outcomeOf } from '../../verdict/scenario-verdict.ts';
import type { Outcome } from '../../verdict/verdict.ts';
import { runCommand } from './child-run.ts';

/** Number of runs. */
export interface Repetition {
  /** Rounds; with `untilFail` the maximum, without limit when absent. */
  repeat?: number;
  /** End with the first round whose exit code is not 0. */
  untilFail: boolean;
}

/** Outcomes of a scenario, with the rounds that ended so. */
type Rounds = Map<Outcome, number[]>;

const DIGITS = 4;

/** Whether a run is to be made more than once. */
export function isRepeated({ repeat, untilFail }: Repetition): boolean {
  return untilFail || (repeat !== undefined && repeat > 1);
}

/**
 * Makes the rounds, each in a process and a folder of its own below `output`, prints a line for each, and at the end
 * the scenarios whose outcomes differ. Folders of rounds that ended like the first one and passed are removed.
 *
 * @param argv the command line
 * @returns the exit code: 1 where a round had it, then 2, then 3
 * @throws UsageError
 */
export async function repeatRuns(
  { repeat = Infinity, untilFail }: Repetition,
  output: string,
  argv: readonly string[],
): Promise<number> {
  const words = roundWords(argv);
  const codes: number[] = [];
  const outcomes = new Map<string, Rounds>();
  for (let round = 1; round <= repeat; round++) {
    const folder = join(output, `round-${String(round).padStart(DIGITS, '0')}`);
    makeFolder(folder);
    const startedAt = performance.now();
    const { code, said } = await runCommand(['run', '--output', folder, ...words], join(folder, 'run.log'));
    const file = join(folder, 'results.json');
    // A mistake in the command line: the same in every round.
    if (!existsSync(file)) throw new UsageError(said.trim().replace(/^mptcp-conformance: /, ''));
    const results = readResults(file);
    const isNew = note(outcomes, results, round);
    codes.push(code);
    const took = formatDuration(performance.now() - startedAt);
    process.stdout.write(`round ${round}: ${countText(results)}; exit code ${code}, ${took}\n`);
    if (round > 1 && code === 0 && !isNew) rmSync(folder, { recursive: true, force: true });
    if (results.run.partial || (untilFail && code !== 0)) break;
  }
  process.stdout.write(`${differencesText(outcomes, codes.length)}\nrounds: ${relative(process.cwd(), output)}\n`);
  return [1, 2, 3].find((code) => codes.includes(code)) ?? 0;
}

/** The words of the command line that each round gets: all but the command, its folder and the repetition. */
export function roundWords(argv: readonly string[]): string[] {
  const words = argv.slice(argv.indexOf('run') + 1);
  const kept: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '--until-fail' || /^(--(repeat|output|json)=|-o.)/.test(word)) continue;
    if (['--repeat', '--output', '-o', '--json'].includes(word)) at++;
    else kept.push(word);
  }
  return kept;
}

/** Adds a round. @returns whether a scenario ended as in no round before it */
function note(outcomes: Map<string, Rounds>, { scenarios }: RunResults, round: number): boolean {
  let isNew = false;
  for (const scenario of scenarios) {
    const rounds: Rounds = outcomes.get(scenario.id) ?? new Map<Outcome, number[]>();
    const outcome = outcomeOf(scenario);
    isNew ||= !rounds.has(outcome);
    rounds.set(outcome, [...(rounds.get(outcome) ?? []), round]);
    outcomes.set(scenario.id, rounds);
  }
  return isNew;
}

function countText({ scenarios }: RunResults): string {
  const counts = new Map<Outcome, number>();
  for (const scenario of scenarios) counts.set(outcomeOf(scenario), (counts.get(outcomeOf(scenario)) ?? 0) + 1);
  return [...counts].map(([outcome, count]) => `${count} ${outcome}`).join(', ');
}

const MOST_ROUNDS = 10;

/** One line for each scenario whose outcome was not the same in all rounds. */
export function differencesText(outcomes: ReadonlyMap<string, Rounds>, rounds: number): string {
  const differing = [...outcomes].filter(([, found]) => found.size > 1);
  const head = `${rounds} rounds of ${outcomes.size} scenarios: `;
  if (differing.length === 0) return `${head}all outcomes the same`;
  const lines = differing.flatMap(([id, found]) => [
    `  ${id}`,
    ...[...found].map(([outcome, numbers]) => {
      const more = numbers.length > MOST_ROUNDS ? ', ...' : '';
      return `    ${outcome} ${numbers.length} times: round ${numbers.slice(0, MOST_ROUNDS).join(', ')}${more}`;
    }),
  ]);
  return [`${head}${differing.length} with different outcomes`, ...lines].join('\n');
}
