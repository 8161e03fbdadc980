/** The agent's network set-up, on this kernel, in a namespace of its own. */
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectPair, isolatedAgent } from './testing/isolated-agent.ts';
import { AgentProtocolError } from './types.ts';
import type { SpawnedAgent } from './spawn-agent.ts';

let agent: SpawnedAgent;

beforeEach(async () => {
  agent = await isolatedAgent();
});

afterEach(() => agent.close());

describe('addresses, routes, rules', () => {
  test('are added and removed', async () => {
    await agent.request('addr-add', { dev: 'lo', addr: '192.0.2.1/24' });
    await agent.request('addr-add', { dev: 'lo', addr: '2001:db8::1/64', noprefixroute: 1 });
    await expect(agent.request('addr-add', { dev: 'lo', addr: '192.0.2.1/24' })).rejects.toMatchObject({
      code: 'EEXIST',
    });
    await agent.request('route-add', { dst: '198.51.100.0/24', via: '192.0.2.9' });
    await agent.request('route-add', { dst: 'default', dev: 'lo', family: 'ipv6', metric: 7, table: 1000 });
    await agent.request('rule-add', { from: '192.0.2.0/24', table: 1000, priority: 50 });
    await agent.request('route-del', { dst: '198.51.100.0/24' });
    await expect(agent.request('route-del', { dst: '198.51.100.0/24' })).rejects.toMatchObject({ code: 'ESRCH' });
    await agent.request('route-del', { dst: 'default', dev: 'lo', family: 'ipv6', metric: 7, table: 1000 });
    await agent.request('rule-del', { from: '192.0.2.0/24', table: 1000 });
    await agent.request('neigh-add', { dev: 'lo', addr: '192.0.2.7', lladdr: '02:00:00:00:00:07' });
    // Usable at once, IPv6 too: no duplicate address detection.
    for (const addr of ['192.0.2.1', '2001:db8::1']) {
      await agent.request('socket', { family: addr.includes(':') ? 'ipv6' : 'ipv4', name: addr.replaceAll(':', '-') });
      await agent.request('bind', { fd: addr.replaceAll(':', '-'), addr });
    }
    await agent.request('addr-del', { dev: 'lo', addr: '192.0.2.1/24' });
    await expect(agent.request('addr-del', { dev: 'lo', addr: '192.0.2.1/24' })).rejects.toMatchObject({
      code: 'EADDRNOTAVAIL',
    });
  });

  test('say what is wrong with a request', async () => {
    await expect(agent.request('addr-add', { dev: 'lo', addr: '192.0.2.1/33' })).rejects.toThrow(
      /expected an IPv4 or IPv6 address/,
    );
    await expect(agent.request('addr-add', { dev: 'no0', addr: '192.0.2.1/24' })).rejects.toMatchObject({
      code: 'ENODEV',
    });
    await expect(agent.request('route-add', { dst: 'default', dev: 'lo' })).rejects.toThrow(/needs family=/);
    await expect(agent.request('link-up', { dev: 'lo', mtu: 'big' })).rejects.toThrow(
      /expected a number from 1 to 65536/,
    );
  });

  test('know a device and wait for one', async () => {
    expect(await agent.request('link-get', { dev: 'lo' })).toMatchObject({
      up: '1',
      running: '1',
      mtu: '65536',
      index: '1',
    });
    expect(await agent.request('link-wait', { dev: 'lo', running: 1 })).toMatchObject({ dev: 'lo' });
    await expect(agent.request('link-wait', { dev: 'eth9', timeout: 20 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    await agent.request('link-up', { dev: 'lo', up: 0 });
    expect(await agent.request('link-get', { dev: 'lo' })).toMatchObject({ up: '0' });
    const running = agent.request('link-wait', { dev: 'lo', running: 1 });
    await agent.request('link-up', { dev: 'lo', mtu: 1500 });
    expect(await running).toMatchObject({ mtu: '1500' });
  });

  test('turn offloads off and name what the device lacks', async () => {
    const answer = await agent.request('offload', { dev: 'lo' });
    expect(answer['off']).toContain('gro');
    expect(answer['lacking']).toContain('tx-checksum');
  });
});

describe('the path manager', () => {
  test('takes, shows, changes and drops endpoints', async () => {
    await agent.request('endpoint-add', { addr: '127.0.0.2', id: 7, flags: 'signal', port: 4444, dev: 'lo' });
    await agent.request('endpoint-add', { addr: '2001:db8::7', flags: 'subflow,backup' });
    expect(await agent.request('endpoint-list')).toEqual({
      ids: '7,8',
      '7.addr': '127.0.0.2',
      '7.flags': 'signal',
      '7.port': '4444',
      '7.dev': 'lo',
      '8.addr': '2001:db8::7',
      '8.flags': 'subflow,backup',
    });
    await agent.request('endpoint-set', { id: 8, flags: '' });
    expect(await agent.request('endpoint-list')).toMatchObject({ '8.flags': 'subflow' });
    await agent.request('endpoint-del', { id: 7 });
    expect(await agent.request('endpoint-list')).toMatchObject({ ids: '8' });
    await expect(agent.request('endpoint-del', { id: 7 })).rejects.toThrow(/address not found/);
    await expect(agent.request('endpoint-add', { addr: '127.0.0.2', flags: 'singal' })).rejects.toThrow(
      /singal is none of signal, subflow/,
    );
    await agent.request('endpoint-flush');
    expect(await agent.request('endpoint-list')).toEqual({ ids: '' });
  });

  test('has limits', async () => {
    await agent.request('limits-set', { subflows: 8, 'add-addr-accepted': 3 });
    await agent.request('limits-set', { subflows: 4 });
    expect(await agent.request('limits-get')).toEqual({ subflows: '4', 'add-addr-accepted': '3' });
    await expect(agent.request('limits-set', { subflows: 1000 })).rejects.toMatchObject({ code: 'EINVAL' });
  });
});

test('reads and writes sysctls', async () => {
  await agent.request('sysctl-set', { name: 'net.mptcp.checksum_enabled', value: 1 });
  expect(await agent.request('sysctl-get', { name: 'net/mptcp/checksum_enabled' })).toEqual({ value: '1' });
  await expect(agent.request('sysctl-get', { name: 'net.mptcp.nothing' })).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(agent.request('sysctl-get', { name: '../../etc/passwd' })).rejects.toBeInstanceOf(AgentProtocolError);
  await agent.request('sysctl-set', { name: 'net.mptcp.enabled', value: 0 });
  await expect(agent.request('socket', { family: 'ipv4' })).rejects.toThrow(/net.mptcp.enabled is 0/);
});

test('counts', async () => {
  const before = await agent.request('counters', { prefix: 'MPTcpExt.' });
  await connectPair(agent, '127.0.0.1');
  const after = await agent.request('counters', { prefix: 'MPTcpExt.' });
  expect(Number(after['MPTcpExt.MPCapableSYNRX']) - Number(before['MPTcpExt.MPCapableSYNRX'])).toBe(1);
  const all = await agent.request('counters');
  expect(Number(all['Tcp.PassiveOpens'])).toBe(1);
  expect(all).toHaveProperty('IpExt.InOctets');
  expect(all).toHaveProperty('Ip6InReceives');
});

test('waits for what the kernel has put off where it says that it can', async () => {
  const settled = agent.request('settle');
  if (agent.greeting.features.has('settle')) expect(await settled).toEqual({});
  else await expect(settled).rejects.toThrow(/stat_refresh/);
});

test('puts everything back on reset', async () => {
  const limits = await agent.request('limits-get');
  const enabled = await agent.request('sysctl-get', { name: 'net.mptcp.checksum_enabled' });
  await connectPair(agent, '127.0.0.1');
  await agent.request('endpoint-add', { addr: '127.0.0.2', flags: 'signal' });
  await agent.request('limits-set', { subflows: 8, 'add-addr-accepted': 8 });
  await agent.request('sysctl-set', { name: 'net.mptcp.checksum_enabled', value: 1 });
  await agent.request('sysctl-set', { name: 'net.mptcp.checksum_enabled', value: 0 });
  await agent.request('sysctl-set', { name: 'net.mptcp.checksum_enabled', value: 1 });
  const waiting = expect(agent.request('recv', { fd: 'server' })).rejects.toMatchObject({ code: 'ECANCELED' });
  expect(await agent.request('reset')).toEqual({ sockets: '3', sysctls: '1' });
  await waiting;
  expect(await agent.request('endpoint-list')).toEqual({ ids: '' });
  expect(await agent.request('limits-get')).toEqual(limits);
  expect(await agent.request('sysctl-get', { name: 'net.mptcp.checksum_enabled' })).toEqual(enabled);
  await expect(agent.request('info', { fd: 'server' })).rejects.toBeInstanceOf(AgentProtocolError);
});

test('leaves no connection on reset, not even one that only waits for late packets', async () => {
  const connections = (): string =>
    /^TCP: .*/m.exec(readFileSync(`/proc/${agent.pid}/net/sockstat`, 'utf8'))?.[0] ?? '';
  await connectPair(agent, '127.0.0.1', 'tcp');
  // The end that closes first waits.
  await agent.request('close', { fd: 'server' });
  await agent.request('recv', { fd: 'client', eof: 1 });
  await agent.request('close', { fd: 'client' });
  expect(connections()).toMatch(/ tw 1 /);
  await agent.request('reset');
  expect(connections()).toMatch(/ inuse 0 .* tw 0 /);
});
