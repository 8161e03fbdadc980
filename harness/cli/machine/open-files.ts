/** Limit of open files of this process (`ulimit -n`). */
import { readFileSync } from 'node:fs';

/** Files that a run may have open at once in one process, with the program itself. */
const FILES_NEEDED = 256;

/**
 * A message when the limit is too low, undefined otherwise. The modules of the program are opened many at once, and Node
 * reports a failure of this as a missing package.
 *
 * @param limits text of `/proc/self/limits`; empty where the system has none
 */
export function fewOpenFiles(limits = ownLimits()): string | undefined {
  const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  if (soft === undefined || Number(soft) >= FILES_NEEDED) return undefined;
  return `only ${soft} files may be open at once, ${FILES_NEEDED} are needed; raise the limit: ulimit -n 1024`;
}

function ownLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return '';
  }
}
