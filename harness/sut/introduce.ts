/** Asks an agent which stack it drives. */
import type { SpawnedAgent } from './spawn-agent.ts';
import { AgentProtocolError, AgentRefused, type AgentAnswer } from './types.ts';

/** The agent's report on its stack. */
export interface Introduction {
  /** Name of the stack. Baselines and PICS go by it. */
  stack: string;
  /** Version of the stack; of a kernel, `uname -r`. */
  version: string;
  /** Whether the stack has MPTCP. */
  mptcp: boolean;
  /** `uname -m`. */
  machine?: string;
  /** `uname -v`: tells two builds of one version apart. */
  build?: string;
}

/**
 * The stack's identity: `stack=` of the greeting, or the agent's own name without it. `uname` is optional for an agent.
 *
 * @throws AgentLost
 */
export async function introduce(agent: SpawnedAgent): Promise<Introduction> {
  const { name, stack, kernel, features } = agent.greeting;
  const { machine = '', version: build = '' } = await agent.request('uname').catch((error: unknown): AgentAnswer => {
    if (error instanceof AgentRefused || error instanceof AgentProtocolError) return {};
    throw error;
  });
  return {
    stack: stack === '' ? name : stack,
    version: kernel,
    mptcp: features.has('mptcp'),
    ...(machine === '' ? {} : { machine }),
    ...(build === '' ? {} : { build }),
  };
}

/** Fields of the stack information that an introduction fills. */
export function builtAs({ machine, build }: Introduction): { arch?: string; build?: string } {
  return { ...(machine === undefined ? {} : { arch: machine }), ...(build === undefined ? {} : { build }) };
}
