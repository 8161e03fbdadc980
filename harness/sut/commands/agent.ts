/** Commands of the agent's protocol: the agent itself. */
import { COUNT, text, TIMEOUT, type CommandRow } from './kinds.ts';

/** The commands, by name. */
export const AGENT_COMMANDS = {
  hello: {
    group: 'agent',
    args: {},
    answers: { protocol: text, name: text, kernel: text, pid: text, features: text },
    does: 'The fields of the greeting. Answered at once.',
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
    does: 'Answers when everything asked for before has been answered.',
  },
  settle: {
    group: 'agent',
    args: {},
    answers: {},
    feature: 'settle',
    does: 'Answers when the stack has done what it had put off until now (Linux: the work queues of every processor).',
  },
  mark: {
    group: 'agent',
    args: {},
    answers: {},
    feature: 'mark',
    does: 'From now on `reset` puts back the sysctls as they are now.',
  },
  reset: {
    group: 'agent',
    args: {},
    answers: { sockets: COUNT, sysctls: COUNT },
    does: 'Closes all sockets, resetting their connections and, where the kernel can, those that closed sockets left behind; cancels what waits, removes all endpoints, forgets what is remembered of peers (TCP metrics, Fast Open cookies), puts back the limits and every sysctl as they were before this agent changed them, or at the last `mark`. Answers `sockets=` and `sysctls=`, how many. Addresses, routes and rules stay.',
  },
  exit: { group: 'agent', args: {}, answers: {}, does: 'Answers, then exits with status 0.' },
} as const satisfies Readonly<Record<string, CommandRow>>;
