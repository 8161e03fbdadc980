/** The fields of the TCP header and payload that packet lines can name: one row each. Pure. */
import { seqAdd } from '../mptcp/index.ts';
import { FLAG, type Packet, type TcpSegment } from '../packet/types.ts';
import type { FieldStyle, FieldValue } from '../packet/options/field.ts';
import { toInt } from './evaluate.ts';

/** Header of a correct host's packet at this point of the conversation. */
interface ExpectedHeader {
  /** Sequence number of the sender's next byte, relative to its ISN. */
  seq: number;
  /** Acknowledgment number, relative to the receiver's ISN. */
  ack: number;
  /** The bytes of the stream that the payload carries. */
  data(): Uint8Array;
}

/** One field of the header. */
export interface HeaderField {
  readonly style: FieldStyle;
  /** Base that the number is relative to, 32 bits; absolute if absent. */
  readonly base?: 'senderIsn' | 'receiverIsn';
  /** The value, as on the wire; undefined when the packet does not have the field. */
  read(packet: Packet): FieldValue | undefined;
  /** The packet with another value; undefined takes the field out where a packet can be without it. */
  write(packet: Packet, value: FieldValue | undefined): Packet;
  /** The packet with some other value. */
  alter(packet: Packet): Packet;
  /** The text of the value that packets are shown without. */
  readonly quiet?: string;
  /** The value of `auto` in an expected packet; none when absent. */
  auto?(expected: ExpectedHeader): FieldValue;
}

function withTcp(packet: Packet, change: Partial<TcpSegment>): Packet {
  return { ...packet, tcp: { ...packet.tcp, ...change } };
}

type NumberField = 'seq' | 'ack' | 'window' | 'urgent' | 'srcPort' | 'dstPort';

/** A number that every header has. `other` makes another of it. */
function numeric(
  property: NumberField,
  other: (value: number) => number,
): Pick<HeaderField, 'style' | 'read' | 'write' | 'alter'> {
  return {
    style: 'dec',
    read: ({ tcp }) => BigInt(tcp[property]),
    write: (packet, value) => (value === undefined ? packet : withTcp(packet, { [property]: Number(toInt(value)) })),
    alter: (packet) => withTcp(packet, { [property]: other(packet.tcp[property]) }),
  };
}

/** Far from every number that is in use. */
const farOff = (number: number): number => seqAdd(number, 0x10001);

const hasFlag = ({ tcp }: Packet, flag: number): boolean => (tcp.flags & flag) !== 0;

const seq: HeaderField = { ...numeric('seq', farOff), base: 'senderIsn', auto: (expected) => BigInt(expected.seq) };

const acknowledgment = numeric('ack', farOff);
const ack: HeaderField = {
  ...acknowledgment,
  base: 'receiverIsn',
  read: (packet) => (hasFlag(packet, FLAG.ACK) ? acknowledgment.read(packet) : undefined),
  write: (packet, value) => (hasFlag(packet, FLAG.ACK) ? acknowledgment.write(packet, value) : packet),
  auto: (expected) => BigInt(expected.ack),
};

const urgentPointer = numeric('urgent', (value) => value ^ 1);
const urg: HeaderField = {
  ...urgentPointer,
  read: (packet) => (hasFlag(packet, FLAG.URG) ? urgentPointer.read(packet) : undefined),
  write: (packet, value) =>
    value === undefined ? withTcp(packet, { flags: packet.tcp.flags & ~FLAG.URG }) : urgentPointer.write(packet, value),
  alter: (packet) =>
    hasFlag(packet, FLAG.URG)
      ? withTcp(packet, { flags: packet.tcp.flags & ~FLAG.URG })
      : withTcp(packet, { flags: packet.tcp.flags | FLAG.URG, urgent: 1 }),
};

const grown = ({ tcp }: Packet): Uint8Array => Uint8Array.from([...tcp.payload, 1]);

const len: HeaderField = {
  style: 'dec',
  quiet: '0',
  read: ({ tcp }) => BigInt(tcp.payload.length),
  write: (packet, value) => {
    const { payload } = packet.tcp;
    const length = value === undefined ? 0 : Number(toInt(value));
    return withTcp(packet, {
      payload: payload.length >= length ? payload.subarray(0, length) : new Uint8Array(length),
    });
  },
  alter: (packet) => withTcp(packet, { payload: grown(packet) }),
};

const data: HeaderField = {
  style: 'bytes',
  read: ({ tcp }) => tcp.payload,
  write: (packet, value = new Uint8Array(0)) => {
    if (!(value instanceof Uint8Array)) throw new RangeError('data: a packet to send needs bytes; write hex:00ff');
    return withTcp(packet, { payload: value });
  },
  alter: (packet) => {
    const { payload } = packet.tcp;
    const last = payload.length - 1;
    return withTcp(packet, { payload: last < 0 ? grown(packet) : payload.map((byte, i) => byte ^ Number(i === last)) });
  },
  auto: (expected) => expected.data(),
};

function address(name: string, property: 'src' | 'dst'): HeaderField {
  return {
    style: 'text',
    read: ({ ip }) => ip[property],
    write: (packet, value) => {
      if (typeof value !== 'string') throw new RangeError(`${name}: a packet to send needs an address`);
      return { ...packet, ip: { ...packet.ip, [property]: value } };
    },
    alter: (packet) => ({
      ...packet,
      ip: { ...packet.ip, [property]: packet.ip.family === 'ipv4' ? '192.0.2.1' : '2001:db8::1' },
    }),
  };
}

const flipLowest = (value: number): number => value ^ 1;

/** All of them, by the name that packet lines use. */
export const HEADER_FIELDS = {
  seq,
  ack,
  win: numeric('window', (value) => value ^ 0x8001),
  urg,
  len,
  data,
  from: address('from', 'src'),
  to: address('to', 'dst'),
  sport: numeric('srcPort', flipLowest),
  dport: numeric('dstPort', flipLowest),
} as const satisfies Readonly<Record<string, HeaderField>>;

/** Name of a header field. */
export type HeaderFieldName = keyof typeof HEADER_FIELDS;

/** The row of a header field. */
export function headerField(name: HeaderFieldName): HeaderField {
  return HEADER_FIELDS[name];
}

/** Whether a word names a header field. */
export function isHeaderField(name: string): name is HeaderFieldName {
  return Object.hasOwn(HEADER_FIELDS, name);
}

/** Flag names of a segment in the notation's order, `SYN/ACK`; `none` when there is no flag. */
export function flagText(tcp: Pick<TcpSegment, 'flags'>): string {
  const names = (['SYN', 'FIN', 'RST', 'PSH', 'URG', 'ECE', 'CWR', 'ACK'] as const).filter(
    (name) => (tcp.flags & FLAG[name]) !== 0,
  );
  return names.length === 0 ? 'none' : names.join('/');
}
