import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FLAG, type Packet } from '../packet/index.ts';
import { conversation, infoOf, sameBytes, useSecondPath, vary } from './testing/check.ts';
import { addressOf, closeBoth, connect, pattern, transfer, World } from './testing/world.ts';

describe.each(['ipv4', 'ipv6'] as const)('over %s', (family) => {
  test.each(['tcp', 'mptcp'] as const)('%s: bytes go both ways and both ends close', (proto) => {
    const world = new World({ family });
    const pair = connect(world, proto);
    const there = pattern(100_000);
    const back = pattern(50_000, 3);
    expect(sameBytes(transfer(world, 'client', pair, there), there)).toBe(true);
    expect(sameBytes(transfer(world, 'server', pair, back), back)).toBe(true);
    expect(infoOf(world, 'client', pair)['mptcp']).toBe(proto === 'mptcp');
    expect(closeBoth(world, pair)).toBe(true);
    world.run(200_000);
    expect(world.hosts.client.nextTimer()).toBeUndefined();
    expect(world.hosts.server.nextTimer()).toBeUndefined();
  });

  test('checksums that one side wants are used by both', () => {
    const world = new World({ family });
    world.do('client', { op: 'sysctl-set', name: 'net.mptcp.checksum_enabled', value: '0' });
    const pair = connect(world);
    const data = pattern(20_000);
    expect(sameBytes(transfer(world, 'client', pair, data), data)).toBe(true);
    expect(infoOf(world, 'client', pair)['checksum']).toBe(true);
    const mapped = world.packetsWith('client', 'dss').filter(({ option }) => option.hasMap);
    expect(mapped.length).toBeGreaterThan(5);
    expect(mapped.every(({ option }) => option.checksum !== undefined)).toBe(true);
  });
});

test('one megabyte each way over two paths with loss and reordering arrives whole', { timeout: 120_000 }, () => {
  const links = [
    { delay: 10, loss: 0.03, jitter: 20 },
    { delay: 25, loss: 0.05, jitter: 30 },
  ];
  expect(conversation({ seed: 'megabyte', links }, 1_000_000)).toBeUndefined();
});

test('whatever the seed, loss and reordering, every byte arrives', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(fc.integer(), fc.double({ min: 0, max: 0.12, noNaN: true }), fc.boolean(), (seed, loss, checksums) => {
      const links = [
        { loss, jitter: 15 },
        { loss, delay: 12, jitter: 40 },
      ];
      expect(conversation({ seed: String(seed), links }, 25_000, checksums)).toBeUndefined();
    }),
    { numRuns: 12, seed: 8684 },
  );
});

