import { describe, expect, test } from 'vitest';
import { decodePacket, encodePacket } from '../packet/index.ts';
import { FLAG, type Packet } from '../packet/types.ts';
import { parsePacketLine } from '../notation/packet-line.ts';
import type { Scenario } from '../scenario/suite.ts';
import type { Agent } from '../sut/types.ts';
import type { Cell, CellLink } from '../topology/contract.ts';
import type { WirePacket } from '../wire/types.ts';
import { NotKnownYet } from '../notation/evaluate.ts';
import { Session } from './session.ts';
import { LISTEN_PORT } from './subflows.ts';

const LINK: CellLink = {
  spec: { name: 'a', host: 'sut', mtu: 1500, families: ['ipv4'] },
  device: 'm0',
  sutDevice: 'a',
  tester: { ipv4: '10.0.1.1', ipv6: 'fd00:0:0:1::1' },
  sut: { ipv4: '10.0.1.2', ipv6: 'fd00:0:0:1::2' },
  prefix: { ipv4: 24, ipv6: 64 },
};

function scenario(): Scenario {
  return {
    kind: 'wire',
    id: 'x/y#ipv4',
    suite: 'x',
    name: 'y',
    title: '',
    section: '3.2',
    place: { file: 'x', line: 1, column: 1 },
    role: 'responder',
    family: 'ipv4',
    parameters: {},
    topology: 'one-link',
    profile: { timestamps: false, sack: false, wscale: -1, mss: 1400, checksum: false, dsnSize: 8 },
    subflows: { a: { link: 1, addressId: 0 }, b: { link: 1, addressId: 0 } },
    needs: [],
    preamble: [],
    body: [],
    clauses: [],
  };
}

function sessionWith(
  sent: Packet[],
  links: ((packet: WirePacket) => void)[] = [],
  agents: Cell['agents'] = new Map(),
  earlier?: Cell['earlier'],
): Session {
  const cell: Cell = {
    topology: { name: 'one-link', title: '', hosts: ['sut'], links: [LINK.spec] },
    agents,
    links: [LINK],
    ...(earlier === undefined ? {} : { earlier }),
    close: () => Promise.resolve(),
  };
  return new Session({
    scenario: scenario(),
    cell,
    waits: { answer: 10, grace: 1 },
    random: { uint32: () => 7, uint64: () => 7n },
    openPort: (_link, onPacket) => ({
      link: (links.push(onPacket), 'a'),
      close: () => undefined,
      echo: () => Promise.resolve(1),
      send: (bytes) => {
        const packet = decodePacket(bytes);
        if ('tcp' in packet) sent.push(packet);
        return Promise.resolve();
      },
    }),
    onPacket: () => undefined,
  });
}

/** A SYN of the stack comes by all links. */
function hear(links: readonly ((packet: WirePacket) => void)[], seq: number, dstPort: number): void {
  const bytes = encodePacket({
    ip: { family: 'ipv4', src: '10.0.1.2', dst: '10.0.1.1', tos: 0, id: 0, fragment: 0, ttl: 64, protocol: 6 },
    tcp: {
      srcPort: 4000,
      dstPort,
      seq,
      ack: 0,
      flags: FLAG.SYN,
      window: 1,
      urgent: 0,
      options: [],
      payload: new Uint8Array(0),
    },
  });
  for (const listener of links) listener({ at: performance.now(), direction: 'in', link: 'a', bytes });
}

describe('Session', () => {
  test.each([
    [
      ['tcp', 'settle'],
      ['settle', 'settle'],
    ],
    [['tcp'], ['hello', 'hello']],
  ])('with features %j, two fences ask %j', async (features, asked) => {
    const commands: string[] = [];
    const request: Agent['request'] = (command) => (commands.push(command), Promise.resolve({}));
    const agent: Agent = { pid: 1, features: new Set(features), log: [], request, close: () => Promise.resolve() };
    const session = sessionWith([], [], new Map([['sut', agent]]));
    await session.fence();
    await session.fence();
    expect(commands).toEqual(asked);
  });

  test('begins a subflow between the ports that its first line names', async () => {
    const sent: Packet[] = [];
    const session = sessionWith(sent);
    await session.send(parsePacketLine('a SYN <>'));
    await session.send(parsePacketLine('b SYN dport=$a.port sport=4000 <>'));
    await session.send(parsePacketLine('b ACK <>'));
    expect(sent.map(({ tcp }) => [tcp.srcPort, tcp.dstPort])).toEqual([
      [20_007, LISTEN_PORT],
      [4000, 20_007],
      [4000, 20_007],
    ]);
    expect(session.scope().lookup('b.sut_port')).toBe(20_007n);
  });

  test('begins another subflow of the same connection where one was forgotten', async () => {
    const sent: Packet[] = [];
    const session = sessionWith(sent);
    const { connection } = session;
    await session.send(parsePacketLine('a SYN'));
    session.forgetSubflow('a');
    await session.send(parsePacketLine('a SYN sport=4001'));
    expect(session.connection).toBe(connection);
    expect(sent.map(({ tcp }) => tcp.options.map((option) => option.kind)).at(-1)).toContain('mp_join');
    expect(() => {
      session.forgetSubflow('b');
    }).toThrow(NotKnownYet);
  });

  test('takes a SYN from the ports of a forgotten subflow for another one, but not the same SYN again', async () => {
    const links: ((packet: WirePacket) => void)[] = [];
    const session = sessionWith([], links);
    const syn = (seq: number): void => {
      hear(links, seq, 5001);
    };
    await session.patience.ready();
    const line = parsePacketLine('a SYN');
    syn(1);
    const first = session.claim(line);
    session.forgetSubflow('a');
    syn(1);
    expect(session.claim(line)).toBeUndefined();
    syn(2);
    const second = session.claim(line);
    expect(first?.remoteIsn).toBe(1);
    expect(second?.remoteIsn).toBe(2);
  });

  test('takes the SYN with the ports that the line names, and none of a connection that was forgotten', async () => {
    const links: ((packet: WirePacket) => void)[] = [];
    const session = sessionWith([], links);
    await session.patience.ready();
    hear(links, 1, 5001);
    expect(session.claim(parsePacketLine('a SYN dport=6000'))).toBeUndefined();
    hear(links, 2, 6000);
    expect(session.claim(parsePacketLine('a SYN dport=6000'))?.remoteIsn).toBe(2);
    session.forget();
    hear(links, 1, 5001);
    expect(session.claim(parsePacketLine('a SYN'))).toBeUndefined();
  });

  test('takes a SYN with the addresses and ports of an earlier scenario, but not a late packet of it', async () => {
    const earlier: NonNullable<Cell['earlier']> = new Map();
    const begin = async (): Promise<[Session, ((packet: WirePacket) => void)[]]> => {
      const links: ((packet: WirePacket) => void)[] = [];
      const session = sessionWith([], links, new Map(), earlier);
      await session.patience.ready();
      return [session, links];
    };
    const [first, firstLinks] = await begin();
    hear(firstLinks, 1, 5001);
    first.close();
    const [second, links] = await begin();
    hear(links, 1, 5001);
    expect(second.claim(parsePacketLine('a SYN'))).toBeUndefined();
    hear(links, 2, 5001);
    expect(second.claim(parsePacketLine('a SYN'))?.remoteIsn).toBe(2);
  });
});
