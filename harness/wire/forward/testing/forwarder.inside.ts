/** The forwarder between two real stacks. Runs inside a tester namespace; `inside.test.ts` of topology starts it. */
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { buildPair, linkOf, type Pair } from '../../../multipath/hosts.ts';
import { Transfer } from '../../../multipath/transfer.ts';
import { agentPath } from '../../../topology/testing/lab.ts';
import { loadTopology } from '../../../topology/load.ts';
import { createNetnsDriver } from '../../../topology/netns.ts';
import { nat } from '../boxes/nat.ts';
import { Forwarder } from '../forwarder.ts';
import type { Entered, Left, PathShape, WayShape } from '../types.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..', '..');
const driver = createNetnsDriver({ agentPath: agentPath() });
const open: { close(): unknown }[] = [];
afterAll(async () => {
  for (const one of open) await one.close();
  await driver.close();
});

type Family = 'ipv4' | 'ipv6';

interface Lab {
  pair: Pair;
  forwarder: Forwarder;
  entered: Entered[];
  left: Left[];
}

async function lab(family: Family, shape: WayShape): Promise<Lab> {
  const pair = await buildPair(
    loadTopology(join(ROOT, 'topologies', 'two-hosts.yaml')),
    { client: driver, server: driver },
    family,
  );
  const [entered, left]: [Entered[], Left[]] = [[], []];
  const forwarder = new Forwarder({
    family,
    seed: 'x',
    links: [pair.client, pair.server].flatMap((host) =>
      host.links.map((link) => ({
        name: link.spec.name,
        side: host.side,
        device: link.device,
        tester: link.tester[family],
        host: link.sut[family],
      })),
    ),
    paths: new Map<string, PathShape>([['a', { up: shape, down: shape }]]),
    onError: (error) => {
      throw error;
    },
    onEntered: (packet) => entered.push(packet),
    onLeft: (packet) => left.push(packet),
  });
  open.push(forwarder, pair);
  await forwarder.ready(10_000);
  return { pair, forwarder, entered, left };
}

/** Connects over path a and has the server accept; answers what `accept` says. */
async function connect({ pair: { client, server } }: Lab, family: Family): Promise<Readonly<Record<string, string>>> {
  const addr = linkOf(server, 's').sut[family];
  await server.agent.request('socket', { family, proto: 'tcp', name: 'l' });
  await server.agent.request('bind', { fd: 'l', addr, port: 5001 });
  await server.agent.request('listen', { fd: 'l' });
  await client.agent.request('socket', { family, proto: 'tcp', name: 'c' });
  const [accepted] = await Promise.all([
    server.agent.request('accept', { fd: 'l', as: 's' }),
    client.agent.request('connect', { fd: 'c', addr, port: 5001, from: linkOf(client, 'a').sut[family] }),
  ]);
  return accepted;
}

function send({ pair: { client, server } }: Lab, size: number): Transfer {
  return new Transfer(
    't',
    size,
    { agent: client.agent, fd: 'c' },
    { agent: server.agent, fd: 's' },
    { bytes: 0 },
    () => undefined,
  );
}

describe.each(['ipv4', 'ipv6'] as const)('the forwarder, %s', (family) => {
  test('carries data at the rate of its path, and no faster', async () => {
    const one = await lab(family, { rate: 8e6, delay: 5, queue: 40_000 });
    await connect(one, family);
    const transfer = send(one, 400_000);
    await transfer.ended;
    expect(transfer.outcome).toBe('intact');
    expect(transfer.goodput()).toBeLessThan(8.1e6);
    expect(one.forwarder.strays).toBe(0);
    const data = one.left.filter((packet) => packet.way === 'up');
    const last = data.at(-1);
    const bytes = data.reduce((sum, packet) => sum + packet.bytes.length, 0);
    // Throughput of the bottleneck over the whole time: its rate, plus one packet that was under way.
    expect((bytes * 8000) / ((last?.at ?? 0) - (data[0]?.at ?? 0))).toBeLessThan(8.3e6);
  });

  test('tells a sender of its MTU, and lets nothing larger through', async () => {
    const one = await lab(family, { mtu: 1300 });
    await connect(one, family);
    const transfer = send(one, 60_000);
    await transfer.ended;
    expect(transfer.outcome).toBe('intact');
    expect(one.entered.some(({ fate }) => fate === 'too-big')).toBe(true);
    expect(Math.max(...one.left.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(1300);
  });

  test('shows the server what a NAT makes of the client', async () => {
    const one = await lab(family, {});
    const address = linkOf(one.pair.client, 'a').tester[family].replace(/1$/, '99');
    one.forwarder.install('a', [nat(address)]);
    const accepted = await connect(one, family);
    expect([accepted['peer-addr'], accepted['peer-port']]).toEqual([address, '61001']);
    const transfer = send(one, 50_000);
    await transfer.ended;
    expect(transfer.outcome).toBe('intact');
  });
});

test('a silent path carries nothing, and goes on where it was when it speaks again', async () => {
  const one = await lab('ipv4', { delay: 2 });
  await connect(one, 'ipv4');
  one.forwarder.path('a').silence(true);
  const before = one.left.length;
  const transfer = send(one, 20_000);
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (one.entered.some(({ fate }) => fate === 'silent')) resolve();
      else setImmediate(look);
    };
    look();
  });
  expect(one.left).toHaveLength(before);
  expect(transfer.hasEnded).toBe(false);
  one.forwarder.path('a').silence(false);
  await transfer.ended;
  expect(transfer.outcome).toBe('intact');
});
