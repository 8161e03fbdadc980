/** Limit of open files of this process (`ulimit -n`). */
import { readFileSync } from 'node:fs';

/** Files that a run may have open at once in one process, with the program itself. */
const FILES_NEEDED = 256;

/**
 * A message when the limit is too low, undefined otherwise. The modules of the program are opened many at once, and Node
 * reports a failure of this as a missing package.
 */
export function fewOpenFiles(): string | undefined {
  const soft = softLimit();
  if (soft === undefined || soft >= FILES_NEEDED) return undefined;
  return `only ${soft} files may be open at once, ${FILES_NEEDED} are needed; raise the limit: ulimit -n 1024`;
}

/** Undefined where the system does not say, or has no limit. */
function softLimit(): number | undefined {
  try {
    const found = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return found === undefined ? undefined : Number(found);
  } catch {
    return undefined;
  }
}
