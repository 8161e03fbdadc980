import { expect, test } from 'vitest';
import { rulesWith } from '../../reference/index.ts';
import { fillBytes } from '../../sut/fill.ts';
import { AgentProtocolError, AgentRefused, type Agent, type AgentAnswer } from '../../sut/types.ts';
import type { Cell } from '../contract.ts';
import type { Topology } from '../types.ts';
import { createReferenceDriver } from './reference-driver.ts';

const TOPOLOGY: Topology = {
  name: 'one',
  title: '',
  hosts: ['sut'],
  links: [{ name: 'a', host: 'sut', mtu: 1500, families: ['ipv4', 'ipv6'] }],
};

async function cell(): Promise<{ cell: Cell; agent: Agent }> {
  const made = await createReferenceDriver({ rules: rulesWith([]), version: 'x', seed: '1' }).build(TOPOLOGY);
  const agent = made.agents.get('sut');
  if (agent === undefined) throw new Error('no agent');
  return { cell: made, agent };
}

/** A connection of the host with itself would need a loopback; two sockets that never meet do for most commands. */
async function listening(agent: Agent): Promise<void> {
  await agent.request('socket', { family: 'ipv4', name: 'lsn' });
  await agent.request('bind', { fd: 'lsn', addr: '0.0.0.0', port: 5001 });
  await agent.request('listen', { fd: 'lsn' });
}

async function refusal(answer: Promise<AgentAnswer>): Promise<string> {
  try {
    await answer;
    return 'ok';
  } catch (error) {
    if (error instanceof AgentRefused) return `${error.code} ${error.errno}`;
    if (error instanceof AgentProtocolError) return 'bad';
    throw error;
  }
}

test('greets as the protocol has it, and names only what it can do', async () => {
  const { agent } = await cell();
  const { features = '', name } = await agent.request('hello');
  expect(name).toBe('reference');
  expect(new Set(features.split(','))).toEqual(agent.features);
});

test.each([
  ['nonsense', {}, 'bad'],
  ['accept', { fd: 'nobody' }, 'bad'],
  ['listen', {}, 'bad'],
  ['socket', { family: 'ipx' }, 'bad'],
  ['socket', { family: 'ipv4', colour: 'red' }, 'bad'],
  ['send', { fd: 'lsn', hex: 'abc' }, 'bad'],
  ['send', { fd: 'lsn', hex: 'ab', fill: 1 }, 'bad'],
  ['recv', { fd: 'lsn', eof: 1, bytes: 2 }, 'bad'],
  ['link-up', { dev: 'z' }, 'ENODEV 19'],
])('refuses %s with %j: %s', async (command, args, error) => {
  const { agent } = await cell();
  await listening(agent);
  expect(await refusal(agent.request(command, args as Record<string, string | number>))).toBe(error);
});

test('ends a wait when its time is over, in virtual time, and tries once with none', async () => {
  const { cell: made, agent } = await cell();
  await listening(agent);
  expect(await refusal(agent.request('accept', { fd: 'lsn', timeout: 3_000_000 }))).toBe('ETIMEDOUT 110');
  expect(made.clock?.now()).toBeCloseTo(3_000_000, 0);
  expect(await refusal(agent.request('accept', { fd: 'lsn', timeout: 0 }))).toBe('ETIMEDOUT 110');
  expect(made.clock?.now()).toBeCloseTo(3_000_000, 0);
});

test('cancels what waits on a socket that is closed', async () => {
  const { agent } = await cell();
  await listening(agent);
  const waiting = refusal(agent.request('accept', { fd: 'lsn', timeout: 1000 }));
  await agent.request('close', { fd: 'lsn' });
  expect(await waiting).toBe('ECANCELED 125');
  expect(await refusal(agent.request('listen', { fd: 'lsn' }))).toBe('bad');
});

test('keeps a log of both directions, as lines', async () => {
  const { agent } = await cell();
  await agent.request('socket', { family: 'ipv4', name: 'one two' });
  expect(agent.log.map(({ direction, text }) => `${direction} ${text}`)).toEqual([
    'to 1 socket family=ipv4 name=one%20two',
    'from 1 ok fd=one%20two',
  ]);
});

test('sets sysctls, endpoints and limits, and a reset undoes them', async () => {
  const { agent } = await cell();
  const before = await agent.request('limits-get');
  await agent.request('limits-set', { subflows: 5, 'add-addr-accepted': 3 });
  await agent.request('endpoint-add', { addr: '10.0.1.2', id: 7, flags: 'signal,backup' });
  expect(await agent.request('limits-get')).toEqual({ subflows: '5', 'add-addr-accepted': '3' });
  expect(await agent.request('endpoint-list')).toMatchObject({
    ids: '7',
    '7.addr': '10.0.1.2',
    '7.flags': 'signal,backup',
  });
  await agent.request('reset');
  expect(await agent.request('endpoint-list')).toEqual({ ids: '' });
  expect(await agent.request('limits-get')).toEqual(before);
});

test('answers echoes while its device is up, and not while it is down', async () => {
  const { cell: made, agent } = await cell();
  const port = made.links[0]?.open?.('ipv4', () => undefined);
  expect(await port?.echo(100)).toBeCloseTo(0.1);
  await agent.request('link-up', { dev: 'a', up: 0 });
  await expect(port?.echo(100)).rejects.toThrow(/no answer to an echo within 100 ms/);
  await port?.send(fillBytes(0, 40));
  port?.close();
  await expect(port?.echo(100)).rejects.toThrow(/closed/);
});
