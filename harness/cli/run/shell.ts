/** `shell`: a scenario whose cell stays, and a shell in the stack's host. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../../document/explained-error.ts';
import type { StackDetails } from '../../topology/contract.ts';
import { parseStack, requireInsight, stackArguments } from '../../topology/stacks/registry.ts';
import { allScenarios, openProject } from '../inputs/project.ts';
import { selectScenarios } from '../inputs/selection.ts';
import { linesOf, type Entrance, type HeldMessage } from './hold.ts';
import { joinTerminal, ShellError, terminalSize, typeCommand } from './terminal.ts';

/** Options of the command. */
export interface ShellOptions {
  sut: string;
  stack: StackDetails;
  trace?: string[];
  dyndbg?: string[];
  command?: string;
  /** Socket of a guest's terminal. */
  enter?: string;
}

type Held = Extract<HeldMessage, { event: 'held' }>;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** Runs the command and returns its exit code. @throws UsageError, ShellError */
export async function shell(id: string | undefined, options: ShellOptions): Promise<number> {
  if (options.enter !== undefined) {
    await joinTerminal(options.enter);
    return 0;
  }
  const scenario = onlyScenario(id);
  const choice = parseStack(options.sut, options.stack);
  requireInsight(choice, 'shell', 'shell');
  const folder = mkdtempSync(join(tmpdir(), 'mptcp-conformance-shell-'));
  const server = createServer();
  let run: Run | undefined;
  let socket: Socket | undefined;
  try {
    const meeting = await listen(server, join(folder, 'hold'));
    const words = [scenario, ...stackArguments(choice), ...watchWords(options), '--hold', join(folder, 'hold')];
    run = startRun([...words, '--deviations', 'none', '-o', join(folder, 'run')], join(folder, 'log'));
    socket = await Promise.race([meeting.connected, run.ended.then(() => undefined)]);
    if (socket === undefined) throw new ShellError(`the scenario did not come to its end: ${lastWords(folder)}`);
    const code = await stay(socket, options);
    await run.ended;
    process.stderr.write(readFileSync(join(folder, 'log'), 'utf8'));
    return code;
  } finally {
    server.close();
    socket?.end();
    if (socket === undefined) run?.child.kill('SIGTERM');
    await run?.ended;
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The run that has the cell. */
interface Run {
  child: ChildProcess;
  ended: Promise<void>;
}

/** @throws UsageError unless the words name one scenario */
function onlyScenario(id: string | undefined): string {
  if (id === undefined) throw new UsageError('which scenario? "mptcp-conformance list" has their ids');
  const project = openProject();
  const chosen = selectScenarios(allScenarios(project), { ids: [id] }, project.catalogue);
  const [first, ...others] = chosen;
  if (first === undefined || others.length > 0)
    throw new UsageError(`${id} names ${chosen.length} scenarios; give one id, such as ${first?.id ?? '...'}`);
  if (first.kind !== 'wire') throw new UsageError(`${id} has two stacks; "shell" needs a scenario with one`);
  return first.id;
}

function watchWords({ trace = [], dyndbg = [] }: ShellOptions): string[] {
  return [...trace.flatMap((event) => ['--trace', event]), ...dyndbg.flatMap((query) => ['--dyndbg', query])];
}

/** Listens for the worker. @returns resolves with its connection */
async function listen(server: Server, path: string): Promise<{ connected: Promise<Socket> }> {
  const connected = new Promise<Socket>((resolve) => server.once('connection', resolve));
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
  return { connected };
}

/** Starts `run` in a process of its own, which writes all that it says into a file. */
function startRun(words: readonly string[], log: string): Run {
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? '', 'run', ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C in the shell is not for the run.
    detached: true,
  });
  const file = createWriteStream(log);
  child.stdout.pipe(file, { end: false });
  child.stderr.pipe(file, { end: false });
  const ended = new Promise<void>((resolve) => child.once('close', () => file.end(resolve)));
  return { child, ended };
}

function lastWords(folder: string): string {
  const lines = readFileSync(join(folder, 'log'), 'utf8').trim().split('\n');
  return lines
    .filter((line) => line.trim() !== '')
    .slice(-6)
    .join('\n  ');
}

/** Opens the shell, and releases the cell afterwards. */
async function stay(socket: Socket, options: ShellOptions): Promise<number> {
  let onLeft: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const held = new Promise<Held>((resolve) => {
    linesOf(socket, (line) => {
      const message = JSON.parse(line) as HeldMessage;
      if (message.event === 'held') resolve(message);
      else onLeft();
    });
  });
  const interrupt = (): void => void socket.end();
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  try {
    const { id, reason, entrance } = await held;
    say(reason === undefined ? `${id}: all steps are done` : `${id}: stopped: ${reason}`);
    const request = (): Promise<void> => {
      socket.write(`${JSON.stringify(terminalSize())}\n`);
      return new Promise((resolve) => (onLeft = resolve));
    };
    await Promise.race([gone, enter(entrance, options, request)]);
    return reason === undefined ? 0 : 1;
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    socket.end();
  }
}

/** @param request asks for a shell on the guest's terminal; resolves when that has ended @throws ShellError */
async function enter(
  entrance: Entrance | undefined,
  { command }: ShellOptions,
  request: () => Promise<void>,
): Promise<void> {
  if (entrance === undefined) throw new ShellError('the stack has no process on this machine to enter');
  const isInteractive = process.stdin.isTTY && process.stdout.isTTY;
  if (entrance.kind === 'namespace') {
    const words = nsenter(entrance.pid);
    say(`the tester's namespace: ${nsenter(entrance.tester).join(' ')}`);
    if (command !== undefined) await runInNamespace([...words, 'sh', '-c', command]);
    else if (isInteractive) await runInNamespace([...words, process.env['SHELL'] ?? 'sh']);
    else await waitHere(words.join(' '));
    return;
  }
  if (command !== undefined) await typeCommand(entrance.socket, command, request());
  else if (isInteractive) await joinTerminal(entrance.socket, request());
  else {
    const again = (): void => void request().then(again);
    again();
    await waitHere(`mptcp-conformance shell --enter ${entrance.socket}`);
  }
}

/** Words that enter the network namespace of a process, which for ordinary users is in a user namespace of theirs. */
function nsenter(pid: number): string[] {
  const isRoot = process.getuid?.() === 0;
  return ['nsenter', '--target', String(pid), ...(isRoot ? [] : ['--user', '--preserve-credentials']), '--net'];
}

function runInNamespace([program = '', ...args]: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit' });
    child.once('error', (error) => reject(new ShellError(`${program}: ${error.message}; it is part of util-linux`)));
    child.once('close', () => resolve());
  });
}

/** Prints how to enter, then waits for a signal. */
function waitHere(command: string): Promise<void> {
  process.stdout.write(`enter with: ${command}\n`);
  say('kept until SIGINT (Ctrl-C) or SIGTERM');
  return new Promise(() => undefined);
}
