/** Where the IP header starts after each link layer. */
import { expect, test } from 'vitest';
import { ipOffset } from './capture-link.ts';

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
