/** A scenario's ladder on disk: `ladder.json` in its evidence folder. The contents are checked. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ResultsFileError, writeWhole } from './results-file.ts';
import type { LadderEntry } from '../verdict/result.ts';

const KINDS: Readonly<Record<LadderEntry['kind'], true>> = {
  packet: true,
  step: true,
  agent: true,
  kernel: true,
  note: true,
};

/** Writes a scenario's ladder entries into its evidence folder and returns the path. @throws ResultsFileError */
export function writeLadder(folder: string, ladder: readonly LadderEntry[]): string {
  const file = join(folder, 'ladder.json');
  // Not waiting for the disk: a machine that loses its power loses the run.
  writeWhole(file, `${JSON.stringify(ladder)}\n`, { flush: false });
  return file;
}

/** Reads the entries of a ladder. @throws ResultsFileError when the file is missing, not JSON, or not a ladder */
export function readLadder(file: string): LadderEntry[] {
  const value = parse(file);
  if (Array.isArray(value) && value.every(isEntry)) return value;
  throw new ResultsFileError(file, 'invalid', 'has no entries of a ladder diagram; run the scenario again');
}

function parse(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ResultsFileError(file, 'unreadable', `${(error as Error).message}; run the scenario again`, error);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = `not JSON; expected the entries of a ladder diagram: ${(error as Error).message}`;
    throw new ResultsFileError(file, 'not_json', message, error);
  }
}

function isEntry(value: unknown): value is LadderEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { at, kind, text, subflow, clause } = value as Partial<Record<keyof LadderEntry, unknown>>;
  const isText = (one: unknown): boolean => one === undefined || typeof one === 'string';
  return (
    typeof at === 'number' &&
    typeof text === 'string' &&
    typeof kind === 'string' &&
    Object.hasOwn(KINDS, kind) &&
    isText(subflow) &&
    isText(clause)
  );
}
