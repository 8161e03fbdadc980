/** Carries out a scenario's `sut:` lines through the agent, filling in what they leave out. */
import type { Value } from '../notation/expression.ts';
import type { SutLine } from '../scenario/sut-line.ts';
import { SUT_ACTIONS } from '../sut/commands/actions.ts';
import { AgentRefused, type Agent, type AgentAnswer } from '../sut/types.ts';
import { readCounters } from './counters.ts';
import { evaluate } from '../notation/evaluate.ts';
import type { Session } from './session.ts';
import { LISTEN_PORT } from './subflows.ts';

type Args = Record<string, string>;

/**
 * The agent's answer to one line. Where a system call of the stack fails, its fields are `error` and `text`.
 *
 * @param milliseconds how long the agent may wait
 * @throws AgentLost when the agent is gone
 */
export async function askSut(line: SutLine, session: Session, milliseconds: number): Promise<AgentAnswer> {
  return session.interposer.answered(line.command, await answerOf(line, session, milliseconds));
}

async function answerOf(line: SutLine, session: Session, milliseconds: number): Promise<AgentAnswer> {
  try {
    return await runSutLine(line, session, milliseconds);
  } catch (error) {
    if (!(error instanceof AgentRefused)) throw error;
    return { error: error.code, text: error.message };
  }
}

/** Carries out one line. @throws AgentRefused, AgentLost */
async function runSutLine(line: SutLine, session: Session, milliseconds: number): Promise<AgentAnswer> {
  const agent = firstAgent(session);
  const args: Args = {};
  for (const arg of line.args) {
    if (arg.matcher.type !== 'equal') throw new RangeError(`${line.command}: ${arg.name} needs one value`);
    args[arg.name] = asText(evaluate(arg.matcher.expr, session.scope()));
  }
  if (line.command === 'listen') return listen(agent, args, session);
  if (line.command === 'connect') return connect(agent, args, session);
  if (line.command === 'counter') return counter(agent, args, session);
  if (line.command === 'abort') return abort(agent, args);
  if (line.command === 'addr-del') return deleteAddress(agent, args, session);
  if (line.command === 'socket') args['family'] ??= session.scenario.family;
  const action = SUT_ACTIONS[line.command];
  if (action?.socket !== undefined) args['fd'] ??= action.socket;
  if (line.command === 'accept') args['as'] ??= 'conn';
  if (line.command === 'send' && args['bytes'] !== undefined) {
    args['fill'] = args['bytes'];
    delete args['bytes'];
  }
  if (action?.waits !== true) return agent.request(line.command, args);
  args['timeout'] ??= String(Math.round(milliseconds));
  return agent.request(line.command, args, { timeoutMs: Number(args['timeout']) + 5000 * session.patience.scale });
}

/** The agent of the topology's first host: the SUT. */
export function firstAgent(session: Session): Agent {
  const agent = session.cell.agents.get(session.cell.topology.hosts[0] ?? '');
  if (agent === undefined) throw new RangeError(`topology ${session.cell.topology.name} has no host`);
  return agent;
}

async function listen(agent: Agent, args: Args, session: Session): Promise<AgentAnswer> {
  const { fd = 'lsn', proto = 'mptcp', port = String(LISTEN_PORT), ...rest } = args;
  const family = rest['family'] ?? session.scenario.family;
  await agent.request('socket', { family, proto, name: fd });
  await agent.request('bind', { fd, addr: rest['addr'] ?? (family === 'ipv4' ? '0.0.0.0' : '::'), port });
  return agent.request('listen', { fd, backlog: rest['backlog'] ?? '128' });
}

/** Removes an address from the host; that of a link needs no length. */
async function deleteAddress(agent: Agent, args: Args, session: Session): Promise<AgentAnswer> {
  const { addr = '' } = args;
  const link = session.cell.links.find(({ sut }) => sut.ipv4 === addr || sut.ipv6 === addr);
  if (link === undefined) return agent.request('addr-del', args);
  const length = addr === link.sut.ipv4 ? link.prefix.ipv4 : link.prefix.ipv6;
  return agent.request('addr-del', { ...args, addr: `${addr}/${length}` });
}

/** Starts connecting and does not wait: the scenario answers the SYN, and `connected` waits. */
async function connect(agent: Agent, args: Args, session: Session): Promise<AgentAnswer> {
  const { fd = 'conn', proto = 'mptcp', port = String(LISTEN_PORT), addr, ...rest } = args;
  const { family } = session.scenario;
  const to = addr ?? session.cell.links[0]?.tester[family] ?? '';
  if (rest['reuse'] === undefined) await agent.request('socket', { family, proto, name: fd });
  delete rest['reuse'];
  return agent.request('connect', { fd, addr: to, port, nowait: '1', ...rest });
}

/** Closes as an application does that wants the connection gone at once: with a linger time of zero. */
async function abort(agent: Agent, { fd = 'conn' }: Args): Promise<AgentAnswer> {
  await agent.request('setsockopt', { fd, name: 'SO_LINGER', value: '1,0' });
  return agent.request('close', { fd });
}

/**
 * By how much one MPTCP counter of the SUT's namespace has moved in this scenario; `value` is absent when the stack has
 * no counter of that name.
 */
async function counter(agent: Agent, { name = '' }: Args, session: Session): Promise<AgentAnswer> {
  const value = (await readCounters(agent)).get(name);
  return value === undefined ? {} : { value: String(value - (session.countersBefore.get(name) ?? 0n)) };
}

/** A value as the agent's lines carry it. */
function asText(value: Value): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value);
}
