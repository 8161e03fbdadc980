/** For tests: an agent in a network namespace of its own. */
import { fileURLToPath } from 'node:url';
import { ensureAgent } from '../build-agent.ts';
import { spawnAgent, type SpawnAgentOptions, type SpawnedAgent } from '../spawn-agent.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Path of the agent's program, built when needed. */
export function agentProgram(): Promise<string> {
  return ensureAgent(root);
}

/** Prefix of a command that runs it in a fresh network namespace, with or without root. */
export function unshared(...command: string[]): string[] {
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  return ['unshare', '--net', ...user, ...command];
}

/** Starts an agent in a fresh network namespace with lo up. */
export async function isolatedAgent(options: Partial<SpawnAgentOptions> = {}): Promise<SpawnedAgent> {
  const agent = await spawnAgent({
    command: unshared(await agentProgram(), '--die-with-parent'),
    name: 'test',
    ...options,
  });
  await agent.request('link-up', { dev: 'lo' });
  return agent;
}

/** Lets `client` connect to a listening socket and accepts it as `server`. */
export async function connectPair(
  agent: SpawnedAgent,
  addr: string,
  proto = 'mptcp',
  serverProto = proto,
): Promise<void> {
  const family = addr.includes(':') ? 'ipv6' : 'ipv4';
  await agent.request('socket', { family, proto: serverProto, name: 'listener' });
  await agent.request('bind', { fd: 'listener', addr });
  const { port = '' } = await agent.request('listen', { fd: 'listener' });
  await agent.request('socket', { family, proto, name: 'client' });
  await Promise.all([
    agent.request('accept', { fd: 'listener', as: 'server' }),
    agent.request('connect', { fd: 'client', addr, port }),
  ]);
}
