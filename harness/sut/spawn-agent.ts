/** Starts an agent and checks that it is one. */
import { PROTOCOL, type AgentArgs } from './agent-line.ts';
import { AgentClient } from './agent-client.ts';
import { spawnTransport, type AgentTransport } from './transport.ts';
import { AgentLost, type Agent, type AgentAnswer } from './types.ts';

/** Default time for an answer, milliseconds. */
const REQUEST_MS = 10_000;
/** Time between the wish to exit and SIGKILL, milliseconds. */
const GRACE_MS = 1_000;

/** Options of the conversation with an agent, however it was started. */
export interface ConnectOptions {
  /** Its name in errors. */
  name: string;
  /** Time for the greeting and for every answer, milliseconds; default 10,000. */
  timeoutMs?: number;
  /** Time between asking it to exit and killing it, milliseconds; default 1,000. */
  graceMs?: number;
  /** Factor on all time limits, for slow machines; default 1. */
  timeScale?: number;
  /** Process id in the tester's pid namespace, where the transport's is not the agent's (a container, a VM). */
  pid?: number;
}

/** Options of an agent as a child process. */
export interface SpawnAgentOptions extends ConnectOptions {
  /** Program and arguments; no shell. `ip netns exec`, `docker exec -i`, `ssh` and the like may stand in front. */
  command: readonly string[];
  cwd?: string;
  env?: NodeJS.ProcessEnv;
}

/** The greeting of an agent. */
interface AgentGreeting {
  protocol: number;
  /** Name of the agent program. */
  name: string;
  /** Name of the stack; empty when the agent does not say it. */
  stack: string;
  /** Kernel release, or the version of the stack. */
  kernel: string;
  /** Process id as the agent sees it. */
  pid: number;
  features: ReadonlySet<string>;
}

/** An agent with its greeting. */
export interface SpawnedAgent extends Agent {
  readonly name: string;
  readonly greeting: AgentGreeting;
  /** Begins a new log. Who holds on to the old one keeps it as it was. */
  freshLog(): void;
}

function readGreeting(name: string, fields: AgentAnswer): AgentGreeting {
  const protocol = Number(fields['protocol'] ?? Number.NaN);
  if (protocol !== PROTOCOL) {
    throw new AgentLost(
      `agent ${name} has protocol version ${fields['protocol'] ?? '(none)'}, this suite has ${PROTOCOL}; ` +
        'use the agent of this release (docker/agent), or update yours to docs/agent-protocol.md',
    );
  }
  return {
    protocol,
    name: fields['name'] ?? '',
    stack: fields['stack'] ?? '',
    kernel: fields['kernel'] ?? '',
    pid: Number(fields['pid'] ?? 0),
    features: new Set((fields['features'] ?? '').split(',').filter((feature) => feature !== '')),
  };
}

async function greetingInTime(agent: AgentClient, limitMs: number): Promise<AgentAnswer> {
  const timer = setTimeout(
    () => agent.lose(`sent no greeting within ${limitMs} ms; check that the command runs an agent`),
    limitMs,
  );
  try {
    return await agent.greeting;
  } finally {
    clearTimeout(timer);
  }
}

/** Time for one answer: a command that says how long it may take gets that and the usual time on top. */
function limitOf(args: AgentArgs, told: number | undefined, usualMs: number, scale: number): number {
  if (told !== undefined) return told * scale;
  const own = Number(args['timeout'] ?? 0);
  return usualMs + (Number.isFinite(own) ? own : 0);
}

/**
 * Starts an agent and waits for its greeting. Several may be started at once.
 *
 * @throws AgentLost when it cannot be started, does not greet in time, or speaks another protocol
 */
export function spawnAgent(options: SpawnAgentOptions): Promise<SpawnedAgent> {
  return connectAgent(spawnTransport(options), options);
}

/**
 * Waits for the greeting of an agent that has been started by other means.
 *
 * @throws AgentLost when it is over, does not greet in time, or speaks another protocol; it is ended then
 */
export async function connectAgent(transport: AgentTransport, options: ConnectOptions): Promise<SpawnedAgent> {
  const scale = options.timeScale ?? 1;
  const requestMs = (options.timeoutMs ?? REQUEST_MS) * scale;
  const agent = new AgentClient({ transport, name: options.name, graceMs: (options.graceMs ?? GRACE_MS) * scale });
  try {
    const greeting = readGreeting(options.name, await greetingInTime(agent, requestMs));
    return {
      name: options.name,
      greeting,
      features: greeting.features,
      pid: options.pid ?? transport.pid,
      get log() {
        return agent.log;
      },
      freshLog: () => agent.freshLog(),
      request: (command, args = {}, { timeoutMs } = {}) =>
        agent.request(command, args, limitOf(args, timeoutMs, requestMs, scale)),
      close: () => agent.close(),
    };
  } catch (error) {
    await agent.close();
    throw error;
  }
}
