/** Runs programs for the checks. */
import { spawn } from 'node:child_process';

/** How a program ended. */
export interface Ended {
  /** Exit code; undefined when it could not be started, or was ended by a signal. */
  code: number | undefined;
  /** What it wrote, both streams, trimmed. */
  said: string;
  stdout: string;
  /** It is not installed. */
  isMissing: boolean;
  /** It was stopped when its time was up. */
  timedOut: boolean;
  ms: number;
}

/** Runs a program to its end, or until the time (milliseconds) is up. Never throws. */
export function runProgram(
  command: readonly string[],
  options: { limitMs?: number; input?: string } = {},
): Promise<Ended> {
  const { limitMs = 10_000, input } = options;
  const [program = '', ...args] = command;
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const said: Buffer[] = [];
    const stdout: Buffer[] = [];
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, limitMs);
    const end = (code: number | undefined, isMissing: boolean, message = ''): void => {
      clearTimeout(timer);
      const text = `${Buffer.concat(said).toString('utf8')}${message}`.trim();
      resolve({
        code,
        said: text,
        stdout: Buffer.concat(stdout).toString('utf8'),
        isMissing,
        timedOut,
        ms: performance.now() - startedAt,
      });
    };
    child.stdout.on('data', (part: Buffer) => {
      said.push(part);
      stdout.push(part);
    });
    child.stderr.on('data', (part: Buffer) => void said.push(part));
    // A program that does not read what it is given has other things to complain about.
    child.stdin.on('error', () => undefined);
    child.on('error', (error) => end(undefined, (error as NodeJS.ErrnoException).code === 'ENOENT', error.message));
    child.on('close', (code) => end(code ?? undefined, false));
    child.stdin.end(input);
  });
}
