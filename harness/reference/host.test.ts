import { describe, expect, test } from 'vitest';
import { closeBoth, connect, pattern, transfer, World } from './testing/world.ts';

describe.each(['ipv4', 'ipv6'] as const)('over %s', (family) => {
  test.each(['tcp', 'mptcp'] as const)('%s: octets go both ways and both ends close', (proto) => {
    const world = new World({ family });
    const pair = connect(world, proto);
    const there = pattern(100_000);
    const back = pattern(50_000, 3);
    expect(transfer(world, 'client', pair, there)).toEqual(there);
    expect(transfer(world, 'server', pair, back)).toEqual(back);
    expect(world.do('client', { op: 'info', socket: pair.client })['mptcp']).toBe(proto === 'mptcp');
    expect(closeBoth(world, pair)).toBe(true);
    world.run(200_000);
    expect(world.hosts.client.nextTimer()).toBeUndefined();
    expect(world.hosts.server.nextTimer()).toBeUndefined();
  });
});
