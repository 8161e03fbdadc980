/** Agents for a stack that has none: the application is a relay to this machine, or a service whose conduct is known. */
import { agentOver } from '../sut/agent-over.ts';
import { refused } from '../sut/errno.ts';
import type { Agent, AgentAnswer, AgentLogLine, AgentRefused } from '../sut/types.ts';
import { familyOf } from '../packet/index.ts';
import type { LabService } from './remote-lab.ts';

/** Commands for an application without an agent. The stack speaks MPTCP, and nothing else reaches it. */
export const STACK_FEATURES: ReadonlySet<string> = new Set(['mptcp', 'ipv6']);

/** Commands that reach the backend. */
const CARRIED: ReadonlySet<string> = new Set([
  'accept',
  'send',
  'recv',
  'shutdown',
  'close',
  'poll',
  'listen',
  'reset',
  'sync',
  'hello',
]);

/**
 * An agent whose sockets are those of the backend: what the stack's application would do happens there.
 *
 * @param agent an agent on this machine
 */
export function backendAgent(agent: Agent, { address, port }: NonNullable<LabService['backend']>): Agent {
  const family = familyOf(address);
  return agentOver(agent, {
    features: STACK_FEATURES,
    request: (command, args = {}, options) => {
      if (command === 'socket') return agent.request(command, { ...args, family, proto: 'tcp' }, options);
      if (command === 'bind') return agent.request(command, { ...args, addr: address, port }, options);
      if (CARRIED.has(command)) return agent.request(command, args, options);
      return Promise.reject(lacking(command));
    },
  });
}

/** An agent for a service that accepts every connection, and of whose sockets nothing can be learnt. */
export function serviceAgent(): Agent {
  const log: AgentLogLine[] = [];
  const answer = (command: string, args: Readonly<Record<string, string | number>>): AgentAnswer => {
    if (command === 'socket') return { fd: String(args['name'] ?? '') };
    if (command === 'accept') return { fd: String(args['as'] ?? '') };
    if (['bind', 'listen', 'recv', 'reset', 'sync', 'hello'].includes(command)) return {};
    throw lacking(command);
  };
  return {
    pid: 0,
    features: STACK_FEATURES,
    log,
    request: (command, args = {}) =>
      Promise.resolve().then(() => {
        log.push({ at: performance.now(), direction: 'to', text: `${command} (assumed of the service)` });
        return answer(command, args);
      }),
    close: () => Promise.resolve(),
  };
}

/** The answer to a command that needs an agent on the stack. */
export function lacking(command: string): AgentRefused {
  return refused(command, 'ENOSYS', 'the stack has no agent');
}
