/** Writes pcapng (draft-ietf-opsawg-pcapng), which has comments and names of interfaces where pcap has none. Pure. */
import { LINKTYPE_RAW } from './pcap-write.ts';

/** A packet of IP, with what is said of it. */
export interface CommentedPacket {
  /** Milliseconds since 1970. */
  at: number;
  /** From the IP header on. */
  bytes: Uint8Array;
  /** Bytes that the packet had on the wire. */
  originalLength: number;
  /** Place in the list of interfaces. */
  interface: number;
  direction?: 'in' | 'out';
  comment?: string;
}

/** A capture. */
export interface CommentedCapture {
  comment: string;
  /** Names of interfaces. */
  interfaces: readonly string[];
  packets: readonly CommentedPacket[];
}

const BLOCK = { SECTION: 0x0a0d0d0a, INTERFACE: 1, PACKET: 6 } as const;
const OPTION = { COMMENT: 1, IF_NAME: 2, EPB_FLAGS: 2 } as const;
const BYTE_ORDER = 0x1a2b3c4d;
/** Options are at most so long; a comment is cut there. */
const LONGEST = 0xfff0;

/** The bytes of the file. Timestamps are in microseconds. */
export function pcapng({ comment, interfaces, packets }: CommentedCapture): Buffer {
  return Buffer.concat([
    block(BLOCK.SECTION, sectionHead(), [option(OPTION.COMMENT, text(comment))]),
    ...interfaces.map((name) => block(BLOCK.INTERFACE, interfaceHead(), [option(OPTION.IF_NAME, text(name))])),
    ...packets.map(packetBlock),
  ]);
}

function sectionHead(): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt32LE(BYTE_ORDER, 0);
  head.writeUInt16LE(1, 4);
  // The length of the section is not told.
  head.fill(0xff, 8, 16);
  return head;
}

function interfaceHead(): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16LE(LINKTYPE_RAW, 0);
  return head;
}

function packetBlock({ at, bytes, originalLength, interface: place, direction, comment }: CommentedPacket): Buffer {
  const head = Buffer.alloc(20);
  const time = BigInt(Math.round(at * 1000));
  head.writeUInt32LE(place, 0);
  head.writeUInt32LE(Number(time >> 32n), 4);
  head.writeUInt32LE(Number(time & 0xffffffffn), 8);
  head.writeUInt32LE(bytes.length, 12);
  head.writeUInt32LE(originalLength, 16);
  const flags = Buffer.alloc(4);
  flags.writeUInt32LE(direction === 'in' ? 1 : 2);
  return block(BLOCK.PACKET, Buffer.concat([head, padded(bytes)]), [
    ...(comment === undefined ? [] : [option(OPTION.COMMENT, text(comment))]),
    ...(direction === undefined ? [] : [option(OPTION.EPB_FLAGS, flags)]),
  ]);
}

function text(value: string): Buffer {
  return Buffer.from(value, 'utf8').subarray(0, LONGEST);
}

function option(code: number, value: Uint8Array): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(code, 0);
  head.writeUInt16LE(value.length, 2);
  return Buffer.concat([head, padded(value)]);
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

/** Its length is before and after its body. */
function block(type: number, body: Uint8Array, options: readonly Uint8Array[]): Buffer {
  const end = Buffer.alloc(4); // opt_endofopt
  const content = Buffer.concat([body, ...options, ...(options.length === 0 ? [] : [end])]);
  const head = Buffer.alloc(8);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(12 + content.length);
  head.writeUInt32LE(type, 0);
  length.copy(head, 4);
  return Buffer.concat([head, content, length]);
}
