/** Runs tasks in child processes, one for each processor. A process that hangs is ended, and its task with it. */
import { fork, type ChildProcess } from 'node:child_process';
import { realClock, type Cancel } from '../clock/clock.ts';
import type { Task, TaskResult } from './task.ts';

/** Time for one task and for each of its scenarios, milliseconds: a fault may make the stack run in circles. */
const TASK_LIMIT_MS = 60_000;
const SCENARIO_LIMIT_MS = 500;

/** Messages of a worker process. */
export type WorkerMessage =
  { kind: 'ready' } | { kind: 'done'; results: TaskResult[] } | { kind: 'failed'; message: string };

/** Does tasks; `undefined` in place of results: it took too long. */
export interface TaskRunner {
  run(task: Task): Promise<TaskResult[] | undefined>;
  close(): void;
}

/** Scenarios of one task, where there are many: so that all processes have work to the end. */
const SHARE = 100;

/** Runs a task in shares. @returns the results, and whether no share took too long */
export async function runShared(task: Task, runner: TaskRunner): Promise<{ results: TaskResult[]; isWhole: boolean }> {
  const { scenarios } = task;
  const count = Math.ceil(scenarios.length / SHARE);
  const shares = Array.from({ length: count }, (_, i) => scenarios.slice(i * SHARE, (i + 1) * SHARE));
  const done = await Promise.all(shares.map((share) => runner.run({ ...task, scenarios: share })));
  return { results: done.flatMap((one) => one ?? []), isWhole: !done.includes(undefined) };
}

interface Waiting {
  task: Task;
  resolve: (results: TaskResult[] | undefined) => void;
  reject: (error: Error) => void;
}

/** Workers of one program. */
export class Pool implements TaskRunner {
  readonly #program: string;
  readonly #queue: Waiting[] = [];
  readonly #idle: ChildProcess[] = [];
  readonly #children = new Set<ChildProcess>();
  readonly #size: number;
  #isClosed = false;

  /**
   * @param program path of the worker's module
   * @param size how many processes at most
   */
  constructor(program: string, size: number) {
    this.#program = program;
    this.#size = size;
  }

  run(task: Task): Promise<TaskResult[] | undefined> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ task, resolve, reject });
      this.#next();
    });
  }

  close(): void {
    this.#isClosed = true;
    for (const child of this.#children) child.kill('SIGKILL');
  }

  #next(): void {
    if (this.#queue.length === 0 || this.#isClosed) return;
    const child = this.#idle.pop();
    if (child === undefined) {
      if (this.#children.size < this.#size) this.#start();
      return;
    }
    const waiting = this.#queue.shift();
    if (waiting !== undefined) this.#give(child, waiting);
  }

  #start(): void {
    const child = fork(this.#program, { serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#children.add(child);
    child.once('message', () => this.#free(child));
    child.once('exit', (code) => {
      this.#children.delete(child);
      if (this.#isClosed || this.#children.size > 0 || this.#queue.length === 0) return;
      for (const { reject } of this.#queue.splice(0))
        reject(new Error(`a worker process ended with status ${code ?? '?'}`));
    });
  }

  #free(child: ChildProcess): void {
    this.#idle.push(child);
    this.#next();
  }

  #give(child: ChildProcess, { task, resolve, reject }: Waiting): void {
    let cancel: Cancel = () => undefined;
    const ended = (code: number | null): void => {
      cancel();
      reject(new Error(`a worker process ended with status ${code ?? '?'}`));
    };
    child.once('exit', ended);
    const settle = (): void => {
      cancel();
      child.off('exit', ended);
    };
    cancel = realClock.after(TASK_LIMIT_MS + SCENARIO_LIMIT_MS * task.scenarios.length, () => {
      settle();
      child.removeAllListeners('message');
      child.kill('SIGKILL');
      this.#children.delete(child);
      resolve(undefined);
      this.#next();
    });
    child.once('message', (message: WorkerMessage) => {
      settle();
      if (message.kind === 'done') resolve(message.results);
      else reject(new Error(message.kind === 'failed' ? message.message : 'a worker process started twice'));
      this.#free(child);
    });
    child.send(task);
  }
}
