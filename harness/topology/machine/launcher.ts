/** Marks the processes of a run, so that those of a run that was killed can be told from those of one under way. */
import { readFileSync } from 'node:fs';

/** Environment variable that all processes of a run have: process id and start time of the launcher. */
export const LAUNCHER_VARIABLE = 'MPTCP_CONFORMANCE_LAUNCHER';

/** Start time of a process in clock ticks since boot, which with the id names it for good; undefined when it is gone. */
export function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses and may hold anything; the start time is field 22.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

/** Value of {@link LAUNCHER_VARIABLE} for this process. */
export function launcherMark(): string {
  return `${process.pid}:${startTime(process.pid) ?? ''}`;
}

/** Whether the launcher that a mark names is alive. */
export function isLauncherAlive(mark: string): boolean {
  const [pid = '', started = ''] = mark.split(':');
  return startTime(Number(pid)) === started;
}
