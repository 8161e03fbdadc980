import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';
import type { RawSocket } from 'raw-socket';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { FLAG } from '../../packet/index.ts';
import type { Packet } from '../../packet/index.ts';
import { WireError } from '../../wire/types.ts';
import { openPort } from '../../wire/raw-link.ts';
import { IpBatch } from '../ip-batch.ts';
import { createNetnsDriver } from '../netns.ts';
import { prepareTester } from '../tester-namespace.ts';
import type { Cell, CellLink } from '../contract.ts';
import type { KeepingDriver } from '../veth-driver.ts';
import { craft, listen, newDriver, sutListens, topology, reached } from './lab.ts';

const FAMILIES = ['ipv4', 'ipv6'] as const;
/** Ports by family: a socket on `::` takes the port for both. */
const PORT = { ipv4: 7004, ipv6: 7006 } as const;
const driver = newDriver();
afterAll(() => driver.close());

async function inCell(name: string, use: (cell: Cell) => Promise<void>): Promise<void> {
  const cell = await driver.build(topology(name));
  try {
    await settled(cell);
    await use(cell);
  } finally {
    await cell.close();
  }
}

async function settled(cell: Cell): Promise<void> {
  await Promise.all(
    cell.links.flatMap((link) =>
      FAMILIES.map(async (family) => {
        const { port } = listen(link, family);
        await reached(port);
        port.close();
      }),
    ),
  );
}

interface SyncSocket extends RawSocket {
  /** Sends what waits, now. */
  onSendReady(): void;
}

/** A raw IPv4 socket for TCP on a link, with no port around it. */
function rawSocketOn(link: CellLink): SyncSocket {
  const module = createRequire(import.meta.url)('raw-socket') as typeof import('raw-socket');
  const socket = module.createSocket({ addressFamily: 1, protocol: 6, bufferSize: 2048 }) as SyncSocket;
  const device = Buffer.from(`${link.device}\0`);
  const [solSocket, bindToDevice, mark, ipprotoIp, hdrincl] = [1, 25, 36, 0, 3];
  socket.setOption(solSocket, bindToDevice, device, device.length);
  socket.setOption(solSocket, mark, 1);
  socket.setOption(ipprotoIp, hdrincl, 1);
  return socket;
}

/** Names of the devices in this namespace. */
function devices(): string[] {
  return readdirSync('/proc/sys/net/ipv4/conf').filter((name) => name !== 'all' && name !== 'default');
}

/** A cell, when those that were closed before can be used again: cleaning runs in the background. */
async function nextOf(from: KeepingDriver, name: string): Promise<Cell> {
  await from.returned();
  return from.build(topology(name));
}

async function handshake(cell: Cell, link: number, family: 'ipv4' | 'ipv6', src?: string): Promise<void> {
  const { links } = cell;
  const to = links[link]!;
  const ear = listen(to, family, src);
  const seq = 0x1000_0000;
  const from = src === undefined ? {} : { src };
  try {
    await ear.port.send(craft(to, family, { ...from, dstPort: PORT[family], flags: FLAG.SYN, seq }));
    const { ip, tcp } = await ear.next();
    expect(tcp.flags).toBe(FLAG.SYN | FLAG.ACK);
    expect(tcp.ack).toBe(seq + 1);
    expect([ip.src, ip.dst]).toEqual([to.sut[family], src ?? to.tester[family]]);
    const ack = { ...from, dstPort: PORT[family], seq: seq + 1, ack: (tcp.seq + 1) >>> 0 };
    await ear.port.send(craft(to, family, { ...ack, flags: FLAG.ACK }));
    const agent = cell.agents.get('sut')!;
    const name = `conn-${link}-${family}`;
    await agent.request('accept', { fd: `listener-${family}`, as: name });
    // Had the tester's kernel reset the connection, it would show here.
    expect(await agent.request('poll', { fd: name })).toMatchObject({ err: '0', hup: '0' });
    await ear.port.echo(10_000);
    expect(ear.heard.map((packet) => packet.direction)).toEqual(['out', 'in', 'out']);
    await ear.port.send(craft(to, family, { ...ack, flags: FLAG.RST | FLAG.ACK }));
    await ear.port.echo(10_000);
    expect(ear.heard).toHaveLength(4);
  } finally {
    ear.port.close();
  }
}

