/** Packets that nobody should send, and captures that hold only parts of packets. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodePacket } from '../packet/index.ts';
import { Analysis, type ConnectionReport } from './analysis.ts';
import { altered, encoded, goodConversation, optionOf } from './testing/conversation.ts';
import { broken } from './testing/judging.ts';

function analyse(
  packets: readonly { at: number; bytes: Uint8Array }[],
  more: { flows?: number; complete?: boolean } = {},
) {
  const reports: ConnectionReport[] = [];
  const analysis = new Analysis({ levelOf: () => 'must', onConnection: (report) => reports.push(report), ...more });
  for (const { at, bytes } of packets) analysis.packet(at, bytes);
  analysis.finish();
  return { analysis, reports, findings: reports.flatMap((report) => report.findings) };
}

const good = (['ipv4', 'ipv6'] as const).flatMap((family) =>
  [false, true].map((checksums) => encoded(goodConversation({ family, checksums }))),
);

describe('damaged packets', () => {
  test('never make it fail', () => {
    const damage = fc.array(fc.tuple(fc.nat(40), fc.nat(140), fc.nat(255)), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(fc.nat(3), damage, fc.boolean(), (which, changes, complete) => {
        const packets = good[which]!.map(({ at, bytes }) => ({ at, bytes: bytes.slice() }));
        for (const [packet, at, byte] of changes) {
          const bytes = packets[packet % packets.length]!.bytes;
          bytes[at % bytes.length] = byte;
        }
        analyse(packets, { complete });
      }),
      { numRuns: 400 },
    );
  });

  test('random bytes are counted and dropped', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const { analysis } = analyse([{ at: 0, bytes }]);
        expect(analysis.counts.packets).toBe(1);
      }),
      { numRuns: 1000 },
    );
  });

  test('options of any content on any packet', () => {
    const bytes = fc.uint8Array({ minLength: 4, maxLength: 36 }).map((raw) => raw.slice(0, raw.length & ~3));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(31), bytes), { minLength: 1, maxLength: 10 }), (changes) => {
        const packets = goodConversation().map((one) => ({ ...one, packet: structuredClone(one.packet) }));
        for (const [i, raw] of changes)
          packets[i % packets.length]!.packet.tcp.options = [
            { kind: 'raw', raw: Uint8Array.of(30, raw.length, ...raw.slice(2)) },
          ];
        analyse(encoded(packets), { complete: true });
      }),
      { numRuns: 400 },
    );
  });
});

describe('packets cut by the capture', () => {
  test.each([20, 40, 44, 52, 60, 66, 72, 80, 90, 100, 120])('at %i bytes nobody is blamed', (snaplen) => {
    for (const packets of good) {
      const cut = packets.map(({ at, bytes }) => ({ at, bytes: bytes.subarray(0, snaplen) }));
      expect(broken(analyse(cut).findings)).toEqual([]);
    }
  });

  test('headers are judged where they are whole', () => {
    const bad = encoded(altered(goodConversation(), 'b-data', (packet) => void (optionOf(packet, 'dss').reserved = 1)));
    const { findings, analysis } = analyse(bad.map(({ at, bytes }) => ({ at, bytes: bytes.subarray(0, 100) })));
    expect(broken(findings)).toEqual(['dss-reserved (initiator): reserved bits of DSS are set']);
    expect(analysis.counts.cut).toBe(0);
  });

  test('bytes of data are counted as they were on the wire', () => {
    const cut = good[0]!.map(({ at, bytes }) => ({ at, bytes: bytes.subarray(0, 100) }));
    expect(analyse(cut).reports[0]).toMatchObject({ data: [712, 100], ending: 'DATA_FIN in both directions' });
  });
});

test('fragments are counted, not put together', () => {
  const [first] = good[0]!;
  const bytes = first!.bytes.slice();
  bytes[6] = 0x20;
  expect(analyse([{ at: 0, bytes }]).analysis.counts).toMatchObject({ fragments: 1, mptcp: 0 });
});

test('version 0 is recognised and not judged', () => {
  let packets = goodConversation();
  for (const name of ['syn', 'synack', 'third', 'first-data']) {
    packets = altered(packets, name, (packet) => {
      Object.assign(optionOf(packet, 'mp_capable'), { version: 0, flags: 0x40, senderKey: 77n });
    });
  }
  const { reports } = analyse(encoded(packets.filter((one) => !one.name.startsWith('join') && one.name !== 'echo')));
  expect(reports[0]).toMatchObject({ version: 0, findings: [] });
});

test('conversations without end do not fill the memory', () => {
  const [syn] = goodConversation();
  const reports: ConnectionReport[] = [];
  const analysis = new Analysis({ levelOf: () => 'must', onConnection: (report) => reports.push(report), flows: 100 });
  for (let i = 0; i < 2000; i++) {
    const packet = structuredClone(syn!.packet);
    packet.tcp.srcPort = 1000 + i;
    analysis.packet(i, encodePacket(packet));
  }
  expect(reports.length).toBeGreaterThanOrEqual(1900);
  analysis.finish();
  expect(reports).toHaveLength(2000);
});

test('ports that are used again make a new connection', () => {
  const first = goodConversation();
  const again = first.map(({ name, at, packet }) => {
    const copy = structuredClone(packet);
    copy.tcp.seq = (copy.tcp.seq + 77_777) >>> 0;
    if (copy.tcp.ack !== 0) copy.tcp.ack = (copy.tcp.ack + 77_777) >>> 0;
    return { name, at: at + 10, packet: copy };
  });
  const { reports } = analyse(encoded([...first, ...again]));
  expect(reports).toHaveLength(2);
  expect(reports.flatMap((report) => broken(report.findings))).toEqual([]);
});

test('what a connection and its subflows were', () => {
  const { reports } = analyse(encoded(goodConversation({ checksums: true })));
  expect(reports).toHaveLength(1);
  expect(reports[0]).toMatchObject({
    number: 1,
    version: 1,
    whole: true,
    checksums: true,
    ending: 'DATA_FIN in both directions',
    packets: 32,
    data: [712, 100],
    tokens: { initiator: expect.any(Number) as number, responder: expect.any(Number) as number },
    subflows: [
      {
        number: 1,
        opening: 'capable',
        openedBy: 'initiator',
        ending: 'FIN',
        ends: [
          { address: '10.0.0.1', port: 40000, octets: 411 },
          { address: '10.0.0.11', port: 5001, octets: 50 },
        ],
      },
      {
        number: 2,
        opening: 'join',
        openedBy: 'initiator',
        ending: 'FIN',
        ends: [
          { address: '10.0.0.2', addressId: 2, octets: 301 },
          { addressId: 0, octets: 50 },
        ],
      },
    ],
  });
});
