import { expect, test } from 'vitest';
import { createRemoteDriver } from './remote.ts';
import type { Topology } from './types.ts';

const driver = createRemoteDriver({
  lab: { sut: 'linux', agent: ['agent'], links: [{ device: 'eth1', sutDevice: 'eth0' }] },
  startAgent: () => Promise.reject(new Error('no agent is started')),
});
const link = { name: 'link1', host: 'sut', mtu: 1500, families: ['ipv4' as const] };
const topology: Topology = { name: 't', title: 'T', hosts: ['sut'], links: [link] };

test('takes shaped links: the tester shapes them', () => {
  expect(driver.problems({ ...topology, links: [{ ...link, toSut: { delay: 50 }, fromSut: { rate: 1e6 } }] })).toEqual(
    [],
  );
});

test('says what a bench cannot do', () => {
  expect(driver.problems({ ...topology, hosts: ['sut', 'other'], links: [link, { ...link, name: 'link2' }] })).toEqual([
    'topology t has 2 hosts, the lab has one',
    'topology t needs 2 links, the lab has 1',
  ]);
});
