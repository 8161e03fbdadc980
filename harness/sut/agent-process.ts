/** An agent that runs as a child process and is spoken to over its standard input and output. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { encodeRequest, parseAgentLine, type AgentArgs, type AgentLine } from './agent-line.ts';
import { PendingRequests } from './pending-requests.ts';
import { AgentLost, AgentRefused, type AgentAnswer, type AgentLogLine } from './types.ts';

/** Octets without a newline after which what comes is no answer. The longest true answer, all counters, has 20,000. */
const ANSWER_LIMIT = 4 * 1024 * 1024;
/** Lines of stderr that an error shows. */
const STDERR_SHOWN = 5;
/** How long the pipes may stay open after the process has ended: a child of its own may hold them. */
const PIPES_MS = 250;

/** How to run an agent's process, limits included. All times in milliseconds, already scaled. */
export interface ProcessOptions {
  command: readonly string[];
  name: string;
  graceMs: number;
  cwd?: string | undefined;
  env?: NodeJS.ProcessEnv | undefined;
}

/** Cuts a stream of text into lines. */
function eachLine(take: (line: string) => void, tooLong: () => void): (chunk: string) => void {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
    if (rest.length > ANSWER_LIMIT) {
      rest = '';
      tooLong();
    }
  };
}

/** The process, its log, and the requests that wait for it. */
export class AgentProcess {
  readonly log: AgentLogLine[] = [];
  /** Resolves with the greeting's fields; rejects with AgentLost when the agent is lost before. */
  readonly greeting: Promise<AgentAnswer>;
  readonly #options: ProcessOptions;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #pending = new PendingRequests();
  readonly #exited: Promise<void>;
  #greet: ((fields: AgentAnswer) => void) | undefined;
  #refuse: (error: AgentLost) => void = () => undefined;
  #lost: AgentLost | undefined;
  #closing: Promise<void> | undefined;
  #lastId = 0;

  constructor(options: ProcessOptions) {
    this.#options = options;
    this.greeting = new Promise((resolve, reject) => {
      this.#greet = resolve;
      this.#refuse = reject;
    });
    const [program = '', ...args] = options.command;
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], cwd: options.cwd, env: options.env });
    this.#exited = new Promise((resolve) => this.#watch(resolve));
  }

  /** Process id; 0 when the process could not be started. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  #watch(exited: () => void): void {
    const child = this.#child;
    child.once('error', (error) => {
      if (child.pid === undefined) exited();
      const command = this.#options.command.join(' ');
      this.lose(`cannot start '${command}': ${error.message}; check that the program is there and executable`);
    });
    child.once('exit', (status, signal) => {
      exited();
      const how = signal === null ? `exited with status ${status ?? '?'}` : `was ended by ${signal}`;
      // Its last words are read first.
      this.#loseSoon(how);
      child.once('close', () => this.lose(how));
    });
    child.stdin.on('error', (error) => this.#loseSoon(`takes no more requests: ${error.message}`));
    child.stdout.setEncoding('utf8').on('data', eachLine(
      (line) => this.#take(line),
      () => this.lose(`said ${ANSWER_LIMIT} characters without a newline; the command has to run nothing but an agent`),
    ));
    child.stderr.setEncoding('utf8').on('data', eachLine((line) => this.#note('stderr', line), () => undefined));
  }

  #note(direction: AgentLogLine['direction'], text: string): void {
    this.log.push({ at: performance.now(), direction, text });
  }

  #loseSoon(how: string): void {
    setTimeout(() => this.lose(how), PIPES_MS).unref();
  }

  /** Ends the process and rejects everything that waits. Only the first reason counts. */
  lose(how: string): void {
    if (this.#lost !== undefined) return;
    const stderr = this.log.filter((line) => line.direction === 'stderr').slice(-STDERR_SHOWN);
    const lastWords = stderr.map((line) => `\n  stderr: ${line.text}`).join('');
    this.#lost = new AgentLost(`agent ${this.#options.name} (pid ${this.pid}) ${how}${lastWords}`);
    this.#refuse(this.#lost);
    this.#pending.rejectAll(this.#lost);
    this.#child.kill('SIGKILL');
  }

  #take(line: string): void {
    this.#note('from', line);
    if (this.#lost !== undefined) return;
    const parsed = parseAgentLine(line);
    if (this.#greet !== undefined) this.#takeGreeting(line, parsed, this.#greet);
    else if (parsed.kind === 'nonsense') this.lose(`said what is no answer: ${shown(line)}: ${parsed.problem}`);
    else if (parsed.kind === 'greeting') this.lose(`greeted twice: ${shown(line)}; it must have started anew`);
    else this.#settle(line, parsed);
  }

  #takeGreeting(line: string, parsed: AgentLine, greet: (fields: AgentAnswer) => void): void {
    this.#greet = undefined;
    if (parsed.kind === 'greeting') greet(parsed.fields);
    else this.lose(`said ${shown(line)} where its greeting 'agent protocol=' was expected; see docs/agent-protocol.md`);
  }

  #settle(line: string, parsed: Extract<AgentLine, { kind: 'ok' | 'err' }>): void {
    const request = this.#pending.take(parsed.id);
    if (request === undefined) this.lose(`answered what was not asked: ${shown(line)}`);
    else if (parsed.kind === 'ok') request.resolve(parsed.fields);
    else request.reject(new AgentRefused(request.command, parsed.errno, parsed.code, parsed.detail));
  }

  /** See `Agent.request`. `limitMs` is scaled already. */
  request(command: string, args: AgentArgs, limitMs: number): Promise<AgentAnswer> {
    // A new error each time, so that its stack shows who asked.
    if (this.#lost !== undefined) return Promise.reject(new AgentLost(`${this.#lost.message} (asked for ${command})`));
    this.#lastId += 1;
    const id = String(this.#lastId);
    const line = encodeRequest(id, command, args);
    this.#note('to', line);
    const answer = this.#pending.add(id, command, limitMs, () => this.lose(
      `did not answer '${shown(line)}' within ${limitMs} ms; it hangs, or the machine is too slow for this limit`,
    ));
    this.#write(line);
    return answer;
  }

  /** Requests made in one go travel in one go: a system call for each would cost more than the work asked for. */
  #write(line: string): void {
    const { stdin } = this.#child;
    if (stdin.writableCorked === 0) {
      stdin.cork();
      process.nextTick(() => stdin.uncork());
    }
    stdin.write(`${line}\n`);
  }

  /** See `Agent.close`. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#lost === undefined) {
      this.#lost = new AgentLost(`agent ${this.#options.name} is closed`);
      this.#refuse(this.#lost);
      this.#pending.rejectAll(new AgentLost(`agent ${this.#options.name} was closed while this request waited`));
      this.#lastId += 1;
      const line = encodeRequest(String(this.#lastId), 'exit');
      this.#note('to', line);
      this.#child.stdin.end(`${line}\n`);
    }
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), this.#options.graceMs);
    await this.#exited;
    clearTimeout(kill);
  }
}

/** A line for a message: not longer than a reader wants. */
function shown(line: string): string {
  return line.length <= 200 ? line : `${line.slice(0, 200)}... (${line.length} characters)`;
}
