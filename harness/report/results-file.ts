/** `results.json` on disk: written whole or not at all, and read with suspicion. */
import { makeFolder } from '../document/make-folder.ts';
import { ExplainedError } from '../document/explained-error.ts';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { ValidateFunction } from 'ajv';
import { projectSchema } from '../document/schema.ts';
import { JOURNAL_HEAD } from '../verdict/evidence.ts';
import { SCHEMA_VERSION, type RunResults } from './results.ts';
import { MATRIX_VERSION, type MatrixResults } from './runs.ts';

/** Reason why a results file cannot be used. */
export type ResultsFileProblem =
  'unreadable' | 'not_json' | 'foreign' | 'unknown_version' | 'invalid' | 'unwritable' | 'disk_full';

/** A results file that cannot be written or used; the message says what to do. */
export class ResultsFileError extends ExplainedError {
  override readonly name = 'ResultsFileError';
  readonly file: string;
  readonly problem: ResultsFileProblem;
  constructor(file: string, problem: ResultsFileProblem, message: string, cause?: unknown) {
    super(`${file}: ${message}`, cause === undefined ? undefined : { cause });
    this.file = file;
    this.problem = problem;
  }
}

const TOOL = 'mptcp-conformance';
const RESULTS_SCHEMA = 'reports/schema/results.schema.json';
const MATRIX_SCHEMA = 'reports/schema/matrix.schema.json';

/** Departures of a value from the published schema of results, one line each; empty without any. */
export function schemaProblems(value: unknown): string[] {
  return problemsOf(value, projectSchema(RESULTS_SCHEMA));
}

/** Departures of a value from the published schema of a matrix, one line each; empty without any. */
export function matrixProblems(value: unknown): string[] {
  return problemsOf(value, projectSchema(MATRIX_SCHEMA, [RESULTS_SCHEMA]));
}

function problemsOf(value: unknown, validate: ValidateFunction): string[] {
  if (validate(value)) return [];
  return (validate.errors ?? []).map((error) => {
    const extra = (error.params as { additionalProperty?: string }).additionalProperty;
    const detail = extra === undefined ? '' : ` (${extra})`;
    return `${error.instancePath === '' ? '/' : error.instancePath} ${error.message ?? 'is wrong'}${detail}`;
  });
}

/**
 * Writes results so that a reader never sees half a file: to a temporary file beside it, then renamed.
 *
 * @throws ResultsFileError `disk_full` or `unwritable`; an earlier file is left as it was
 */
export function writeResults(file: string, results: RunResults | MatrixResults): void {
  writeWhole(file, resultsText(results));
}

/** Results as the text of a file. */
export function resultsText(results: RunResults | MatrixResults): string {
  return `${JSON.stringify(results, undefined, 1)}\n`;
}

/**
 * Writes a text file whole or not at all, making its folder.
 *
 * @param options.flush wait until the disk has it; true unless told
 * @throws ResultsFileError
 */
export function writeWhole(file: string, text: string, { flush = true }: { flush?: boolean } = {}): void {
  const temporary = join(dirname(file), `.${basename(file)}.${process.pid}.tmp`);
  try {
    writeMakingFolder(temporary, text, flush);
    renameSync(temporary, file);
  } catch (error) {
    removeLeftover(temporary);
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      const size = `${Math.ceil(Buffer.byteLength(text) / 1024)} KiB`;
      const message = `the disk is full (${code}), ${size} needed; free some space or choose another --output`;
      throw new ResultsFileError(file, 'disk_full', message, error);
    }
    const message = `cannot be written: ${(error as Error).message}; check the folder's permissions or choose another --output`;
    throw new ResultsFileError(file, 'unwritable', message, error);
  }
}

/** Most folders are there already, and looking for each costs as much as writing. */
function writeMakingFolder(file: string, text: string, flush: boolean): void {
  try {
    writeFileSync(file, text, { flush });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    makeFolder(dirname(file));
    writeFileSync(file, text, { flush });
  }
}

/** Takes the temporary file away. Where that fails too (no such folder, read-only), the first error says why. */
function removeLeftover(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOTDIR' && code !== 'EROFS' && code !== 'EACCES' && code !== 'EPERM') throw error;
  }
}

