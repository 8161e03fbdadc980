import { accessSync, constants, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UsageError } from '../../document/explained-error.ts';

/** Before long work: whether its result can be written. @throws UsageError when the folder of `file` does not take it */
export function requireWritable(option: string, file: string): void {
  try {
    accessSync(dirname(resolve(file)), constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new UsageError(`${option} ${file}: ${(error as Error).message}; choose a file in a folder that is there`);
  }
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true)
    throw new UsageError(`${option} ${file}: it is a folder; name a file`);
}