describe('falls back to regular TCP', () => {
  const strip =
    (drop: (packet: Packet, from: string) => boolean) =>
    (packet: Packet, from: string): Packet => {
      if (!drop(packet, from)) return packet;
      const options = packet.tcp.options.filter(({ kind }) => !/^(mp_|dss|add_addr|remove_addr)/.test(kind));
      return { ...packet, tcp: { ...packet.tcp, options } };
    };

  test.each([
    ['the peer speaks only TCP', undefined],
    ['the SYN loses its option', strip(({ tcp }) => (tcp.flags & FLAG.SYN) !== 0)],
    ['the SYN/ACK loses its option', strip(({ tcp }, from) => (tcp.flags & FLAG.SYN) !== 0 && from === 'server')],
    ['only SYNs keep their options', strip(({ tcp }) => (tcp.flags & FLAG.SYN) === 0)],
    ['the server loses its options', strip(({ tcp }, from) => (tcp.flags & FLAG.SYN) === 0 && from === 'server')],
    ['data loses its options', strip(({ tcp }) => tcp.payload.length > 0)],
  ])('when %s', (_, middlebox) => {
    const world = new World({ ...(middlebox !== undefined && { middlebox }) });
    const pair = connect(world, 'mptcp', middlebox === undefined ? 'tcp' : 'mptcp');
    const data = pattern(30_000);
    expect(sameBytes(transfer(world, 'client', pair, data), data)).toBe(true);
    expect(sameBytes(transfer(world, 'server', pair, data), data)).toBe(true);
    expect(infoOf(world, 'client', pair)).toMatchObject({ mptcp: false, fallback: true });
    expect(infoOf(world, 'server', pair)['mptcp']).toBe(false);
    expect(closeBoth(world, pair)).toBe(true);
  });

  test('and to MP_FAIL and an infinite mapping when the payload is changed on the only path', () => {
    let left = 1;
    const world = new World({
      middlebox: (packet, from) => {
        if (from === 'server' || packet.tcp.payload.length < 500 || packet.tcp.seq % 2 < 0 || left-- > 0) return packet;
        const payload = packet.tcp.payload.slice();
        payload[10] = 0xee;
        return { ...packet, tcp: { ...packet.tcp, payload } };
      },
    });
    world.do('client', { op: 'sysctl-set', name: 'net.mptcp.checksum_enabled', value: '1' });
    const pair = connect(world);
    const data = pattern(20_000);
    const got = transfer(world, 'client', pair, data);
    // Changed data arrives changed: the stream is that of regular TCP.
    expect(got.length).toBe(data.length);
    expect(world.packetsWith('server', 'mp_fail').length).toBe(1);
    expect(world.packetsWith('client', 'mp_fail').length).toBe(1);
    expect(world.packetsWith('client', 'dss').some(({ option }) => option.hasMap && option.dataLength === 0)).toBe(
      true,
    );
    expect(infoOf(world, 'server', pair)).toMatchObject({ mptcp: false, fallback: true });
    expect(closeBoth(world, pair)).toBe(true);
  });

  test('a subflow whose payload is changed is reset, and the other carries on', () => {
    const world = new World({
      links: [{ delay: 20 }, {}],
      middlebox: (packet, from, link) => {
        if (link === 0 || from === 'server' || packet.tcp.payload.length < 500) return packet;
        const payload = packet.tcp.payload.slice();
        payload[10] = (payload[10] ?? 0) ^ 0xff;
        return { ...packet, tcp: { ...packet.tcp, payload } };
      },
    });
    world.do('client', { op: 'sysctl-set', name: 'net.mptcp.checksum_enabled', value: '1' });
    useSecondPath(world);
    const pair = connect(world);
    transfer(world, 'client', pair, pattern(10));
    world.run(100);
    const data = pattern(60_000);
    expect(sameBytes(transfer(world, 'client', pair, data), data)).toBe(true);
    const fails = world.packetsWith('server', 'mp_fail');
    expect(fails.length).toBe(1);
    expect((fails[0]?.packet.tcp.flags ?? 0) & FLAG.RST).not.toBe(0);
    expect(infoOf(world, 'client', pair)['mptcp']).toBe(true);
  });
});

