/** `results.json` on disk: written whole or not at all, and read with suspicion. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { LadderEntry } from '../engine/result.ts';
import { projectSchema } from '../document/schema.ts';
import { SCHEMA_VERSION, type RunResults } from './results.ts';

/** Why a results file cannot be used. */
export type ResultsFileProblem = 'unreadable' | 'not_json' | 'foreign' | 'unknown_version' | 'invalid' | 'unwritable' | 'disk_full';

/** A results file that cannot be written or used; the message says what to do. */
export class ResultsFileError extends Error {
  override readonly name = 'ResultsFileError';
  readonly file: string;
  readonly problem: ResultsFileProblem;
  constructor(file: string, problem: ResultsFileProblem, message: string, cause?: unknown) {
    super(`${file}: ${message}`, cause === undefined ? undefined : { cause });
    this.file = file;
    this.problem = problem;
  }
}

/** What of a value departs from the published schema, one line each; empty when nothing does. */
export function schemaProblems(value: unknown): string[] {
  const validate = projectSchema('reports/schema/results.schema.json');
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
export function writeResults(file: string, results: RunResults): void {
  writeWhole(file, `${JSON.stringify(results, undefined, 1)}\n`);
}

/**
 * Writes a scenario's ladder entries as `ladder.json` into its evidence folder and returns the path.
 *
 * @throws ResultsFileError
 */
export function writeLadder(folder: string, ladder: readonly LadderEntry[]): string {
  const file = join(folder, 'ladder.json');
  // Not waiting for the disk: a machine that loses its power loses the run.
  writeWhole(file, `${JSON.stringify(ladder)}\n`, { flush: false });
  return file;
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
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(temporary, text, { flush });
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

/** Takes the temporary file away. Where that fails too (no such folder, read-only), the first error says why. */
function removeLeftover(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOTDIR' && code !== 'EROFS' && code !== 'EACCES' && code !== 'EPERM') throw error;
  }
}

/**
 * Reads and checks a results file.
 *
 * @throws ResultsFileError when it is missing, no JSON, not ours, of another version, or departs from the schema
 */
export function readResults(file: string): RunResults {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const what = code === 'ENOENT' ? 'there is no such file' : (error as Error).message;
    throw new ResultsFileError(file, 'unreadable', `${what}; name a results.json that a run has written`, error);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const what = text.trim() === '' ? 'the file is empty' : `not JSON: ${(error as Error).message}`;
    throw new ResultsFileError(file, 'not_json', `${what}; run again to write it anew`, error);
  }
  return checkResults(file, value);
}

function checkResults(file: string, value: unknown): RunResults {
  const tool = isRecord(value) && isRecord(value['tool']) ? value['tool']['name'] : undefined;
  if (!isRecord(value) || tool !== 'mptcp-conformance' || typeof value['schemaVersion'] !== 'number') {
    throw new ResultsFileError(file, 'foreign', 'JSON, but not the results of mptcp-conformance; name a results.json of a run');
  }
  const version = value['schemaVersion'];
  if (version !== SCHEMA_VERSION) {
    const remedy = version > SCHEMA_VERSION ? 'use the version of the tool that wrote it, or a newer one' : 'run again';
    const message = `schema version ${version}, this tool reads ${SCHEMA_VERSION}; ${remedy}`;
    throw new ResultsFileError(file, 'unknown_version', message);
  }
  const problems = schemaProblems(value);
  if (problems.length > 0) {
    const more = problems.length > 3 ? `; and ${problems.length - 3} more` : '';
    const message = `does not fit reports/schema/results.schema.json: ${problems.slice(0, 3).join('; ')}${more}; run again`;
    throw new ResultsFileError(file, 'invalid', message);
  }
  return value as unknown as RunResults;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
