/** The results of an earlier run, for commands that look back. */
import { existsSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import type { RunResults } from '../../report/results.ts';
import { readResults } from '../../report/results-file.ts';
import { DEFAULT_RESULTS } from './arguments.ts';

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
  const file = resolve(asked ?? DEFAULT_RESULTS);
  if (asked === undefined && !existsSync(file)) return undefined;
  return { file, results: readResults(file) };
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
