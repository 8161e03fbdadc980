import { accessSync, constants, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { writeWhole } from '../../report/results-file.ts';
import { UsageError } from '../../document/explained-error.ts';

/** The file name that means standard output. */
export const STANDARD_OUTPUT = '-';

/** Writes a file whole or not at all, or to standard output. @throws ResultsFileError */
export function writeOutput(file: string, text: string): void {
  if (file === STANDARD_OUTPUT) process.stdout.write(text);
  else writeWhole(file, text);
}

/** Before long work: whether its result can be written. @throws UsageError when the folder of `file` does not take it */
export function requireWritable(option: string, file: string): void {
  if (file === STANDARD_OUTPUT) return;
  try {
    accessSync(dirname(resolve(file)), constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new UsageError(`${option} ${file}: ${(error as Error).message}; choose a file in a folder that is there`);
  }
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true)
    throw new UsageError(`${option} ${file}: it is a folder; name a file`);
}
