/** The results of an earlier run, for commands that look back. */
import { existsSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { RunResults } from '../../report/results.ts';
import { UsageError } from '../../document/explained-error.ts';
import { isDeparture, isUndecided, type Verdict } from '../../verdict/verdict.ts';
import { readResults } from '../../report/results-file.ts';
import { DEFAULT_OUTPUT, DEFAULT_RESULTS, SELECTION_OUTPUT } from './arguments.ts';

/** Results with the place that their evidence is relative to. */
export interface LastResults {
  file: string;
  results: RunResults;
}

/**
 * Reads the results that were asked for, or those of the last run; undefined when none were asked for and no run has
 * left any.
 *
 * @throws ResultsFileError when the file was asked for and is not there, or is not a results file
 */
export function lastResults(asked: string | undefined): LastResults | undefined {
  return asked === undefined ? lastRuns()[0] : readLast(asked);
}

/** Reads a results file. @throws ResultsFileError */
export function readLast(path: string): LastResults {
  const file = resolve(path);
  return { file, results: readResults(file) };
}

/** Reads the last complete run and the last run of a selection, where there are such, the newest first. @throws ResultsFileError */
export function lastRuns(): LastResults[] {
  return [DEFAULT_OUTPUT, SELECTION_OUTPUT]
    .map((folder) => join(folder, 'results.json'))
    .filter((file) => existsSync(file))
    .map(readLast)
    .sort((a, b) => b.results.run.startedAt.localeCompare(a.results.run.startedAt));
}

/**
 * The results file for commands about a whole run: the last complete run, or a selection where there is no such run.
 * Says so where a selection was run later.
 */
export function lastFile(): string {
  const [whole, selection] = [DEFAULT_RESULTS, join(SELECTION_OUTPUT, 'results.json')] as const;
  if (!existsSync(selection)) return whole;
  if (!existsSync(whole)) return selection;
  if (statSync(selection).mtimeMs > statSync(whole).mtimeMs)
    process.stderr.write(`using ${whole}; name ${selection} for the later run of a selection\n`);
  return whole;
}

/** Path of evidence from the working directory. */
export function pathFromHere({ file }: LastResults, path: string): string {
  const full = resolve(dirname(file), path);
  const short = relative(process.cwd(), full);
  return short.startsWith('..') ? full : short;
}

/** One line that says which run it was. */
export function runLine({ file, results }: LastResults): string {
  const { run, sut } = results;
  const partial = run.partial ? ', interrupted' : '';
  return `${sut.name} ${sut.kernel}, ${run.startedAt}${partial} (${pathFromHere({ file, results }, file)})`;
}

/**
 * The scenarios that did not pass in the last run: departures that are not declared, and what was not decided.
 *
 * @throws UsageError where there is no run, or all of them passed
 */
export function failedIds(): string[] {
  const [last] = lastRuns();
  if (last === undefined) throw new UsageError('--failed: no run has left results here; run without it first');
  const failed = last.results.scenarios.filter((one) => one.declared === undefined && isFailed(one.verdict));
  if (failed.length === 0)
    throw new UsageError(
      `--failed: every scenario passed, was skipped or is declared in the last run: ${runLine(last)}`,
    );
  process.stderr.write(`${failed.length} of the last run: ${runLine(last)}\n`);
  return failed.map(({ id }) => id);
}

function isFailed(verdict: Verdict): boolean {
  return isDeparture(verdict) || isUndecided(verdict);
}
