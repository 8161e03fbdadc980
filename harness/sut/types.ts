/** The stack under test as the harness sees it: an agent that executes commands. */
import { ExplainedError } from '../document/explained-error.ts';

/** The fields of an agent's answer, by name; values are text as on the line. */
export type AgentAnswer = Readonly<Record<string, string>>;

/** One line of the agent's conversation, for the evidence. */
export interface AgentLogLine {
  /** Milliseconds, monotonic clock (`performance.now()`). */
  at: number;
  direction: 'to' | 'from' | 'stderr';
  text: string;
}

/** A running agent (see `docs/agent-protocol.md`). */
export interface Agent {
  /** Process id in the tester's pid namespace; what links are moved to. */
  readonly pid: number;
  /** The features of its greeting; docs/agent-protocol.md defines them. */
  readonly features: ReadonlySet<string>;
  /** Everything said in both directions, oldest first. */
  readonly log: readonly AgentLogLine[];
  /**
   * Sends a command and waits for its answer. Commands may overlap; a blocking one (accept, recv) leaves the agent
   * free for others.
   *
   * @throws AgentRefused when the agent answers `err`: the stack's own error (carries errno and its name)
   * @throws AgentProtocolError when the agent answers `bad`: it did not understand the request
   * @throws AgentLost when it exits, crashes, writes something that is not an answer, or does not answer in time
   */
  request(
    command: string,
    args?: Readonly<Record<string, string | number>>,
    options?: { timeoutMs?: number },
  ): Promise<AgentAnswer>;
  /** Asks the agent to exit, then ends it by its pid if it does not. Idempotent. */
  close(): Promise<void>;
}

/** The agent answered `err`: the SUT's system call failed. */
export class AgentRefused extends ExplainedError {
  override readonly name = 'AgentRefused';
  readonly errno: number;
  /** Symbolic name, `ECONNREFUSED`. */
  readonly code: string;
  constructor(command: string, errno: number, code: string, detail: string) {
    super(`agent: ${command}: ${code} (${errno})${detail === '' ? '' : `: ${detail}`}`);
    this.errno = errno;
    this.code = code;
  }
}

/**
 * The agent did not understand a request: an unknown command or argument, a value that the protocol does not allow, a
 * socket that was never made. A fault of the suite, the harness or the agent, never a verdict on the stack.
 */
export class AgentProtocolError extends ExplainedError {
  override readonly name = 'AgentProtocolError';
  constructor(command: string, detail: string) {
    super(`agent: ${command}: the request was not understood${detail === '' ? '' : `: ${detail}`}`);
  }
}

/** The agent is gone, hangs or speaks nonsense: a fault of the harness or the machine, never a verdict on the stack. */
export class AgentLost extends ExplainedError {
  override readonly name = 'AgentLost';
}
