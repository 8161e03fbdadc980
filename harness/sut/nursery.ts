/** Starts agents by way of one small process that forks: forking ourselves, a large process, blocks for milliseconds. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { constants } from 'node:os';
import { PassThrough } from 'node:stream';
import type { AgentTransport } from './transport.ts';
import { AgentLost } from './types.ts';

/**
 * Bytes of the name of an abstract socket. Node 20 fills shorter names with NUL bytes, later versions do not; the
 * longest name there is looks the same in both.
 */
const NAME_LENGTH = 107;

/** An agent that the nursery has started. */
class Child implements AgentTransport {
  readonly input: Socket;
  readonly output: Socket;
  readonly errors = new PassThrough();
  readonly exited: Promise<string>;
  readonly drained: Promise<void>;
  pid = 0;
  #over: (how: string) => void = () => undefined;
  #isOver = false;

  constructor(socket: Socket) {
    this.input = socket;
    this.output = socket;
    const closed = new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
    });
    this.exited = new Promise((resolve) => {
      this.#over = resolve;
    });
    this.drained = Promise.all([closed, this.exited]).then(() => undefined);
  }

  log(line: string): void {
    this.errors.write(`${line}\n`);
  }

  /** Records that the process has ended. */
  end(how: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.errors.end();
    this.#over(how);
  }

  kill(): void {
    // The process id may be reused once the nursery has reported the exit.
    if (!this.#isOver && this.pid > 0) process.kill(this.pid, 'SIGKILL');
    this.input.destroy();
  }
}

/** Processes the nursery's messages about one of its children. */
function howEnded(kind: string, value: number): string {
  if (kind === 'status') return `exited with status ${value}`;
  const name = Object.entries(constants.signals).find(([, number]) => number === value)?.[0];
  return `was ended by ${name ?? `signal ${value}`}`;
}

/** A process that forks agents, each in a network namespace of its own. Its children die with it, and it with us. */
export class AgentNursery {
  readonly #name = randomBytes(64).toString('hex').slice(0, NAME_LENGTH);
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #ready: Promise<void>;
  readonly #ended: Promise<void>;
  readonly #children = new Map<number, Child>();
  readonly #starting: ((pid: number) => void)[] = [];
  #isReady: () => void = () => undefined;
  #failed: (error: AgentLost) => void = () => undefined;
  #failure: AgentLost | undefined;
  #rest = '';
  #stderr = '';
  /** Words of children that do not say whose they are, such as libc's own when it aborts a process. */
  #unclaimed: string[] = [];

  /** @param agentPath the agent's program */
  constructor(agentPath: string) {
    this.#ready = new Promise((resolve, reject) => {
      this.#isReady = resolve;
      this.#failed = reject;
    });
    // Callers that wait get the rejection; without one, it must not count as unhandled.
    this.#ready.catch(() => undefined);
    this.#process = spawn(agentPath, ['--die-with-parent', `--nursery=${this.#name}`]);
    this.#process.stdout.setEncoding('utf8').on('data', (text: string) => this.#hear(text));
    this.#process.stderr.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    this.#process.stdin.on('error', () => undefined);
    this.#ended = new Promise((resolve) => {
      this.#process.once('error', (error) => {
        this.#fail(`cannot be started: ${error.message}; check that ${agentPath} exists and is executable`);
        resolve();
      });
      this.#process.once('close', (status, signal) => {
        this.#fail(
          `${signal === null ? `exited with status ${status ?? '?'}` : `was ended by ${signal}`}: ${this.#stderr.trim()}`,
        );
        resolve();
      });
    });
  }

  /** Starts an agent. @throws AgentLost when the nursery is gone or cannot fork */
  async start(): Promise<AgentTransport> {
    await this.#ready;
    if (this.#failure !== undefined) throw this.#failure;
    // The connection is made within the call, so the nursery's answers come in the order of the calls.
    const socket = connect(`\0${this.#name}`);
    const child = new Child(socket);
    const failed = new Promise<never>((_, reject) => {
      socket.once('error', (error) =>
        reject(new AgentLost(`no connection to the nursery of agents: ${error.message}`)),
      );
    });
    const started = new Promise<number>((resolve) => {
      this.#starting.push((pid) => {
        child.pid = pid;
        if (pid > 0) this.#children.set(pid, child);
        resolve(pid);
      });
    });
    const pid = await Promise.race([started, failed]);
    if (pid <= 0) {
      socket.destroy();
      throw new AgentLost(`no agent could be started: ${this.#why()}; see the limit of processes (ulimit -u)`);
    }
    return child;
  }

  /** Ends the nursery and every agent that it still has. Idempotent. */
  async close(): Promise<void> {
    this.#process.stdin.end();
    await this.#ended;
  }

  #why(): string {
    return this.#failure?.message ?? this.#stderr.trim();
  }

  #hear(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#take(line);
  }

  #take(line: string): void {
    const [first = '', second = '', third = ''] = line.split(' ');
    if (line === 'nursery ready') this.#isReady();
    else if (first === 'started') this.#starting.shift()?.(Number(second));
    else if (first === 'exited') this.#endChild(Number(second), third);
    else if (/^\d+$/.test(first) && this.#children.has(Number(first)))
      this.#children.get(Number(first))?.log(line.slice(first.length + 1));
    else this.#unclaimed.push(line);
  }

  #endChild(pid: number, how: string): void {
    const child = this.#children.get(pid);
    this.#children.delete(pid);
    const [kind = '', value = ''] = how.split('=');
    if (kind === 'signal') for (const line of this.#unclaimed.splice(0)) child?.log(line);
    child?.end(howEnded(kind, Number(value)));
  }

  #fail(how: string): void {
    this.#failure ??= new AgentLost(`the nursery of agents ${how}`);
    this.#failed(this.#failure);
    for (const told of this.#starting.splice(0)) told(0);
    for (const child of this.#children.values()) child.end(`lost its nursery: it ${how}`);
    this.#children.clear();
  }
}
