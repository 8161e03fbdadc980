/** This terminal as that of a guest. */
import { createConnection } from 'node:net';
import { ExplainedError } from '../../document/explained-error.ts';

/** A shell cannot be had; the message has the remedy. */
export class ShellError extends ExplainedError {
  override readonly name = 'ShellError';
}

/** Leaves the terminal: Ctrl-]. */
const LEAVE = 0x1d;

/** Size of this terminal, or the usual one. */
export function terminalSize(): { rows: number; columns: number } {
  const { rows, columns } = process.stdout;
  return { rows: rows > 0 ? rows : 24, columns: columns > 0 ? columns : 80 };
}

/**
 * Gives commands to the shell on a guest's terminal and shows what the terminal shows, until the shell has ended.
 *
 * @param path the Unix socket that carries it @throws ShellError when nothing listens there
 */
export async function typeCommand(path: string, command: string, left: Promise<void>): Promise<void> {
  const socket = createConnection(path);
  socket.on('data', (octets) => process.stdout.write(octets));
  try {
    await new Promise<void>((resolve, reject) => {
      socket.on('error', (error) => reject(new ShellError(`${path}: no guest: ${error.message}`)));
      socket.on('close', () => resolve());
      void left.then(() => resolve());
      socket.write(`${command}\nexit\n`);
    });
  } finally {
    socket.destroy();
  }
}

/**
 * Joins standard input and output to a guest's terminal, until the guest ends, input ends, or Ctrl-] is typed.
 *
 * @param path the Unix socket that carries it @param left ends it, too
 * @throws ShellError when nothing listens there
 */
export async function joinTerminal(path: string, left?: Promise<void>): Promise<void> {
  const { stdin, stdout } = process;
  const isTerminal = stdin.isTTY;
  const socket = createConnection(path);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.on('error', (error) => {
        reject(new ShellError(`${path}: no guest: ${error.message}; "shell ID" prints the command that enters`));
      });
      socket.on('close', () => resolve());
      void left?.then(() => resolve());
      socket.on('data', (octets) => stdout.write(octets));
      stdin.on('data', (octets: Buffer) => {
        if (isTerminal && octets.includes(LEAVE)) resolve();
        else socket.write(octets);
      });
      stdin.on('end', () => resolve());
      if (isTerminal) stdin.setRawMode(true);
      stdin.resume();
    });
  } finally {
    if (isTerminal) stdin.setRawMode(false);
    stdin.pause();
    socket.destroy();
  }
}
