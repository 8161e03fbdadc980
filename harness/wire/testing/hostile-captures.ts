/** Captures made to break a reader; the name says what each one attacks. */
import { gzipSync } from 'node:zlib';

/** One capture of the corpus. */
export interface HostileCapture {
  name: string;
  contents: Uint8Array;
}

/** Link types of pcap. */
const ETHERNET = 1;
const RAW_IP = 101;
const COOKED = 113;

const le32 = (...words: number[]): Buffer => {
  const bytes = Buffer.alloc(4 * words.length);
  for (const [index, word] of words.entries()) bytes.writeUInt32LE(word >>> 0, 4 * index);
  return bytes;
};

/** A pcap file of packets, each with what its header says of its length. */
function pcap(linkType: number, ...packets: { bytes: Uint8Array; captured?: number; original?: number }[]): Buffer {
  const records = packets.flatMap(({ bytes, captured = bytes.length, original = bytes.length }) => [
    le32(1_700_000_000, 0, captured, original),
    bytes,
  ]);
  return Buffer.concat([le32(0xa1b2c3d4, 0x0004_0002, 0, 0, 262_144, linkType), ...records]);
}

/** A pcapng block; `length` is what it says of itself at both ends. */
function block(type: number, body: Uint8Array, length = body.length + 12): Buffer {
  return Buffer.concat([le32(type, length), body, le32(length)]);
}

const SECTION = block(0x0a0d0d0a, le32(0x1a2b3c4d, 1, 0xffff_ffff, 0xffff_ffff));
const INTERFACE = block(1, le32(RAW_IP, 0));

/** IPv4 and TCP: a SYN of 20 + `options` bytes that says what it is told to say. */
function segment(
  options: readonly number[],
  lies: { ihl?: number; total?: number; dataOffset?: number; payload?: number } = {},
): Buffer {
  const padded = [...options, ...Array.from({ length: -options.length & 3 }, () => 1)];
  const payload = lies.payload ?? 0;
  const bytes = Buffer.alloc(40 + padded.length + payload);
  bytes.set([0x40 | (lies.ihl ?? 5), 0, 0, 0, 0, 1, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
  bytes.writeUInt16BE(lies.total ?? bytes.length, 2);
  bytes.set(
    [
      0x9c,
      0x40,
      0x13,
      0x89,
      0,
      0,
      0,
      1,
      0,
      0,
      0,
      0,
      ((lies.dataOffset ?? 5 + padded.length / 4) & 15) << 4,
      2,
      0xff,
      0xff,
    ],
    20,
  );
  bytes.set(padded, 40);
  return bytes;
}

/** An IPv6 packet whose extension headers lead on and on. */
function extensions(count: number): Buffer {
  const chain = Array.from({ length: count }, () => [0, 0, 1, 4, 0, 0, 0, 0]).flat();
  const head = Buffer.alloc(40);
  head[0] = 0x60;
  head.writeUInt16BE(Math.min(0xffff, chain.length), 4);
  return Buffer.concat([head, Buffer.from(chain)]);
}

function ethernet(type: readonly number[], payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.alloc(12, 2), Buffer.from(type), payload]);
}

/** MP_CAPABLE of 4 bytes, so that what follows belongs to a connection. */
const CAPABLE = [30, 4, 0x01, 0x01];

