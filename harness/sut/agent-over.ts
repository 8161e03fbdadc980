/** An agent that stands before another one. */
import type { Agent } from './types.ts';

/**
 * An agent that shows the process, features and log of another.
 *
 * @param own what it does otherwise than the other; the rest is passed on
 */
export function agentOver(agent: Agent, own: Partial<Pick<Agent, 'features' | 'request' | 'close'>>): Agent {
  return {
    get pid() {
      return agent.pid;
    },
    features: agent.features,
    get log() {
      return agent.log;
    },
    request: (command, args, options) => agent.request(command, args, options),
    close: () => agent.close(),
    ...own,
  };
}
