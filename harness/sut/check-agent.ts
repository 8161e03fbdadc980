/** Talks the protocol with an agent, and says what of it works. For authors of agents. */
import { digestOf } from './digest.ts';
import { fillBytes } from './fill.ts';
import type { SpawnedAgent } from './spawn-agent.ts';
import { AgentProtocolError, AgentRefused, type AgentAnswer } from './types.ts';

/** One point of the protocol. `optional`: scenarios that need it are skipped. */
export interface AgentPoint {
  what: string;
  state: 'works' | 'missing' | 'wrong' | 'optional';
  /** The result, one line. */
  detail: string;
}

/** Bytes that are sent and received. */
const SENT = 1000;

type Ask = (command: string, args?: Readonly<Record<string, string | number>>) => Promise<AgentAnswer>;

/**
 * Walks through the protocol over the agent's own loopback addresses. Never throws: an agent that is lost gives a point
 * that says so.
 */
export async function checkAgentProtocol(agent: SpawnedAgent): Promise<AgentPoint[]> {
  const points: AgentPoint[] = [greetingPoint(agent)];
  const point = async (what: string, work: () => Promise<string>, optional = false): Promise<boolean> => {
    try {
      points.push({ what, state: 'works', detail: await work() });
      return true;
    } catch (error) {
      points.push({ what, ...judged(error, optional) });
      return false;
    }
  };
  const ask: Ask = (command, args) => agent.request(command, args ?? {}, { timeoutMs: 5000 });
  await point('hello', async () => fieldOf(await ask('hello'), 'protocol', '2'));
  await point('uname', async () => (await ask('uname'))['version'] ?? '', true);
  await point('an unknown command', () => unknownCommand(ask));
  for (const [proto, family, addr] of [
    ['mptcp', 'ipv4', '127.0.0.1'],
    ['tcp', 'ipv4', '127.0.0.1'],
    ['mptcp', 'ipv6', '::1'],
  ] as const) {
    if (!agent.features.has(proto) || (family === 'ipv6' && !agent.features.has('ipv6'))) continue;
    const name = `${proto}-${family}`;
    const open = await point(`sockets, ${proto} over ${family}`, () => connectPair(ask, { proto, family, addr, name }));
    if (open) await point(`bytes, ${proto} over ${family}`, () => exchange(ask, name));
  }
  await point('requests overlap', () => overlap(ask));
  for (const [feature, command, args] of BY_FEATURE)
    if (agent.features.has(feature)) await point(`feature ${feature}`, async () => brief(await ask(command, args)));
  for (const command of ['setsockopt', 'getsockopt', 'info', 'poll', 'queued', 'subflows'])
    await point(command, () => offered(ask, command), true);
  await point('reset', async () => brief(await ask('reset')), true);
  await point('sync', async () => brief(await ask('sync')));
  return points;
}

/** A command of each feature that changes nothing. */
const BY_FEATURE = [
  ['netlink', 'link-get', { dev: 'lo' }],
  ['endpoints', 'endpoint-list', {}],
  ['sysctl', 'sysctl-get', { name: 'net.mptcp.enabled' }],
  ['counters', 'counters', { prefix: 'MPTcpExt' }],
  ['settle', 'settle', {}],
] as const;

function greetingPoint({ greeting, features }: SpawnedAgent): AgentPoint {
  const { name, stack, kernel } = greeting;
  const detail = `name=${name} stack=${stack === '' ? `(not said; ${name} is taken)` : stack} kernel=${kernel}`;
  if (!features.has('mptcp'))
    return { what: 'greeting', state: 'wrong', detail: `${detail}: features= does not name mptcp` };
  return { what: 'greeting', state: 'works', detail: `${detail} features=${[...features].join(',')}` };
}

function judged(error: unknown, optional: boolean): Pick<AgentPoint, 'state' | 'detail'> {
  const detail = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  const lacking = error instanceof AgentProtocolError || (error instanceof AgentRefused && error.code === 'ENOSYS');
  if (lacking) return { state: optional ? 'optional' : 'missing', detail };
  return { state: 'wrong', detail };
}

/** An answer that the protocol does not allow. */
class WrongAnswer extends Error {}

function fieldOf(answer: AgentAnswer, key: string, wanted: string): string {
  if (answer[key] === wanted) return `${key}=${wanted}`;
  throw new WrongAnswer(`answered ${key}=${answer[key] ?? '(absent)'}, expected ${wanted}`);
}

