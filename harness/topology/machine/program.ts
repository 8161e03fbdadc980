/** Runs programs for the checks. */

/** Result of a program that has ended. */
export interface Ended {
  /** Exit code; undefined when it could not be started, or was ended by a signal. */
  code: number | undefined;
  /** Its output, both streams, trimmed. */
  said: string;
  stdout: string;
  /** It is not installed. */
  isMissing: boolean;
  /** It was stopped when its time was up. */
  timedOut: boolean;
  ms: number;
}

/** Runs a program to its end, or until the time (milliseconds) is up. Never throws. */
export async function runProgram(
  command: readonly string[],
  options: { limitMs?: number; input?: string } = {},
): Promise<Ended> {
  const { limitMs = 10_000, input = '' } = options;
  const [program = '', ...args] = command;
  // Loaded when it is needed: every command loads this file, few run a program.
  const { execa } = await import('execa');
  const ended = await execa(program, args, {
    input,
    all: true,
    timeout: limitMs,
    killSignal: 'SIGKILL',
    reject: false,
  });
  const { exitCode, code, all, stdout, timedOut, durationMs, originalMessage } = ended;
  const isStarted = exitCode !== undefined || ended.signal !== undefined;
  return {
    code: exitCode,
    said: (isStarted ? all : (originalMessage ?? '')).trim(),
    stdout,
    isMissing: code === 'ENOENT',
    timedOut,
    ms: durationMs,
  };
}
