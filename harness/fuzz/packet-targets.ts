/** Readers of packets and captures. */
import { Readable } from 'node:stream';
import { Analysis } from '../monitor/analysis.ts';
import { decodePacket, encodePacket, isAsSent, isNotTcp } from '../packet/index.ts';
import { readCapture } from '../wire/capture-stream.ts';
import { CaptureError } from '../wire/pcap-error.ts';
import { LINKTYPE_RAW } from '../wire/pcap-write.ts';
import { pcapng } from '../wire/pcapng-write.ts';
import { FuzzFinding, type FuzzTarget } from './target.ts';

const hex = (...texts: string[]): Uint8Array[] => texts.map((one) => Buffer.from(one.replaceAll(' ', ''), 'hex'));

/** A SYN with MP_CAPABLE, data with a DSS, and a join over IPv6 with an extension header. */
const PACKETS = hex(
  '45000034000100004006 66c0 0a000001 0a000002 9c401389 00000001 00000000 8002ffff 00000000 1e040101 020405b4 01030307',
  '45000050000100004006 66a0 0a000001 0a000002 9c401389 00000002 00000002 9018ffff 00000000' +
    '1e142005 00000001 0000000a 00000001 00080000 01020304 05060708',
  '60000000 0030 00 40 20010db8000000000000000000000001 20010db8000000000000000000000002 06000104 00000000' +
    '9c411389 00000001 00000000 8002ffff 00000000 1e0c1001 01020304 05060708',
);

/** Packets: what is decoded can be encoded again, and gives the packet that came where that one was well-formed. */
export const packets: FuzzTarget = {
  name: 'packet',
  seeds: () => PACKETS,
  tokens: ['\u001e\u0004\u0001\u0001', '\u001e\u000c\u0010', '\u001e\u0014\u0020\u0005', '\u0001\u0001', '\u0000'],
  read: (input) => {
    const packet = decodePacket(input);
    if (isNotTcp(packet)) return;
    const again = decodePacket(encodePacket(packet));
    if (isNotTcp(again)) throw new FuzzFinding('a packet that was decoded is encoded to something else than TCP');
    if (isAsSent(input) && !Buffer.from(encodePacket(again)).equals(encodePacket(packet)))
      throw new FuzzFinding('a packet is encoded in another way the second time');
  },
  errors: [],
};

/** The monitors over a conversation in which any packet may be damaged: they judge or pass over, and never fail. */
export const conversations: FuzzTarget = {
  name: 'conversation',
  seeds: () => [framed(PACKETS), framed([...PACKETS, ...PACKETS])],
  tokens: [],
  read: (input) => {
    const analysis = new Analysis({ levelOf: () => 'must', onConnection: () => undefined });
    let at = 0;
    for (const packet of unframed(input)) analysis.packet(at++, packet);
    analysis.finish();
  },
  errors: [],
};

/** Capture files: pcap and pcapng of both byte orders, compressed or not. */
export const captures: FuzzTarget = {
  name: 'capture',
  seeds: () => [pcap(false), pcap(true), commented()],
  tokens: ['\n\r\r\n', '\u001f\u008b\u0008', 'MM\u0000*'],
  read: async (input) => {
    let packetsSeen = 0;
    const sink = {
      packet: () => {
        packetsSeen++;
      },
    };
    await readCapture('fuzz', sink, Readable.from([Buffer.from(input)]));
    if (packetsSeen > input.length) throw new FuzzFinding(`${packetsSeen} packets from ${input.length} bytes`);
  },
  errors: [CaptureError],
};

/** Packets one after another, each after a byte with its length. */
function framed(list: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(list.flatMap((bytes) => [Uint8Array.of(bytes.length), bytes]));
}

function* unframed(input: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < input.length;) {
    const length = input[at] ?? 0;
    yield input.subarray(at + 1, at + 1 + length);
    at += 1 + length;
  }
}

/** A pcap file of the packets, link type raw IP. */
function pcap(big: boolean): Uint8Array {
  const words = (...list: number[]): Buffer => {
    const bytes = Buffer.alloc(4 * list.length);
    for (const [i, word] of list.entries())
      if (big) bytes.writeUInt32BE(word, 4 * i);
      else bytes.writeUInt32LE(word, 4 * i);
    return bytes;
  };
  const version = big ? 0x0002_0004 : 0x0004_0002;
  const records = PACKETS.flatMap((bytes, i) => [words(1_700_000_000, i, bytes.length, bytes.length), bytes]);
  return Buffer.concat([words(0xa1b2c3d4, version, 0, 0, 262_144, LINKTYPE_RAW), ...records]);
}

/** A pcapng file of the packets, with comments. */
function commented(): Uint8Array {
  return pcapng({
    comment: 'packets',
    interfaces: ['link1'],
    packets: PACKETS.map((bytes, at) => ({ at, bytes, originalLength: bytes.length, interface: 0, comment: 'one' })),
  });
}
