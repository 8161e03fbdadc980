/** Commands of the agent's protocol: the agent itself. */
import { COUNT, text, TIMEOUT, type CommandRow } from './kinds.ts';

/** The commands, by name. */
export const AGENT_COMMANDS = {
  hello: {
    group: 'agent',
    args: {},
    answers: { protocol: text, name: text, kernel: text, pid: text, features: text },
    does: 'Answers the fields of the greeting immediately.',
  },
  uname: {
    group: 'agent',
    args: {},
    answers: { sysname: text, nodename: text, release: text, version: text, machine: text },
    does: '`sysname= nodename= release= version= machine=`',
  },
  log: { group: 'agent', args: { text: text }, answers: {}, does: 'Writes the text to standard error.' },
  sync: {
    group: 'agent',
    args: { timeout: TIMEOUT },
    answers: {},
    waits: true,
    suites: {},
    does: 'Answers when all earlier requests have been answered.',
  },
  settle: {
    group: 'agent',
    args: {},
    answers: {},
    feature: 'settle',
    does: 'Answers when the stack has done its deferred work (Linux: the workqueues of every CPU).',
  },
  mark: {
    group: 'agent',
    args: {},
    answers: {},
    feature: 'mark',
    does: 'Makes the current sysctls those that `reset` restores.',
  },
  reset: {
    group: 'agent',
    args: {},
    answers: { sockets: COUNT, sysctls: COUNT },
    does: 'Closes all sockets and resets their connections and, if the kernel supports it, those of sockets that were closed before; cancels waiting operations, removes all endpoints, deletes cached data about peers (TCP metrics, Fast Open cookies), and restores the limits and every sysctl to their values before this agent changed them, or at the last `mark`. Answers the numbers `sockets=` and `sysctls=`. Addresses, routes and rules stay.',
  },
  exit: { group: 'agent', args: {}, answers: {}, does: 'Answers, then exits with status 0.' },
} as const satisfies Readonly<Record<string, CommandRow>>;
