/** The agent's sockets, on this kernel, in a namespace of their own. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fillBytes } from './fill.ts';
import { connectPair, isolatedAgent } from './testing/isolated-agent.ts';
import type { SpawnedAgent } from './spawn-agent.ts';

let agent: SpawnedAgent;

beforeEach(async () => {
  agent = await isolatedAgent();
});

afterEach(() => agent.close());

describe.each(['127.0.0.1', '::1'])('over %s', (addr) => {
  test('carries a stream over MPTCP and checks its bytes', async () => {
    await connectPair(agent, addr);
    const [sent, received] = await Promise.all([
      agent.request('send', { fd: 'client', fill: 3_000_000 }),
      agent.request('recv', { fd: 'server', bytes: 3_000_000 }),
    ]);
    expect(sent).toEqual({ sent: '3000000' });
    expect(received).toMatchObject({ bytes: '3000000', eof: '0', pattern: 'ok' });
    expect(received['hex']).toBe(Buffer.from(fillBytes(0, 1024)).toString('hex'));
    expect(await agent.request('info', { fd: 'server' })).toMatchObject({
      proto: 'mptcp',
      mptcp: '1',
      fallback: '0',
      remote_key: '1',
      'tcp-state': 'ESTABLISHED',
      addr,
      'peer-addr': addr,
    });
    expect(await agent.request('subflows', { fd: 'client' })).toMatchObject({ count: '1', '0.addr': addr });
  });

  test('goes on with the pattern where the stream stands, and tells the end', async () => {
    await connectPair(agent, addr);
    await agent.request('send', { fd: 'client', fill: 10 });
    await agent.request('send', { fd: 'client', fill: 20 });
    await agent.request('shutdown', { fd: 'client', how: 'wr' });
    expect(await agent.request('recv', { fd: 'server', bytes: 12 })).toMatchObject({
      bytes: '12',
      eof: '0',
      pattern: 'ok',
    });
    expect(await agent.request('recv', { fd: 'server', eof: 1 })).toMatchObject({
      bytes: '18',
      eof: '1',
      pattern: 'ok',
    });
    const done = await agent.request('recv', { fd: 'server' });
    expect(done).toEqual({ bytes: '0', eof: '1', pattern: 'ok', digest: 'cbf29ce484222325', hex: '' });
  });
});

test('names the first byte that departs from the pattern', async () => {
  await connectPair(agent, '127.0.0.1');
  const bytes = fillBytes(0, 100);
  bytes[42] = 255;
  await agent.request('send', { fd: 'client', hex: Buffer.from(bytes).toString('hex') });
  expect(await agent.request('recv', { fd: 'server', bytes: 100 })).toMatchObject({ bytes: '100', pattern: '42' });
});

test('takes the digest of what was received', async () => {
  await connectPair(agent, '127.0.0.1');
  await agent.request('send', { fd: 'client', hex: Buffer.from('foobar').toString('hex') });
  // The published FNV-1a test vector for "foobar".
  expect(await agent.request('recv', { fd: 'server', bytes: 6 })).toMatchObject({ digest: '85944171f73967e8' });
});

test('shows a fall back to TCP', async () => {
  await connectPair(agent, '127.0.0.1', 'mptcp', 'tcp');
  expect(await agent.request('info', { fd: 'client' })).toMatchObject({ proto: 'mptcp', mptcp: '0', fallback: '1' });
  expect(await agent.request('info', { fd: 'server' })).toMatchObject({ proto: 'tcp', mptcp: '0', fallback: '0' });
});

test('tells errors of the stack by number and name', async () => {
  await agent.request('socket', { family: 'ipv4', name: 'client' });
  await expect(agent.request('connect', { fd: 'client', addr: '127.0.0.1', port: 1 })).rejects.toMatchObject({
    name: 'AgentRefused',
    errno: 111,
    code: 'ECONNREFUSED',
  });
  await expect(agent.request('recv', { fd: 'nobody' })).rejects.toThrow(/not understood: fd=nobody: no such socket/);
  await expect(agent.request('socket', { family: 'ipv4', name: 'client' })).rejects.toThrow(/a socket has that name/);
});

test('ends what takes too long, with what was done so far', async () => {
  await connectPair(agent, '127.0.0.1');
  await agent.request('send', { fd: 'client', fill: 5 });
  await expect(agent.request('recv', { fd: 'server', bytes: 9, timeout: 30 })).rejects.toThrow(
    /ETIMEDOUT \(110\): bytes=5 eof=0 pattern=ok/,
  );
  await expect(agent.request('accept', { fd: 'listener', timeout: 0 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  await expect(agent.request('send', { fd: 'client', fill: 1e9, timeout: 30 })).rejects.toThrow(
    /ETIMEDOUT \(110\): sent=[1-9]/,
  );
});

test('serves others while one waits, and keeps the order of what waits for one socket', async () => {
  await connectPair(agent, '127.0.0.1');
  const first = agent.request('recv', { fd: 'server', bytes: 3 });
  const second = agent.request('recv', { fd: 'server', bytes: 4 });
  const after = agent.request('sync');
  expect(await agent.request('queued', { fd: 'server' })).toEqual({ in: '0', out: '0' });
  await agent.request('send', { fd: 'client', fill: 7 });
  expect((await first)['hex']).toBe('00070e');
  expect(await second).toMatchObject({ hex: '151c232a', pattern: 'ok' });
  await after;
});

test('connects without waiting when told so', async () => {
  await agent.request('socket', { family: 'ipv4', name: 'listener' });
  await agent.request('bind', { fd: 'listener', addr: '127.0.0.1', port: 4000 });
  await agent.request('listen', { fd: 'listener', backlog: 1 });
  await agent.request('socket', { family: 'ipv4', name: 'client' });
  await expect(agent.request('connected', { fd: 'client' })).rejects.toMatchObject({ code: 'ENOTCONN' });
  await agent.request('connect', { fd: 'client', addr: '127.0.0.1', port: 4000, from: '127.0.0.9', nowait: 1 });
  expect(await agent.request('connected', { fd: 'client' })).toMatchObject({ addr: '127.0.0.9', 'peer-port': '4000' });
  expect(await agent.request('accept', { fd: 'listener' })).toMatchObject({ fd: '1', 'peer-addr': '127.0.0.9' });
});

test('carries data in the SYN with TCP Fast Open', async () => {
  await agent.request('sysctl-set', { name: 'net.ipv4.tcp_fastopen', value: 0x407 });
  await agent.request('socket', { family: 'ipv4', proto: 'tcp', name: 'listener' });
  await agent.request('bind', { fd: 'listener', addr: '127.0.0.1', port: 4000 });
  await agent.request('setsockopt', { fd: 'listener', name: 'TCP_FASTOPEN', value: 5 });
  await agent.request('listen', { fd: 'listener' });
  await agent.request('socket', { family: 'ipv4', proto: 'tcp', name: 'client' });
  await agent.request('send', { fd: 'client', fill: 9, flags: 'fastopen', addr: '127.0.0.1', port: 4000 });
  await agent.request('connected', { fd: 'client' });
  await agent.request('accept', { fd: 'listener', as: 'server' });
  expect(await agent.request('recv', { fd: 'server', bytes: 9 })).toMatchObject({ pattern: 'ok' });
});

test('waits for what poll reports', async () => {
  await connectPair(agent, '127.0.0.1');
  const readable = agent.request('poll', { fd: 'server', wait: 'readable' });
  await agent.request('send', { fd: 'client', fill: 1 });
  expect(await readable).toMatchObject({ readable: '1', writable: '1', hup: '0', err: '0' });
  const ended = agent.request('poll', { fd: 'server', wait: 'rdhup' });
  await agent.request('close', { fd: 'client' });
  expect(await ended).toMatchObject({ rdhup: '1' });
});

test('sets and reads socket options by name and by number', async () => {
  await agent.request('socket', { family: 'ipv4', name: 's' });
  await agent.request('setsockopt', { fd: 's', name: 'SO_LINGER', value: '1,0' });
  expect(await agent.request('getsockopt', { fd: 's', name: 'SO_LINGER' })).toEqual({ value: '1,0' });
  await agent.request('setsockopt', { fd: 's', level: 'SOL_SOCKET', name: 9, value: 1 });
  expect(await agent.request('getsockopt', { fd: 's', name: 'SO_KEEPALIVE' })).toEqual({ value: '1' });
  await agent.request('setsockopt', { fd: 's', name: 'TCP_NODELAY', value: 1 });
  await agent.request('setsockopt', { fd: 's', name: 'TCP_CONGESTION', value: 'reno' });
  expect(await agent.request('getsockopt', { fd: 's', name: 'TCP_CONGESTION' })).toEqual({ value: 'reno' });
  await expect(agent.request('setsockopt', { fd: 's', name: 'SO_NOTHING', value: 1 })).rejects.toThrow(
    /no option known by that name/,
  );
});

test('cancels what waits for a socket that is closed, and resets a connection on a linger time of 0', async () => {
  await connectPair(agent, '127.0.0.1');
  const waiting = agent.request('recv', { fd: 'client' });
  const checked = expect(waiting).rejects.toMatchObject({ code: 'ECANCELED' });
  await agent.request('setsockopt', { fd: 'client', name: 'SO_LINGER', value: '1,0' });
  await agent.request('close', { fd: 'client' });
  await checked;
  await expect(agent.request('recv', { fd: 'server' })).rejects.toMatchObject({ code: 'ECONNRESET' });
});

test('does not block on a linger time', async () => {
  await connectPair(agent, '127.0.0.1');
  await agent.request('setsockopt', { fd: 'client', name: 'SO_LINGER', value: '1,20' });
  await agent.request('send', { fd: 'client', fill: 100_000_000, nowait: 1 });
  await agent.request('close', { fd: 'client' });
  expect(await agent.request('recv', { fd: 'server', eof: 1 })).toMatchObject({ eof: '1', pattern: 'ok' });
});
