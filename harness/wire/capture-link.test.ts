/** Where the IP header starts after each link layer. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ipOffset, nameOfOther } from './capture-link.ts';

const IP = [0x45, 0, 0, 40];
const at = (...bytes: number[]): Uint8Array => Uint8Array.from([...bytes, ...IP]);
const mac = new Array<number>(12).fill(2);

test.each([
  ['Ethernet', 1, at(...mac, 8, 0), 14],
  ['Ethernet with a VLAN tag', 1, at(...mac, 0x81, 0, 0, 5, 8, 0), 18],
  ['Ethernet with two tags', 1, at(...mac, 0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 8, 0), 22],
  ['ARP', 1, at(...mac, 8, 6), -1],
  ['Linux cooked', 113, at(...new Array<number>(14).fill(0), 0x86, 0xdd), 16],
  ['Linux cooked with a VLAN tag', 113, at(...new Array<number>(14).fill(0), 0x81, 0, 0, 7, 8, 0), 20],
  ['Linux cooked v2', 276, at(8, 0, ...new Array<number>(18).fill(0)), 20],
  ['NULL', 0, at(2, 0, 0, 0), 4],
  ['LOOP', 108, at(0, 0, 0, 2), 4],
  ['raw', 101, at(), 0],
  ['raw of old', 12, at(), 0],
  ['IPv4', 228, at(), 0],
  ['raw that is not IP', 101, Uint8Array.of(0x12, 0), -1],
  ['an unknown link type', 195, at(), -2],
  ['nothing', 1, new Uint8Array(0), -1],
  ['a frame cut after its type', 1, Uint8Array.from([...mac, 8, 0]), -1],
  ['tags without end', 1, Uint8Array.from([...mac, ...new Array<number>(40).fill(0x81)]), -1],
])('%s', (_name, linkType, bytes, offset) => {
  expect(ipOffset(linkType, bytes)).toBe(offset);
});

/** IPv4, 40 bytes: TCP from port 1000 to 2000. */
const TCP = [
  ...[0x45, 0, 0, 40, 0, 1, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2],
  ...[0x03, 0xe8, 0x07, 0xd0, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x10, 1, 0, 0, 0, 0, 0],
];
const be16 = (value: number): number[] => [value >> 8, value & 0xff];
const ipv4 = (protocol: number, payload: readonly number[]): number[] => [
  ...[0x45, 0, ...be16(20 + payload.length), 0, 1, 0, 0, 64, protocol, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2],
  ...payload,
];
const ipv6 = (next: number, payload: readonly number[]): number[] => [
  ...[0x60, 0, 0, 0, ...be16(payload.length), next, 64],
  ...new Array<number>(32).fill(1),
  ...payload,
];
const udp = (port: number, payload: readonly number[]): number[] => [
  ...[0x30, 0x39, ...be16(port), ...be16(8 + payload.length), 0, 0],
  ...payload,
];
const ethernet = (type: number, payload: readonly number[]): number[] => [...mac, ...be16(type), ...payload];
const gre = (flags: number, type: number, rest: readonly number[]): number[] => [
  ...be16(flags),
  ...be16(type),
  ...rest,
];