describe('paths', () => {
  test('a path that fails is left for the other', () => {
    let cut = false;
    const world = new World({
      links: [{}, {}],
      middlebox: (packet, _, link) => (cut && link === 0 ? undefined : packet),
    });
    useSecondPath(world);
    const pair = connect(world);
    transfer(world, 'client', pair, pattern(100));
    world.run(200);
    cut = true;
    const data = pattern(200_000);
    expect(sameBytes(transfer(world, 'client', pair, data), data)).toBe(true);
    expect(closeBoth(world, pair)).toBe(true);
  });

  test('an announced address is echoed and connected to', () => {
    const world = new World({ links: [{}, {}] });
    world.do('server', { op: 'endpoint-add', address: addressOf('server', 1), flags: { signal: true } });
    const pair = connect(world);
    transfer(world, 'client', pair, pattern(100));
    world.run(200);
    expect(world.packetsWith('client', 'add_addr').map(({ option }) => [option.echo, option.hmac])).toEqual([
      [true, undefined],
    ]);
    expect(infoOf(world, 'client', pair)['subflows']).toBe(1);
    expect(world.do('server', { op: 'subflows', socket: pair.server })['subflows']).toHaveLength(2);
  });

  test('a backup path carries data only when no other is left', () => {
    let cut = false;
    const world = new World({
      links: [{}, {}],
      middlebox: (packet, _, link) => (cut && link === 0 ? undefined : packet),
    });
    useSecondPath(world, { backup: true });
    const pair = connect(world);
    const onSecond = () => world.seen.filter(({ link, packet }) => link === 1 && packet.tcp.payload.length > 0).length;
    transfer(world, 'client', pair, pattern(100));
    world.run(100);
    transfer(world, 'client', pair, pattern(50_000));
    transfer(world, 'server', pair, pattern(50_000));
    expect(onSecond()).toBe(0);
    cut = true;
    expect(sameBytes(transfer(world, 'client', pair, pattern(50_000)), pattern(50_000))).toBe(true);
    expect(onSecond()).toBeGreaterThan(10);
  });

  test('an address that is taken away is withdrawn, and its subflow ends after keepalives', () => {
    const world = new World({ links: [{}, {}] });
    useSecondPath(world);
    const pair = connect(world);
    transfer(world, 'client', pair, pattern(100));
    world.run(200);
    world.do('client', { op: 'address-del', device: 'eth1', address: '192.0.3.1/24' });
    world.run(10_000);
    expect(world.packetsWith('client', 'remove_addr').map(({ option }) => option.addressIds)).toEqual([[1]]);
    expect(world.do('server', { op: 'subflows', socket: pair.server })['subflows']).toHaveLength(1);
    expect(sameBytes(transfer(world, 'server', pair, pattern(5000)), pattern(5000))).toBe(true);
  });
});

describe('fast close', () => {
  const close = (world: World) => {
    useSecondPath(world);
    const pair = connect(world);
    transfer(world, 'client', pair, pattern(100));
    world.run(200);
    world.do('client', { op: 'setsockopt', socket: pair.client, name: 'SO_LINGER', value: '1,0' });
    const reading = world.begin('server', { op: 'recv', socket: pair.server });
    world.do('client', { op: 'close', socket: pair.client });
    expect(world.errorOf(reading, 1000)).toBe('ECONNRESET');
    world.run(1000);
    expect(world.hosts.client.nextTimer()).toBeUndefined();
    return world.packetsWith('client', 'mp_fastclose').map(({ packet }) => (packet.tcp.flags & FLAG.RST) !== 0);
  };

  test('by RSTs on all subflows', () => {
    expect(close(new World({ links: [{}, {}] }))).toEqual([true, true]);
  });

  test('by an ACK on one', () => {
    const byAck = vary(() => ({ fastClose: { option: () => 'A' } }));
    expect(close(new World({ links: [{}, {}], client: [byAck] }))).toEqual([false]);
  });
});

test('a join with an unknown token is refused by a RST with a reason', () => {
  const world = new World();
  const ip = {
    family: 'ipv4',
    src: '192.0.2.1',
    dst: '192.0.2.2',
    tos: 0,
    id: 0,
    fragment: 0,
    ttl: 64,
    protocol: 6,
  } as const;
  const tcp = {
    srcPort: 5,
    dstPort: 6,
    seq: 7,
    ack: 0,
    flags: FLAG.SYN,
    window: 100,
    urgent: 0,
    payload: new Uint8Array(0),
  };
  const option = {
    kind: 'mp_join',
    form: 'syn',
    reserved: 0,
    backup: false,
    addressId: 1,
    token: 99,
    nonce: 1,
  } as const;
  world.inject('server', 0, { ip, tcp: { ...tcp, options: [option] } });
  world.run(100);
  const [answer] = world.seen;
  expect(answer?.packet.tcp.flags).toBe(FLAG.RST | FLAG.ACK);
  expect(answer?.packet.tcp.ack).toBe(8);
  expect(answer?.packet.tcp.options).toEqual([{ kind: 'mp_tcprst', reserved: 0, transient: false, reason: 1 }]);
});
