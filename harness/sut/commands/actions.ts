/** The actions of `sut:` steps: the agent's commands that are meant for suites, and a few made of several. */
import {
  COUNT,
  FAMILY,
  flag,
  needed,
  oneOf,
  OWN_ADDRESS,
  PORT,
  text,
  TIMEOUT,
  type Argument,
  type ValueKind,
} from './kinds.ts';
import { COMMANDS, type AgentCommand } from './table.ts';

/** An action as the loader and the engine know it. */
export interface SutAction {
  args: Readonly<Record<string, Argument>>;
  answers: Readonly<Record<string, ValueKind>>;
  /** Default of `fd=`; undefined where the action is not about a socket. */
  socket?: 'conn' | 'lsn';
  /** It may wait; the agent gets the timeout. */
  waits: boolean;
}

/** Actions that the engine makes of several commands, or that suites write otherwise than the protocol does. */
const COMPOSED: Readonly<Record<string, SutAction>> = {
  listen: {
    args: { fd: text, family: FAMILY, proto: oneOf('mptcp', 'tcp'), addr: text, port: PORT, backlog: PORT },
    answers: OWN_ADDRESS,
    waits: false,
  },
  connect: {
    args: {
      ...COMMANDS.connect.args,
      fd: text,
      addr: text,
      port: PORT,
      proto: oneOf('mptcp', 'tcp'),
      // The socket is there already, and is used as it is.
      reuse: flag,
    },
    answers: OWN_ADDRESS,
    waits: false,
  },
  abort: { args: { fd: text }, answers: {}, waits: false },
  counter: { args: { name: needed(text) }, answers: { value: COUNT }, waits: false },
  send: {
    // `bytes` is the protocol's `fill`, so that `send` and `recv` read alike.
    args: { ...COMMANDS.send.args, fd: text, bytes: COMMANDS.send.args['fill'] ?? COUNT, timeout: TIMEOUT },
    answers: { sent: COUNT },
    socket: 'conn',
    waits: true,
  },
};

function fromCommand(name: AgentCommand): SutAction {
  const { args, answers, suites, waits } = COMMANDS[name];
  return {
    // The engine gives what a suite leaves out: the socket, the address family.
    args: Object.fromEntries(
      Object.entries(args).map(([key, { needed: isNeeded, ...kind }]) => [
        key,
        isNeeded === true && key !== 'fd' && key !== 'family' ? { ...kind, needed: true as const } : kind,
      ]),
    ),
    answers: answers === 'open' ? {} : answers,
    ...(suites?.socket === undefined ? {} : { socket: suites.socket }),
    waits: waits === true,
  };
}

/** The actions by name. */
export const SUT_ACTIONS: Readonly<Record<string, SutAction>> = {
  ...Object.fromEntries(
    (Object.keys(COMMANDS) as AgentCommand[])
      .filter((name) => COMMANDS[name].suites !== undefined)
      .map((name) => [name, fromCommand(name)]),
  ),
  ...COMPOSED,
};
