/** Transport of the agent's lines: a child process here; a container or a virtual machine elsewhere. */
import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

/** A connection to an agent that has been started. */
export interface AgentTransport {
  /** Process id of the agent in the tester's pid namespace, 0 where it has none; what links are moved to. */
  readonly pid: number;
  /** Stream of requests. Ending it makes the agent exit. */
  readonly input: Writable;
  /** Stream of answers. */
  readonly output: Readable;
  /** Stream of the agent's log, if it is apart from the answers. */
  readonly errors?: Readable | undefined;
  /** Resolves, never rejects, when the agent is over, with words that follow its name: `exited with status 1`. */
  readonly exited: Promise<string>;
  /** Resolves, never rejects, when also everything that the agent said has been read. */
  readonly drained: Promise<void>;
  /** Kills the agent. No effect when it has ended. */
  kill(): void;
}

/** A program to run as an agent; no shell. */
export interface ProcessCommand {
  command: readonly string[];
  cwd?: string | undefined;
  env?: NodeJS.ProcessEnv | undefined;
}

/** Starts a child process that is spoken to over its standard input and output. Never throws: see `exited`. */
export function spawnTransport({ command, cwd, env }: ProcessCommand): AgentTransport {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], cwd, env });
  const drained = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
  });
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => {
      if (child.pid !== undefined) return;
      resolve(
        `cannot be started: '${command.join(' ')}': ${error.message}; check that the program exists and is executable`,
      );
    });
    child.once('exit', (status, signal) => {
      resolve(signal === null ? `exited with status ${status ?? '?'}` : `was ended by ${signal}`);
    });
  });
  return {
    pid: child.pid ?? 0,
    input: child.stdin,
    output: child.stdout,
    errors: child.stderr,
    exited,
    drained,
    kill: () => void child.kill('SIGKILL'),
  };
}