/** The corpus. */
export function hostileCaptures(): HostileCapture[] {
  const one = (name: string, linkType: number, ...packets: Parameters<typeof pcap>[1][]): HostileCapture => ({
    name,
    contents: pcap(linkType, ...packets),
  });
  const options = (name: string, ...bytes: number[]): HostileCapture => one(name, RAW_IP, { bytes: segment(bytes) });
  return [
    { name: 'nothing', contents: new Uint8Array(0) },
    { name: 'a header of pcap and no more', contents: pcap(RAW_IP) },
    { name: 'half a header of pcap', contents: pcap(RAW_IP).subarray(0, 13) },
    {
      name: 'a record of 4 GiB',
      contents: pcap(RAW_IP, { bytes: segment(CAPABLE), captured: 0xffff_ffff, original: 0xffff_ffff }),
    },
    one('a record longer than its packet was', RAW_IP, { bytes: segment(CAPABLE), original: 1 }),
    one('records of nothing', RAW_IP, ...Array.from({ length: 1000 }, () => ({ bytes: new Uint8Array(0) }))),
    { name: 'an unknown link type', contents: pcap(0xfff_fffe, { bytes: segment(CAPABLE) }) },
    {
      name: 'blocks of pcapng without length',
      contents: Buffer.concat([SECTION, INTERFACE, block(6, le32(0, 0, 0, 0, 0), 0)]),
    },
    {
      name: 'a block of pcapng of 4 GiB',
      contents: Buffer.concat([SECTION, block(6, le32(0, 0, 0, 0, 0), 0xffff_fffc)]),
    },
    {
      name: 'a packet of an interface that is not there',
      contents: Buffer.concat([SECTION, block(6, Buffer.concat([le32(77, 0, 0, 60, 60), Buffer.alloc(60)]))]),
    },
    {
      name: 'a packet longer than its block',
      contents: Buffer.concat([SECTION, INTERFACE, block(6, le32(0, 0, 0, 0xffff, 0xffff))]),
    },
    {
      name: 'ten thousand interfaces',
      contents: Buffer.concat([SECTION, ...Array.from({ length: 10_000 }, () => INTERFACE)]),
    },
    {
      name: 'a time resolution of 2^-127 s',
      contents: Buffer.concat([
        SECTION,
        block(1, Buffer.concat([le32(RAW_IP, 0), Buffer.from([9, 0, 1, 0, 0xff, 0, 0, 0, 0, 0, 0, 0])])),
      ]),
    },
    { name: 'sections within sections', contents: Buffer.concat(Array.from({ length: 5000 }, () => SECTION)) },
    { name: '64 MiB of zeros in 64 KiB', contents: gzipSync(Buffer.concat([pcap(RAW_IP), Buffer.alloc(64 << 20)])) },
    {
      name: 'compressed in a compressed file',
      contents: gzipSync(gzipSync(pcap(RAW_IP, { bytes: segment(CAPABLE) }))),
    },
    { name: 'compressed data cut off', contents: gzipSync(pcap(RAW_IP, { bytes: segment(CAPABLE) })).subarray(0, 40) },
    one('an IP header of 60 bytes in a packet of 44', RAW_IP, { bytes: segment(CAPABLE, { ihl: 15 }) }),
    one('an IP header of 4 bytes', RAW_IP, { bytes: segment(CAPABLE, { ihl: 1 }) }),
    one('an IP packet shorter than its header', RAW_IP, { bytes: segment(CAPABLE, { total: 3 }) }),
    one('a TCP header of 60 bytes in a segment of 24', RAW_IP, { bytes: segment(CAPABLE, { dataOffset: 15 }) }),
    one('a TCP header of nothing', RAW_IP, { bytes: segment(CAPABLE, { dataOffset: 0 }) }),
    one('8000 extension headers', RAW_IP, { bytes: extensions(8000) }),
    one('100 VLAN tags', ETHERNET, {
      bytes: ethernet([...Array.from({ length: 100 }, () => [0x81, 0, 0, 1]).flat(), 8, 0], segment(CAPABLE)),
    }),
    one('an Ethernet header cut off', ETHERNET, { bytes: Buffer.alloc(13) }),
    one('a cooked header cut off', COOKED, { bytes: Buffer.alloc(15) }),
    options('an option of no length', 30, 0),
    options('an option of one byte', 30, 1),
    options('an option that ends after the header', 30, 40, 0, 1),
    options('MPTCP options of two bytes', 30, 2, 30, 2, 30, 2, 30, 2),
    options(
      'every subtype, three bytes each',
      ...Array.from({ length: 13 }, (_, subtype) => [30, 3, subtype << 4]).flat(),
    ),
    options('a DSS with all flags and no room', 30, 4, 0x20, 0x1f),
    options('MP_CAPABLE ten times', ...Array.from({ length: 10 }, () => CAPABLE).flat()),
    options(
      'ADD_ADDR of every length',
      ...[5, 6, 7, 9].flatMap((length) => [30, length, 0x30, 1, ...Array.from({ length: length - 4 }, () => 0xff)]),
    ),
    one(
      'joins to a connection that never was',
      RAW_IP,
      ...Array.from({ length: 500 }, (_, i) => ({
        bytes: segment([30, 12, 0x10, i & 0xff, 0, 0, i >> 8, i & 0xff, 1, 2, 3, 4]),
      })),
    ),
    one('a packet that says it has 60 KiB', RAW_IP, { bytes: segment(CAPABLE, { total: 60_000 }), original: 60_000 }),
  ];
}
