/** Talks with an agent: requests out, answers in, and everything that can go wrong between. */
import { encodeRequest, parseAgentLine, type AgentArgs, type AgentLine } from './agent-line.ts';
import { CappedLog } from './capped-log.ts';
import { PendingRequests } from './pending-requests.ts';
import type { AgentTransport } from './transport.ts';
import { AgentLost, AgentProtocolError, AgentRefused, type AgentAnswer, type AgentLogLine } from './types.ts';

/** Bytes without a newline after which the output is not taken for an answer. The longest true answer, all counters, has 20,000. */
const ANSWER_LIMIT = 4 * 1024 * 1024;
/** Lines of stderr that an error shows. */
const STDERR_SHOWN = 5;
/** Time for which the streams may stay open after the agent has ended: a child of its own may hold them. */
const PIPES_MS = 250;

/** Whom to talk with. All times in milliseconds, already scaled. */
export interface ClientOptions {
  transport: AgentTransport;
  /** The name of the agent in errors. */
  name: string;
  graceMs: number;
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

/** The agent's end of the line, its log, and the requests that wait for it. */
export class AgentClient {
  #log = new CappedLog();
  /** Resolves with the greeting's fields; rejects with AgentLost when the agent is lost before. */
  readonly greeting: Promise<AgentAnswer>;
  readonly #options: ClientOptions;
  readonly #transport: AgentTransport;
  readonly #pending = new PendingRequests();
  #greet: ((fields: AgentAnswer) => void) | undefined;
  #refuse: (error: AgentLost) => void = () => undefined;
  #lost: AgentLost | undefined;
  #closing: Promise<void> | undefined;
  #lastId = 0;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#transport = options.transport;
    this.greeting = new Promise((resolve, reject) => {
      this.#greet = resolve;
      this.#refuse = reject;
    });
    // Callers may handle the failure, but need not.
    this.greeting.catch(() => undefined);
    this.#watch();
  }

  #watch(): void {
    const { input, output, errors, exited, drained } = this.#transport;
    void exited.then((how) => {
      // Its last words are read first.
      this.#loseSoon(how);
      void drained.then(() => this.lose(how));
    });
    input.on('error', (error: Error) => this.#loseSoon(`accepts no more requests: ${error.message}`));
    output.on('error', (error: Error) => this.#loseSoon(`cannot be read any more: ${error.message}`));
    output.setEncoding('utf8').on(
      'data',
      eachLine(
        (line) => this.#take(line),
        () => this.lose(`wrote ${ANSWER_LIMIT} characters without a newline; the command must run only an agent`),
      ),
    );
    errors?.on('error', (error: Error) => this.#note('stderr', `the log ends: ${error.message}`));
    errors?.setEncoding('utf8').on(
      'data',
      eachLine(
        (line) => this.#note('stderr', line),
        () => this.#note('stderr', `(${ANSWER_LIMIT} characters without a newline are left out)`),
      ),
    );
  }

  /** Everything said since the last `freshLog`; who holds on to an older log keeps it as it was. */
  get log(): readonly AgentLogLine[] {
    return this.#log.lines;
  }

  /** Begins an empty log. */
  freshLog(): void {
    this.#log = new CappedLog();
  }

  #note(direction: AgentLogLine['direction'], text: string): void {
    this.#log.add({ at: performance.now(), direction, text });
  }

  #loseSoon(how: string): void {
    setTimeout(() => this.lose(how), PIPES_MS).unref();
  }

  /** Ends the agent and rejects everything that waits. Only the first reason counts. */
  lose(how: string): void {
    if (this.#lost !== undefined) return;
    const stderr = this.#log.lines.filter((line) => line.direction === 'stderr').slice(-STDERR_SHOWN);
    const lastWords = stderr.map((line) => `\n  stderr: ${shown(line.text)}`).join('');
    const { pid } = this.#transport;
    this.#lost = new AgentLost(`agent ${this.#options.name}${pid === 0 ? '' : ` (pid ${pid})`} ${how}${lastWords}`);
    this.#refuse(this.#lost);
    this.#pending.rejectAll(this.#lost);
    this.#transport.kill();
  }

  #take(line: string): void {
    this.#note('from', line);
    if (this.#lost !== undefined) return;
    const parsed = parseAgentLine(line);
    if (this.#greet !== undefined) this.#takeGreeting(line, parsed, this.#greet);
    else if (parsed.kind === 'nonsense') this.lose(`wrote an invalid answer: ${shown(line)}: ${parsed.problem}`);
    else if (parsed.kind === 'greeting') this.lose(`sent a second greeting: ${shown(line)}; it has probably restarted`);
    else this.#settle(line, parsed);
  }

  #takeGreeting(line: string, parsed: AgentLine, greet: (fields: AgentAnswer) => void): void {
    this.#greet = undefined;
    if (parsed.kind === 'greeting') greet(parsed.fields);
    else this.lose(`wrote ${shown(line)}, expected its greeting 'agent protocol='; see docs/agent-protocol.md`);
  }

  #settle(line: string, parsed: Extract<AgentLine, { kind: 'ok' | 'err' | 'bad' }>): void {
    const request = this.#pending.take(parsed.id);
    if (request === undefined) this.lose(`answered an unknown request: ${shown(line)}`);
    else if (parsed.kind === 'ok') request.resolve(parsed.fields);
    else if (parsed.kind === 'bad') request.reject(new AgentProtocolError(request.command, parsed.detail));
    else request.reject(new AgentRefused(request.command, parsed.errno, parsed.code, parsed.detail));
  }

  /** See `Agent.request`. `limitMs` is scaled already. */
  request(command: string, args: AgentArgs, limitMs: number): Promise<AgentAnswer> {
    // A new error each time, so that its stack shows who asked.
    if (this.#lost !== undefined) return Promise.reject(new AgentLost(`${this.#lost.message} (request: ${command})`));
    this.#lastId += 1;
    const id = String(this.#lastId);
    const line = encodeRequest(id, command, args);
    this.#note('to', line);
    const answer = this.#pending.add(id, command, limitMs, () =>
      this.lose(
        `did not answer '${shown(line)}' within ${limitMs} ms; it hangs, or the machine is too slow for this limit`,
      ),
    );
    this.#write(line);
    return answer;
  }

  /** Requests made in one go travel in one go: a system call for each would cost more than the work asked for. */
  #write(line: string): void {
    const { input } = this.#transport;
    if (input.writableCorked === 0) {
      input.cork();
      process.nextTick(() => input.uncork());
    }
    input.write(`${line}\n`);
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
      this.#transport.input.end(`${line}\n`);
    }
    const kill = setTimeout(() => this.#transport.kill(), this.#options.graceMs);
    await this.#transport.exited;
    clearTimeout(kill);
  }
}

/** A line for a message: not longer than a reader wants. */
function shown(line: string): string {
  return line.length <= 200 ? line : `${line.slice(0, 200)}... (${line.length} characters)`;
}
