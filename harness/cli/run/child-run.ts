/** Runs this program's own commands in processes of their own. */
import { createWriteStream } from 'node:fs';
import { execa } from 'execa';

/** Result of a command that has ended. */
export interface ChildEnd {
  /** Exit code; 2 where a signal ended it. */
  code: number;
  /** The end of what it said on standard error. */
  said: string;
}

const SAID_LIMIT = 4000;

/**
 * Runs a command to its end. Signals go to it, and it decides when it ends: it writes what there is.
 *
 * @param args the command and its arguments: `run`, `--sut`, ...
 * @param log file that takes everything it says; nothing is kept without one
 */
export async function runCommand(args: readonly string[], log?: string): Promise<ChildEnd> {
  const child = execa(process.execPath, [...process.execArgv, process.argv[1] ?? '', ...args], {
    stdin: 'ignore',
    stdout: log === undefined ? 'ignore' : 'pipe',
    stderr: 'pipe',
    all: log !== undefined,
    buffer: { stdout: false, all: false },
    reject: false,
    cleanup: false,
  });
  if (log !== undefined) child.all?.pipe(createWriteStream(log));
  const passOn = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.on('SIGINT', passOn).on('SIGTERM', passOn);
  try {
    const { exitCode, stderr, failed, message } = await child;
    const why = failed ? (message ?? '') : '';
    const said = typeof stderr === 'string' && stderr !== '' ? stderr : why;
    return { code: exitCode ?? 2, said: said.slice(-SAID_LIMIT) };
  } finally {
    process.off('SIGINT', passOn).off('SIGTERM', passOn);
  }
}