/** Whether a file has the results of a run, of any version; they are not checked. */
export function isResultsFile(file: string): boolean {
  try {
    const value = readJson(file);
    return isRecord(value) && isRecord(value['tool']) && value['tool']['name'] === TOOL;
  } catch (error) {
    if (error instanceof ResultsFileError) return false;
    throw error;
  }
}

/**
 * Reads and checks a results file.
 *
 * @throws ResultsFileError when it is missing, no JSON, not ours, of another version, departs from the schema, or holds
 *   a matrix of several stacks
 */
export function readResults(file: string): RunResults {
  const value = renamed(readJson(file));
  if (isMatrix(value)) {
    throw new ResultsFileError(file, 'foreign', 'a matrix of several stacks; expected the results.json of one run');
  }
  checkVersion(file, value, SCHEMA_VERSION);
  refuse(file, RESULTS_SCHEMA, schemaProblems(value));
  return value as RunResults;
}

/**
 * Reads and checks the results of one run or of a matrix: the runs in it, whose evidence is relative to the file.
 *
 * @throws ResultsFileError as {@link readResults} does, for a matrix too
 */
export function readRuns(file: string): RunResults[] {
  const value = readJson(file);
  runsIn(value).forEach(renamed);
  if (!isMatrix(value)) {
    checkVersion(file, value, SCHEMA_VERSION);
    refuse(file, RESULTS_SCHEMA, schemaProblems(value));
    return [value as RunResults];
  }
  checkVersion(file, value, MATRIX_VERSION);
  for (const run of Array.isArray(value['runs']) ? value['runs'] : []) checkVersion(file, run, SCHEMA_VERSION);
  refuse(file, MATRIX_SCHEMA, matrixProblems(value));
  return (value as unknown as MatrixResults).runs;
}

/** The runs of a matrix, or the value itself, unchecked. */
function runsIn(value: unknown): unknown[] {
  if (!isMatrix(value)) return [value];
  return Array.isArray(value['runs']) ? (value['runs'] as unknown[]) : [];
}

/** Gives the kinds of stack in results that an earlier version wrote the names of today; returns the same value. */
function renamed(value: unknown): unknown {
  const sut = isRecord(value) ? value['sut'] : undefined;
  for (const stack of [sut, isRecord(sut) ? sut['peer'] : undefined])
    if (isRecord(stack) && stack['kind'] === 'qemu') stack['kind'] = 'kernel';
  return value;
}

function readJson(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const what = code === 'ENOENT' ? 'no such file' : (error as Error).message;
    const remedy = existsSync(join(dirname(file), 'evidence', JOURNAL_HEAD))
      ? `the run was killed; write what it had judged: mptcp-conformance recover ${dirname(file)}`
      : 'give the results.json of a run';
    throw new ResultsFileError(file, 'unreadable', `${what}; ${remedy}`, error);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    const what = text.trim() === '' ? 'the file is empty' : `not JSON: ${(error as Error).message}`;
    throw new ResultsFileError(file, 'not_json', `${what}; run again to write a new one`, error);
  }
}

function isMatrix(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && value['kind'] === 'matrix';
}

function checkVersion(file: string, value: unknown, known: number): void {
  const tool = isRecord(value) && isRecord(value['tool']) ? value['tool']['name'] : undefined;
  if (!isRecord(value) || tool !== TOOL || typeof value['schemaVersion'] !== 'number') {
    throw new ResultsFileError(
      file,
      'foreign',
      'JSON, but not the results of mptcp-conformance; give the results.json of a run',
    );
  }
  const version = value['schemaVersion'];
  if (version === known) return;
  const remedy = version > known ? 'use the version of the tool that wrote it, or a newer one' : 'run again';
  throw new ResultsFileError(file, 'unknown_version', `schema version ${version}, this tool reads ${known}; ${remedy}`);
}

function refuse(file: string, schema: string, problems: readonly string[]): void {
  if (problems.length === 0) return;
  const more = problems.length > 3 ? `; and ${problems.length - 3} more` : '';
  throw new ResultsFileError(
    file,
    'invalid',
    `does not match ${schema}: ${problems.slice(0, 3).join('; ')}${more}; run again`,
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