/** Packets of link type Ethernet in which the TCP segment comes last. */
const TUNNELS: Readonly<Record<string, number[]>> = {
  PPPoE: ethernet(0x8864, [0x11, 0, 0, 1, ...be16(42), 0x00, 0x21, ...TCP]),
  'PPPoE in a VLAN': ethernet(0x8100, [0, 5, 0x88, 0x64, 0x11, 0, 0, 1, ...be16(42), 0x00, 0x21, ...TCP]),
  MPLS: ethernet(0x8847, [0, 1, 0x01, 64, ...TCP]),
  'MPLS, two labels': ethernet(0x8847, [0, 1, 0x00, 64, 0, 2, 0x01, 64, ...TCP]),
  'IP in IP': ethernet(0x0800, ipv4(4, TCP)),
  '6in4 and IP in it': ethernet(0x0800, ipv4(41, ipv6(4, TCP))),
  GRE: ethernet(0x0800, ipv4(47, gre(0, 0x0800, TCP))),
  'GRE with checksum, key and number': ethernet(
    0x0800,
    ipv4(47, gre(0xb000, 0x0800, [0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 9, ...TCP])),
  ),
  'Ethernet in GRE': ethernet(0x86dd, ipv6(47, gre(0, 0x6558, ethernet(0x0800, TCP)))),
  'ERSPAN type II': ethernet(
    0x0800,
    ipv4(47, gre(0x1000, 0x88be, [0, 0, 0, 1, 0x10, 1, 0, 1, 0, 0, 0, 1, ...ethernet(0x0800, TCP)])),
  ),
  VXLAN: ethernet(0x0800, ipv4(17, udp(4789, [0x08, 0, 0, 0, 0, 0, 42, 0, ...ethernet(0x0800, TCP)]))),
  'VXLAN in VXLAN': ethernet(
    0x0800,
    ipv4(
      17,
      udp(4789, [
        ...[0x08, 0, 0, 0, 0, 0, 42, 0],
        ...ethernet(0x0800, ipv4(17, udp(4789, [0x08, 0, 0, 0, 0, 0, 7, 0, ...ethernet(0x0800, TCP)]))),
      ]),
    ),
  ),
  Geneve: ethernet(0x0800, ipv4(17, udp(6081, [0x00, 0, 0x65, 0x58, 0, 0, 1, 0, ...ethernet(0x0800, TCP)]))),
  'Geneve with an option': ethernet(
    0x0800,
    ipv4(17, udp(6081, [0x01, 0, 0x65, 0x58, 0, 0, 1, 0, 1, 2, 3, 0, ...ethernet(0x0800, TCP)])),
  ),
};

test.each(Object.entries(TUNNELS))('%s: the packet within', (_name, octets) => {
  const bytes = Uint8Array.from(octets);
  expect(ipOffset(1, bytes)).toBe(octets.length - TCP.length);
  // Cut anywhere, a packet is never read beyond its end.
  for (let size = 0; size < octets.length; size++) expect(ipOffset(1, bytes.subarray(0, size))).toBeLessThan(size || 1);
});

test('tshark finds the same segment in each', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mptcp-conformance-link-'));
  try {
    const file = join(folder, 'tunnels.pcap');
    const header = Buffer.alloc(24);
    header.writeUInt32LE(0xa1b2c3d4, 0);
    header.writeUInt16LE(2, 4);
    header.writeUInt16LE(4, 6);
    header.writeUInt32LE(65535, 16);
    header.writeUInt32LE(1, 20);
    const records = Object.values(TUNNELS).flatMap((octets) => {
      const record = Buffer.alloc(16);
      record.writeUInt32LE(octets.length, 8);
      record.writeUInt32LE(octets.length, 12);
      return [record, Buffer.from(octets)];
    });
    writeFileSync(file, Buffer.concat([header, ...records]));
    const { stdout } = spawnSync('tshark', ['-r', file, '-T', 'fields', '-e', 'tcp.dstport'], { encoding: 'utf8' });
    expect(stdout.trim().split('\n')).toEqual(Object.keys(TUNNELS).map(() => '2000'));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each([
  [105, [1, 2, 3], 'link type 105 (IEEE 802.11)'],
  [4711, [1], 'link type 4711 (unknown)'],
  [1, ethernet(0x0806, [0, 1]), 'ARP'],
  [1, ethernet(0x88cc, [2]), 'LLDP'],
  [1, ethernet(0x1234, []), 'EtherType 0x1234'],
  [1, ethernet(0x0026, [0x42, 0x42, 3]), 'IEEE 802.3 without EtherType'],
  [101, [0x12], 'no IP packet'],
])('link type %i: what is not read has a name', (linkType, octets, name) => {
  expect(nameOfOther(linkType, Uint8Array.from(octets))).toBe(name);
});