function brief(answer: AgentAnswer): string {
  return Object.entries(answer)
    .slice(0, 3)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
}

async function unknownCommand(ask: Ask): Promise<string> {
  try {
    await ask('no-such-command');
  } catch (error) {
    if (error instanceof AgentRefused && error.code === 'ENOSYS') return 'err 38 ENOSYS';
    if (error instanceof AgentProtocolError) return 'bad';
    throw error;
  }
  throw new WrongAnswer('was answered ok; answer err 38 ENOSYS or bad');
}

interface Pair {
  proto: string;
  family: string;
  addr: string;
  /** Prefix of the sockets' names. */
  name: string;
}

async function connectPair(ask: Ask, { proto, family, addr, name }: Pair): Promise<string> {
  const [listener, client, server] = [`${name}-lsn`, `${name}-c`, `${name}-s`];
  fieldOf(await ask('socket', { family, proto, name: listener }), 'fd', listener);
  const { port = '' } = await ask('bind', { fd: listener, addr, port: 0 });
  if (!/^[1-9]\d*$/.test(port)) throw new WrongAnswer(`bind answered port=${port}; expected the port that was chosen`);
  fieldOf(await ask('listen', { fd: listener }), 'port', port);
  await ask('socket', { family, proto, name: client });
  const [accepted] = await Promise.all([
    ask('accept', { fd: listener, as: server, timeout: 3000 }),
    ask('connect', { fd: client, addr, port, timeout: 3000 }),
  ]);
  fieldOf(accepted, 'fd', server);
  return `${accepted['peer-addr'] ?? ''}:${accepted['peer-port'] ?? ''} to ${addr}:${port}`;
}

async function exchange(ask: Ask, name: string): Promise<string> {
  const [client, server] = [`${name}-c`, `${name}-s`];
  fieldOf(await ask('send', { fd: client, fill: SENT, timeout: 3000 }), 'sent', String(SENT));
  const got = await ask('recv', { fd: server, bytes: SENT, timeout: 3000 });
  fieldOf(got, 'bytes', String(SENT));
  fieldOf(got, 'pattern', 'ok');
  fieldOf(got, 'digest', digestOf(fillBytes(0, SENT)));
  await ask('send', { fd: server, hex: '0a0b', timeout: 3000 });
  fieldOf(await ask('recv', { fd: client, bytes: 2, timeout: 3000 }), 'hex', '0a0b');
  await ask('shutdown', { fd: client, how: 'wr' });
  fieldOf(await ask('recv', { fd: server, eof: 1, timeout: 3000 }), 'eof', '1');
  for (const fd of [client, server, `${name}-lsn`]) await ask('close', { fd });
  return `${SENT} bytes, their digest, and the end of the stream`;
}

/** A request that waits must not hold up the next, and ends when its socket is closed. */
async function overlap(ask: Ask): Promise<string> {
  await ask('socket', { family: 'ipv4', name: 'overlap' });
  await ask('bind', { fd: 'overlap', addr: '127.0.0.1', port: 0 });
  await ask('listen', { fd: 'overlap' });
  const waiting = ask('accept', { fd: 'overlap', as: 'never', timeout: 3000 }).then(
    () => 'ok',
    (error: unknown) => (error instanceof AgentRefused ? error.code : String(error)),
  );
  await ask('hello');
  await ask('close', { fd: 'overlap' });
  const end = await waiting;
  if (end !== 'ECANCELED')
    throw new WrongAnswer(`accept on a socket that was closed ended with ${end}, expected err 125 ECANCELED`);
  return 'hello was answered while accept waited, and close ended accept';
}

/** Whether the agent has a command at all: on a socket that is not there, `bad` is right. */
async function offered(ask: Ask, command: string): Promise<string> {
  await ask('socket', { family: 'ipv4', proto: 'tcp', name: `try-${command}` });
  const args: Record<string, Record<string, string>> = {
    setsockopt: { name: 'TCP_NODELAY', value: '1' },
    getsockopt: { name: 'TCP_NODELAY' },
  };
  const answer = await ask(command, { fd: `try-${command}`, ...args[command] });
  await ask('close', { fd: `try-${command}` });
  return brief(answer);
}
