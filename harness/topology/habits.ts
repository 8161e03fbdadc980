/**
 * Lawful habits of a host that no kernel setting makes: of its routes, its links, its path manager's endpoints and its
 * application. They are laid over the agents of a driver's cells, so that scenarios need not know of them.
 */
import { isIP } from 'node:net';
import { agentOver } from '../sut/agent-over.ts';
import type { Agent, AgentAnswer } from '../sut/types.ts';
import type { Habits } from '../verdict/stack-info.ts';
import type { Cell, Driver } from './contract.ts';

type Args = Readonly<Record<string, string | number>>;
type Request = Agent['request'];

/** A driver whose hosts have these habits. */
export function withHabits(driver: Driver, habits: Habits): Driver {
  return {
    name: driver.name,
    problems: (topology) => driver.problems(topology),
    close: () => driver.close(),
    build: async (topology, options) => {
      const cell = await driver.build(topology, options);
      try {
        await setUp(cell, habits);
      } catch (error) {
        await cell.close();
        throw error;
      }
      const agents = new Map([...cell.agents].map(([name, agent]) => [name, habitual(agent, habits)]));
      const { topology: built, links, clock, random } = cell;
      return {
        topology: built,
        links,
        agents,
        ...(clock === undefined ? {} : { clock }),
        ...(random === undefined ? {} : { random }),
        troubles: () => cell.troubles?.() ?? [],
        kernelLines: () => cell.kernelLines?.() ?? Promise.resolve([]),
        ...(cell.shell === undefined ? {} : { shell: cell.shell }),
        close: () => cell.close(),
      };
    },
  };
}

/** Routes and links, on the host of each link. */
async function setUp({ links, agents }: Cell, { route, mtu }: Habits): Promise<void> {
  for (const { sutDevice: dev, sut, prefix, spec } of links) {
    const agent = agents.get(spec.host);
    if (agent === undefined) continue;
    if (mtu !== undefined) await agent.request('link-up', { dev, mtu });
    if (route === undefined) continue;
    for (const family of spec.families) {
      const dst = `${sut[family]}/${prefix[family]}`;
      // The kernel made one with the address. IPv6 keeps it beside the new one, whose metric has to be better.
      const extra = family === 'ipv6' ? { metric: 1 } : { src: sut.ipv4, replace: 1 };
      await agent.request('route-add', { dst: networkOf(dst), dev, ...extra, ...route });
    }
  }
}

/** `10.1.2.3/24` is of `10.1.2.0/24`; the kernel clears the rest of an IPv6 prefix itself. */
function networkOf(text: string): string {
  const [address = '', length = ''] = text.split('/');
  if (isIP(address) !== 4) return text;
  const bytes = address.split('.').map(Number);
  const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  const size = 2 ** (32 - Number(length));
  const network = Math.floor(value / size) * size;
  return `${[24, 16, 8, 0].map((shift) => Math.floor(network / 2 ** shift) % 256).join('.')}/${length}`;
}

function habitual(agent: Agent, habits: Habits): Agent {
  return agentOver(agent, { request: (command, args = {}, options) => apply(agent, habits, command, args, options) });
}

async function apply(
  agent: Agent,
  habits: Habits,
  command: string,
  args: Args,
  options: Parameters<Request>[2],
): Promise<AgentAnswer> {
  const { endpoint, nodelay, listeners, mapped } = habits;
  let altered = args;
  if (command === 'endpoint-add' && endpoint !== undefined) altered = withFlag(altered, endpoint);
  if (mapped === true) altered = asMapped(command, altered);
  const answer = await agent.request(command, altered, options);
  const fd = answer['fd'] ?? args['fd'];
  if (nodelay === true && (command === 'socket' || command === 'accept') && fd !== undefined)
    await agent.request('setsockopt', { fd, name: 'TCP_NODELAY', value: 1 });
  if (command === 'listen' && listeners !== undefined)
    for (let i = 0; i < listeners; i++) await listenElsewhere(agent, i);
  return mapped === true ? asPlain(answer) : answer;
}

/** Flags of one kind of endpoint only: the kernel refuses `fullmesh` for those that are announced. */
function withFlag(args: Args, flag: string): Args {
  const flags = String(args['flags'] ?? '').split(',');
  return flags.includes('subflow') && !flags.includes('signal') ? { ...args, flags: [...flags, flag].join(',') } : args;
}

/** A second service of the same host, on a port that the kernel chooses. */
async function listenElsewhere(agent: Agent, number: number): Promise<void> {
  const { fd } = await agent.request('socket', { family: 'ipv6', name: `other-${Date.now()}-${number}` });
  if (fd === undefined) return;
  await agent.request('bind', { fd, addr: '::', port: 0 });
  await agent.request('listen', { fd });
}

const MAPPED = '::ffff:';

/** Sockets of IPv6 serve IPv4 as well, by mapped addresses. */
function asMapped(command: string, args: Args): Args {
  if (command === 'socket') return args['family'] === 'ipv4' ? { ...args, family: 'ipv6' } : args;
  const { addr } = args;
  const isSocket = /^(bind|connect|send|sendto)$/.test(command);
  return isSocket && typeof addr === 'string' && isIP(addr) === 4 ? { ...args, addr: `${MAPPED}${addr}` } : args;
}

function asPlain(answer: AgentAnswer): AgentAnswer {
  return Object.fromEntries(
    Object.entries(answer).map(([name, value]) => [
      name,
      value.startsWith(MAPPED) ? value.slice(MAPPED.length) : value,
    ]),
  );
}
