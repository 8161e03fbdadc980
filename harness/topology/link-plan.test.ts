import { describe, expect, test } from 'vitest';
import {
  MOST_WORKERS,
  PREFIXES_PER_WORKER,
  cellLink,
  deviceName,
  pairLine,
  prefixesOf,
  routeLines,
} from './link-plan.ts';
import { shapeArguments } from './shaping.ts';

const spec = { name: 'a', host: 'sut', mtu: 1400, families: ['ipv4', 'ipv6'] as ('ipv4' | 'ipv6')[] };
const plan = { spec, device: 'm1-1' };

describe('link plan', () => {
  test("keeps every worker's prefixes within 10.0.0.0/8, clear of the tester's own address", () => {
    const last = MOST_WORKERS * PREFIXES_PER_WORKER - 1;
    expect(last).toBeLessThan(0xff00);
    expect(prefixesOf(last).ipv4).toBe('10.254.255.');
    expect(prefixesOf(0)).toEqual({ ipv4: '10.0.0.', ipv6: 'fd00:0:0:0::' });
  });

  test("names devices within the kernel's 15 bytes, also with the largest process id", () => {
    expect(deviceName(4_194_304, 10_000_000).length).toBeLessThanOrEqual(15);
    expect(deviceName(11, 1)).not.toBe(deviceName(1, 11));
  });

  test('gives both ends one hardware address, so that nobody asks for it', () => {
    expect(pairLine(plan, 42)).toBe(
      'link add name m1-1 mtu 1400 address 02:00:00:00:00:01 arp off up ' +
        'type veth peer name a mtu 1400 address 02:00:00:00:00:01 arp off netns 42',
    );
  });

  test('routes and numbers both ends', () => {
    expect(routeLines(plan, 0x0102)).toEqual([
      'route add 10.1.2.0/24 dev m1-1 table 100',
      'route add fd00:0:0:102::/64 dev m1-1 table 100',
    ]);
    expect(cellLink(plan, 0x0102)).toEqual({
      spec,
      device: 'm1-1',
      sutDevice: 'a',
      tester: { ipv4: '10.1.2.1', ipv6: 'fd00:0:0:102::1' },
      sut: { ipv4: '10.1.2.2', ipv6: 'fd00:0:0:102::2' },
      prefix: { ipv4: 24, ipv6: 64 },
    });
  });
});

describe('addresses', () => {
  test('are in canonical form, so that they compare as text', () => {
    expect(cellLink(plan, 0).sut).toEqual({ ipv4: '10.0.0.2', ipv6: 'fd00::2' });
  });
});

describe('shaping', () => {
  test('says to netem what the topology says', () => {
    expect(shapeArguments('x', { delay: 0.5, loss: 0.01, rate: 1_500_000 }).join(' ')).toBe(
      'qdisc replace dev x root netem delay 500us loss 1% rate 1500000bit',
    );
  });
});
