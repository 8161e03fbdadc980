/** The effect of habits on an agent's requests. */
import { expect, test } from 'vitest';
import type { Agent } from '../sut/types.ts';
import type { Habits } from '../verdict/stack-info.ts';
import type { Cell, CellLink, Driver } from './contract.ts';
import { withHabits } from './habits.ts';

/** A driver that writes requests down, with one link, and answers as a stack with mapped addresses would. */
function recording(): { driver: Driver; requests: string[] } {
  const requests: string[] = [];
  const agent: Agent = {
    pid: 1,
    features: new Set(),
    log: [],
    request: (command, args = {}) => {
      requests.push([command, ...Object.entries(args).map(([name, value]) => `${name}=${value}`)].join(' '));
      return Promise.resolve(command === 'socket' ? { fd: '3' } : { addr: '::ffff:10.0.0.2', port: '5001' });
    },
    close: () => Promise.resolve(),
  };
  const link = {
    spec: { host: 'sut', families: ['ipv4', 'ipv6'] },
    sutDevice: 'e0',
    sut: { ipv4: '10.3.253.2', ipv6: 'fd00::2' },
    prefix: { ipv4: 24, ipv6: 64 },
  } as unknown as CellLink;
  const cell = { agents: new Map([['sut', agent]]), links: [link], close: () => Promise.resolve() } as unknown as Cell;
  const driver = {
    name: 'recording',
    problems: () => [],
    build: () => Promise.resolve(cell),
    close: () => Promise.resolve(),
  };
  return { driver, requests };
}

async function agentWith(habits: Habits): Promise<{ agent: Agent; requests: string[] }> {
  const { driver, requests } = recording();
  const cell = await withHabits(driver, habits).build({ name: 't', title: '', hosts: ['sut'], links: [] });
  return { agent: cell.agents.get('sut')!, requests };
}

test('routes and links are set up when a cell is built', async () => {
  const { requests } = await agentWith({ mtu: 1280, route: { advmss: 536 } });
  expect(requests).toEqual([
    'link-up dev=e0 mtu=1280',
    'route-add dst=10.3.253.0/24 dev=e0 src=10.3.253.2 replace=1 advmss=536',
    'route-add dst=fd00::2/64 dev=e0 metric=1 advmss=536',
  ]);
});

test('endpoints get a flag, but for those that are announced', async () => {
  const { agent, requests } = await agentWith({ endpoint: 'fullmesh' });
  await agent.request('endpoint-add', { addr: 'a', flags: 'subflow' });
  await agent.request('endpoint-add', { addr: 'b', flags: 'signal' });
  expect(requests).toEqual(['endpoint-add addr=a flags=subflow,fullmesh', 'endpoint-add addr=b flags=signal']);
});

test('an application may use sockets of IPv6, switch Nagle off, and listen on other ports', async () => {
  const { agent, requests } = await agentWith({ mapped: true, nodelay: true, listeners: 1 });
  await agent.request('socket', { family: 'ipv4', name: 'lsn' });
  await agent.request('bind', { fd: 'lsn', addr: '0.0.0.0', port: 5001 });
  expect(await agent.request('listen', { fd: 'lsn' })).toMatchObject({ addr: '10.0.0.2' });
  expect(requests.map((one) => one.replace(/other-[\d-]+/, 'other'))).toEqual([
    'socket family=ipv6 name=lsn',
    'setsockopt fd=3 name=TCP_NODELAY value=1',
    'bind fd=lsn addr=::ffff:0.0.0.0 port=5001',
    'listen fd=lsn',
    'socket family=ipv6 name=other',
    'bind fd=3 addr=:: port=0',
    'listen fd=3',
  ]);
});