describe('a cell of the netns driver', () => {
  test.each(FAMILIES)('shakes hands over %s with crafted packets, and nothing else is on the wire', async (family) => {
    await inCell('one-link', async (cell) => {
      await sutListens(cell, 'sut', family, PORT[family]);
      await handshake(cell, 0, family);
    });
  });

  test.each(FAMILIES)('takes what the SUT sends to any address of the %s prefix', async (family) => {
    await inCell('one-link', async (cell) => {
      await sutListens(cell, 'sut', family, PORT[family]);
      await handshake(cell, 0, family, cell.links[0]!.tester[family].replace(/1$/, '77'));
    });
  });

  test('keeps two links apart', async () => {
    await inCell('two-links', async (cell) => {
      expect(cell.links.map((link) => link.sutDevice)).toEqual(['a', 'b']);
      for (const family of FAMILIES) {
        await sutListens(cell, 'sut', family, PORT[family]);
        const others = cell.links.map((link) => listen(link, family));
        await handshake(cell, 0, family);
        expect(others[1]!.heard).toHaveLength(0);
        await handshake(cell, 1, family);
        others.forEach((ear) => ear.port.close());
      }
    });
  });

  test("lets the SUT connect, and the tester kernel's own reset never gets out", async () => {
    await inCell('one-link', async (cell) => {
      const [link] = cell.links;
      const agent = cell.agents.get('sut')!;
      for (const family of FAMILIES) {
        const ear = listen(link!, family);
        await agent.request('socket', { family, proto: 'tcp', name: family });
        const connecting = agent.request('connect', { fd: family, addr: link!.tester[family], port: 9000 });
        const { tcp } = await ear.next();
        expect(tcp.flags & (FLAG.SYN | FLAG.ACK)).toBe(FLAG.SYN);
        await ear.port.echo(10_000);
        const answer = {
          srcPort: 9000,
          dstPort: tcp.srcPort,
          flags: FLAG.SYN | FLAG.ACK,
          seq: 5,
          ack: (tcp.seq + 1) >>> 0,
        };
        await ear.port.send(craft(link!, family, answer));
        await connecting;
        ear.port.close();
      }
    });
  });

  test('says what kernel settings it made', async () => {
    await inCell('one-link', async (cell) => {
      const agent = cell.agents.get('sut')!;
      const get = async (name: string): Promise<string | undefined> =>
        (await agent.request('sysctl-get', { name }))['value'];
      expect(await get('net.ipv4.tcp_invalid_ratelimit')).toBe('0');
      expect(await get('net.ipv6.conf.a.accept_ra')).toBe('0');
      expect(await get('net.ipv6.conf.a.addr_gen_mode')).toBe('1');
    });
  });

  test('builds 32 cells at once, each with its own addresses, uses them again, and frees them', async () => {
    const own = newDriver();
    const cells = await Promise.all(Array.from({ length: 32 }, () => own.build(topology('two-links'))));
    const links = cells.flatMap((cell) => cell.links);
    expect(new Set(links.map((link) => link.sut.ipv4)).size).toBe(64);
    expect(new Set(links.map((link) => link.device)).size).toBe(64);
    await Promise.all(
      links.map(async (link) => {
        for (const family of FAMILIES) {
          const { port } = listen(link, family);
          await reached(port);
          port.close();
        }
      }),
    );
    const pids = cells.flatMap((cell) => [...cell.agents.values()].map((agent) => agent.pid));
    await Promise.all(cells.map((cell) => cell.close()));
    await cells[0]!.close();
    const again = await nextOf(own, 'two-links');
    expect(pids).toContain(again.agents.get('sut')!.pid);
    await own.close();
    expect(pids.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
  });

  test('gives the next cell nothing of what the last one did', async () => {
    const own = newDriver();
    const first = await own.build(topology('one-link'));
    const agent = first.agents.get('sut')!;
    await settled(first);
    await sutListens(first, 'sut', 'ipv4', PORT.ipv4);
    await handshake(first, 0, 'ipv4');
    await agent.request('sysctl-set', { name: 'net.mptcp.checksum_enabled', value: 1 });
    await agent.request('sysctl-set', { name: 'net.ipv4.tcp_no_metrics_save', value: 0 });
    await agent.request('endpoint-add', { addr: '192.0.2.9', flags: 'signal' });
    await agent.request('limits-set', { subflows: 7 });
    const { pid } = agent;
    await first.close();
    const second = await nextOf(own, 'one-link');
    const next = second.agents.get('sut')!;
    expect(next.pid).toBe(pid);
    expect(second.links[0]!.device).toBe(first.links[0]!.device);
    expect(await next.request('sysctl-get', { name: 'net.mptcp.checksum_enabled' })).toEqual({ value: '0' });
    expect(await next.request('sysctl-get', { name: 'net.ipv4.tcp_no_metrics_save' })).toEqual({ value: '1' });
    expect((await next.request('endpoint-list'))['ids'] ?? '').toBe('');
    expect((await next.request('limits-get'))['subflows']).not.toBe('7');
    expect(next.log.every(({ text }) => !text.includes('checksum_enabled') || text.includes('sysctl-get'))).toBe(true);
    await settled(second);
    await sutListens(second, 'sut', 'ipv4', PORT.ipv4);
    await handshake(second, 0, 'ipv4');
    await own.close();
  });

  test('does not use links again whose addresses were changed', async () => {
    const own = newDriver();
    const first = await own.build(topology('one-link'));
    const [link] = first.links;
    await first.agents.get('sut')!.request('addr-add', { dev: link!.sutDevice, addr: '192.0.2.9/32' });
    await first.close();
    const second = await nextOf(own, 'one-link');
    expect(second.links[0]!.device).not.toBe(link!.device);
    await own.close();
  });

  test('leaves no device behind once the driver is closed', async () => {
    const own = newDriver();
    const cell = await own.build(topology('two-links'));
    const names = cell.links.map((link) => link.device);
    expect(names.every((name) => devices().includes(name))).toBe(true);
    await own.close();
    expect(names.filter((name) => devices().includes(name))).toEqual([]);
  });

  test('passes over prefixes that are taken, in either family', async () => {
    const own = newDriver();
    const first = await own.build(topology('one-link'));
    const number = Number(first.links[0]!.sut.ipv4.split('.')[2]);
    const block = first.links[0]!.sut.ipv4.split('.')[1]!;
    const hex = (by: number): string => (Number(block) * 256 + number + by).toString(16);
    const batch = new IpBatch();
    const taken = [`10.${block}.${number + 1}.0/24 dev lo table 100`, `fd00:0:0:${hex(2)}::/64 dev lo table 100`];
    expect(await batch.run(taken.map((route) => `route add ${route}`))).toEqual([]);
    const second = await own.build(topology('one-link'));
    expect(second.links[0]!.sut).toEqual({ ipv4: `10.${block}.${number + 3}.2`, ipv6: `fd00:0:0:${hex(3)}::2` });
    for (const family of FAMILIES) {
      const { port } = listen(second.links[0]!, family);
      await reached(port);
      port.close();
    }
    await second.close();
    // Routes of others are still there.
    expect(await batch.run(taken.map((route) => `route del ${route}`))).toEqual([]);
    await batch.close();
    await own.close();
  });

  test("fails with the program's name when the agent is not there", async () => {
    const broken = createNetnsDriver({ agentPath: '/nonexistent/agent' });
    await expect(broken.build(topology('one-link'))).rejects.toThrow(/topology one-link cannot be built: /);
    await broken.close();
  });
});

describe('a port', () => {
  test('measures the round trip, and tells when no answer comes', async () => {
    await inCell('one-link', async (cell) => {
      const { port } = listen(cell.links[0]!, 'ipv4');
      expect(await port.echo(10_000)).toBeLessThan(1000);
      await cell.agents.get('sut')!.request('link-up', { dev: 'a', up: 0 });
      await expect(port.echo(20)).rejects.toThrow(/link a: .*(no answer to an ICMP echo|ENETDOWN)/);
      port.close();
      await expect(port.send(new Uint8Array(40))).rejects.toThrow(/port is closed/);
    });
  });

  test('keeps the order of 2000 packets, and the fence comes after all of them', async () => {
    await inCell('one-link', async (cell) => {
      const link = cell.links[0]!;
      for (const family of FAMILIES) {
        const ear = listen(link, family);
        const sent = Array.from({ length: 2000 }, (_, index) => index);
        // No listener: the SUT answers every ACK with a RST that carries its number.
        const sends = sent.map((index) =>
          ear.port.send(craft(link, family, { dstPort: 9, flags: FLAG.ACK, seq: 1, ack: index })),
        );
        await ear.port.echo(5000);
        await Promise.all(sends);
        const answers = ear.heard.filter((packet) => packet.direction === 'in');
        const at = family === 'ipv4' ? 24 : 44;
        expect(answers.map(({ bytes }) => Buffer.from(bytes).readUInt32BE(at))).toEqual(sent);
        ear.port.close();
      }
    });
  });

  test('hears nothing that another link brought before it was bound to its own', async () => {
    await inCell('two-links', async (cell) => {
      const [a, b] = [cell.links[0]!, cell.links[1]!];
      let answers = 0;
      const elder = rawSocketOn(a);
      elder.on('message', () => answers++);
      elder.on('error', () => undefined);
      const bytes = Buffer.from(craft(a, 'ipv4', { dstPort: 9, flags: FLAG.ACK, seq: 1 }));
      // Raw sockets hear a packet newest first: when the elder has the answer, one that is not yet bound has it too.
      const bind = vi
        .spyOn(Object.getPrototypeOf(elder) as RawSocket, 'setOption')
        .mockImplementationOnce(function answered(this: RawSocket, ...args) {
          elder.send(
            bytes,
            0,
            bytes.length,
            a.sut.ipv4,
            () => undefined,
            () => undefined,
          );
          elder.onSendReady();
          while (answers === 0) elder.onRecvReady();
          this.setOption(...args);
        });
      const ear = listen(b, 'ipv4');
      bind.mockRestore();
      await ear.port.echo(10_000);
      expect(answers).toBe(1);
      expect(ear.heard).toEqual([]);
      elder.close();
      ear.port.close();
    });
  });

  test('stays open while nothing but a waiting promise refers to it', async () => {
    await inCell('one-link', async (cell) => {
      const agent = cell.agents.get('sut')!;
      const waiting = ((): Promise<Packet> => listen(cell.links[0]!, 'ipv4').next())();
      for (let round = 0; round < 3; round += 1) {
        await new Promise((resolve) => setImmediate(resolve));
        expect(gc, 'node runs without --expose-gc').toBeDefined();
        gc!();
      }
      await agent.request('socket', { family: 'ipv4', proto: 'tcp', name: 's' });
      await agent.request('connect', { fd: 's', addr: cell.links[0]!.tester.ipv4, port: 9, nowait: 1 });
      expect((await waiting).tcp.dstPort).toBe(9);
    });
  });

  test('names device and remedy when the link is not there', () => {
    const options = {
      device: 'nosuch0',
      link: 'a',
      family: 'ipv4',
      testerAddress: '10.0.0.1',
      sutAddress: '10.0.0.2',
      onPacket: () => undefined,
    } as const;
    expect(() => openPort(options)).toThrow(WireError);
    expect(() => openPort(options)).toThrow(/link a: .* nosuch0: No such device \(ENODEV\); /);
  });

  test('tells of a packet that is too long for the link', async () => {
    await inCell('one-link', async (cell) => {
      const { port } = listen(cell.links[0]!, 'ipv4');
      const bytes = craft(cell.links[0]!, 'ipv4', { dstPort: 9, flags: FLAG.ACK, seq: 0 });
      const long = new Uint8Array(3000);
      long.set(bytes);
      await expect(port.send(long)).rejects.toThrow(/sending 3000 bytes .*Message too long \(EMSGSIZE\); .*mtu/);
      port.close();
    });
  });
});

describe('the tester namespace', () => {
  test('is prepared once, however often it is asked for', async () => {
    await Promise.all([prepareTester(), prepareTester()]);
    const batch = new IpBatch('-4');
    // A second rule of the same kind would survive the deletion of one.
    expect(await batch.run(['rule del pref 5', 'rule add pref 5 fwmark 1 lookup 100'])).toEqual([]);
    expect(await batch.run(['rule add pref 5 fwmark 1 lookup 100'])).toMatchObject([
      { text: expect.stringContaining('File exists') as string },
    ]);
    await batch.close();
  });
});

describe('speed', () => {
  test('builds and closes cells quickly', async () => {
    const one = topology('one-link');
    await driver.build(one).then((cell) => cell.close());
    const start = performance.now();
    for (let count = 0; count < 20; count += 1) {
      await driver.build(one).then((cell) => cell.close());
    }
    const single = (performance.now() - start) / 20;
    const together = performance.now();
    let left = 100;
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        while (left > 0) {
          left -= 1;
          await driver.build(one).then((cell) => cell.close());
        }
      }),
    );
    const rate = 100_000 / (performance.now() - together);
    console.log(`one cell: ${single.toFixed(1)} ms; 16 at once: ${rate.toFixed(0)} cells a second`);
    // Far above what is asked, so that a busy machine does not fail the test; the numbers are for reading.
    expect(single).toBeLessThan(150);
    expect(rate).toBeGreaterThan(4);
  });
});
