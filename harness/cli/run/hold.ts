/** The worker's side of `shell`: keeps a scenario's cell while the command that asked for it is there. */
import { createConnection, type Socket } from 'node:net';
import type { Cell, TerminalSize } from '../../topology/contract.ts';
import type { ScenarioResult } from '../../verdict/result.ts';

/** Ways to get a shell in the stack's host. */
export type Entrance =
  /** Namespaces of processes on this machine: the stack's, and the tester's. */
  | { kind: 'namespace'; pid: number; tester: number }
  /** A terminal of a guest. */
  | { kind: 'terminal'; socket: string };

/** Messages of the worker, a line of JSON each. */
export type HeldMessage =
  /** The steps are over. `reason` says why they stopped before the last one. */
  | { event: 'held'; id: string; reason?: string; entrance?: Entrance }
  /** The shell on the guest's terminal has ended. */
  | { event: 'left' };

/** Requests of the command, a line of JSON each: a shell on the guest's terminal. */
type HoldRequest = TerminalSize;

/**
 * Tells the command that the steps are over, and resolves when its connection ends: the command is over, or dead.
 *
 * @param path the command's Unix socket
 */
export async function holdCell(path: string, cell: Cell, draft: ScenarioResult): Promise<void> {
  const socket = await connect(path);
  const say = (message: HeldMessage): void => void socket.write(`${JSON.stringify(message)}\n`);
  const over = new Promise<void>((resolve) => {
    socket.on('close', () => resolve());
  });
  linesOf(socket, (line) => {
    void cell.shell?.start(JSON.parse(line) as HoldRequest).then(
      () => say({ event: 'left' }),
      () => socket.end(),
    );
  });
  const entrance = entranceOf(cell);
  say({
    event: 'held',
    id: draft.id,
    ...(draft.reason === undefined ? {} : { reason: draft.reason }),
    ...(entrance === undefined ? {} : { entrance }),
  });
  await over;
}

function entranceOf({ agents, topology, shell }: Cell): Entrance | undefined {
  if (shell !== undefined) return { kind: 'terminal', socket: shell.socket };
  const pid = agents.get(topology.hosts[0] ?? '')?.pid ?? 0;
  return pid > 0 ? { kind: 'namespace', pid, tester: process.pid } : undefined;
}

function connect(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path, () => resolve(socket)).once('error', reject);
    // An error is followed by `close`.
    socket.on('error', () => undefined);
  });
}

/** Calls `take` with every whole line that comes. */
export function linesOf(socket: Socket, take: (line: string) => void): void {
  let rest = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  });
}
