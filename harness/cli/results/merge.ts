/** `merge`: shards of one stack into one results file, several stacks into a matrix. */
import { dirname, relative, resolve } from 'node:path';
import type { RunResults } from '../../report/results.ts';
import { readRuns, resultsText } from '../../report/results-file.ts';
import {
  MATRIX_VERSION,
  mergeRuns,
  missingShards,
  moveEvidence,
  sutKey,
  type MatrixResults,
  type MergeOptions,
} from '../../report/runs.ts';
import { STANDARD_OUTPUT, writeOutput } from '../inputs/output-file.ts';
import { openProject, projectVersion } from '../inputs/project.ts';

/** Options of the command. */
export interface MergeCommandOptions {
  output: string;
  /** Writes a matrix even when there is one stack only. */
  matrix?: boolean;
}

/**
 * Puts results files together and writes one: the results of a run when all are of one stack, else a matrix. Evidence
 * stays where it is; paths to it are made relative to the new file.
 *
 * @returns the runs written, one for each stack
 * @throws ResultsFileError when a file cannot be read, or the output not be written; nothing is written then
 * @throws MergeError when two files hold the same scenario of one stack
 */
export function mergeFiles(files: readonly string[], options: MergeCommandOptions): RunResults[] {
  const isStandardOutput = options.output === STANDARD_OUTPUT;
  const output = resolve(isStandardOutput ? 'results.json' : options.output);
  const all = files.flatMap((file) => {
    const from = dirname(resolve(file));
    return readRuns(file).map((run) => moveEvidence(run, (path) => relative(dirname(output), resolve(from, path))));
  });
  for (const line of missingShards(all)) process.stderr.write(`${line}\n`);
  const runs = mergeRuns(all, optionsFor(all));
  const [only] = runs;
  const merged = runs.length === 1 && only !== undefined && options.matrix !== true ? only : matrixOf(runs);
  writeOutput(isStandardOutput ? STANDARD_OUTPUT : output, resultsText(merged));
  return runs;
}

/** Only shards need to know what there is; loading that takes longer than all the rest. */
function optionsFor(runs: readonly RunResults[]): MergeOptions {
  if (new Set(runs.map(({ sut }) => sutKey(sut))).size === runs.length) return {};
  const project = openProject();
  return { catalogue: project.catalogue.all, scenarios: project.scenarios.map(({ id }) => id) };
}

function matrixOf(runs: RunResults[]): MatrixResults {
  return {
    schemaVersion: MATRIX_VERSION,
    kind: 'matrix',
    tool: { name: 'mptcp-conformance', version: projectVersion() },
    runs,
  };
}

/** Runs the command. @throws as {@link mergeFiles} */
export function merge(files: readonly string[], options: MergeCommandOptions): void {
  const runs = mergeFiles(files, options);
  const scenarios = runs.reduce((sum, run) => sum + run.scenarios.length, 0);
  const names = runs.map(({ sut }) => `${sut.name} ${sut.kernel} (${sut.kind})`).join(', ');
  const stream = options.output === STANDARD_OUTPUT ? process.stderr : process.stdout;
  stream.write(`${options.output}: ${scenarios} scenarios of ${names}\n`);
}
