/** For tests: the packets of an MPTCP connection in which both hosts keep to the RFC. */
import { addAddrHmac, dssChecksum, idsn, joinHmac, token } from '../../mptcp/index.ts';
import { encodePacket, FLAG } from '../../packet/index.ts';
import type { OptionDss, OptionMpCapable, Packet, TcpOption } from '../../packet/types.ts';

/** Parameters of a conversation. */
export interface ConversationChoice {
  checksums: boolean;
  /** 8-byte data sequence numbers and Data ACKs, or 4-byte ones. */
  wide: boolean;
  family: 'ipv4' | 'ipv6';
}

/** A packet with the name by which tests change it. */
export interface NamedPacket {
  name: string;
  at: number;
  packet: Packet;
}

const KEYS = [0x0123456789abcdefn, 0xfedcba9876543210n] as const;
const NONCES = [0x11111111, 0x22222222] as const;

interface End {
  address: string;
  port: number;
  /** Next sequence number. */
  next: number;
  isn: number;
}

/** One subflow, written packet by packet. */
export interface Line {
  ends: [End, End];
  clock: number;
  /** The timestamp that each end sent last, which the other one echoes. */
  stamps: [number, number];
}

export type Direction = 0 | 1;

/** Bytes of one direction's stream from a data sequence number (relative, from 1) on. */
export function streamBytes(direction: Direction, dsn: number, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => ((dsn + i) * (direction === 0 ? 7 : 11)) & 0xff);
}

/** Writes conversations. */
export class Conversation {
  readonly packets: NamedPacket[] = [];
  readonly choice: ConversationChoice;
  #at = 1_700_000_000_000;
  readonly #acked = [1, 1];

  constructor(choice: Partial<ConversationChoice> = {}) {
    this.choice = { checksums: false, wide: true, family: 'ipv4', ...choice };
  }

  /** Lets time pass, milliseconds. */
  wait(time: number): void {
    this.#at += time;
  }

  /** Changes the packet that was sent last. */
  change(change: (packet: Packet) => void): void {
    const last = this.packets.at(-1);
    if (last !== undefined) change(last.packet);
  }

  /** An address of a host: 0 to 9 of the initiator, 10 and up of the responder. */
  address(number: number): string {
    return this.choice.family === 'ipv4' ? `10.0.0.${number + 1}` : `2001:db8::${(number + 1).toString(16)}`;
  }

  line(from: number, fromPort: number, to: number, toPort: number, isns: [number, number]): Line {
    return {
      ends: [
        { address: this.address(from), port: fromPort, next: isns[0], isn: isns[0] },
        { address: this.address(to), port: toPort, next: isns[1], isn: isns[1] },
      ],
      clock: 1000,
      stamps: [0, 0],
    };
  }

  send(
    name: string,
    line: Line,
    direction: Direction,
    flags: number,
    options: TcpOption[],
    payload: Uint8Array = new Uint8Array(0),
  ): void {
    const sender = line.ends[direction];
    const receiver = line.ends[direction === 0 ? 1 : 0];
    const { family } = this.choice;
    const ip: Packet['ip'] =
      family === 'ipv4'
        ? {
            family,
            src: sender.address,
            dst: receiver.address,
            tos: 0,
            id: this.packets.length + 1,
            fragment: 0x4000,
            ttl: 64,
            protocol: 6,
          }
        : {
            family,
            src: sender.address,
            dst: receiver.address,
            trafficClass: 0,
            flowLabel: 0,
            hopLimit: 64,
            protocol: 6,
          };
    const syn = (flags & FLAG.SYN) !== 0;
    const ts: TcpOption = { kind: 'ts', value: line.clock++, echo: line.stamps[direction === 0 ? 1 : 0] };
    line.stamps[direction] = ts.value;
    const common: TcpOption[] = syn ? [{ kind: 'mss', mss: 1460 }, ts, { kind: 'wscale', shift: 7 }] : [ts];
    this.packets.push({
      name,
      at: this.#at++,
      packet: {
        ip,
        tcp: {
          srcPort: sender.port,
          dstPort: receiver.port,
          seq: sender.next,
          ack: (flags & FLAG.ACK) === 0 ? 0 : receiver.next,
          flags,
          window: syn ? 65535 : 1024,
          urgent: 0,
          options: [...common, ...options],
          payload,
        },
      },
    });
    sender.next = (sender.next + payload.length + (syn ? 1 : 0) + ((flags & FLAG.FIN) === 0 ? 0 : 1)) >>> 0;
  }

  capable(extra: Partial<OptionMpCapable> = {}): OptionMpCapable {
    return { kind: 'mp_capable', version: 1, flags: this.choice.checksums ? 0x81 : 0x01, ...extra };
  }

  /** MP_CAPABLE that maps the initiator's first data. */
  capableData(payload: Uint8Array): OptionMpCapable {
    const base = { senderKey: KEYS[0], receiverKey: KEYS[1], dataLength: payload.length };
    if (!this.choice.checksums) return this.capable(base);
    const checksum = dssChecksum({ dsn: idsn(KEYS[0]) + 1n, ssn: 1, dataLength: payload.length, data: payload });
    return this.capable({ ...base, checksum });
  }

  /** A DSS with a Data ACK of all up to `ack` (relative), and a mapping when given. */
  dss(
    direction: Direction,
    mapping?: { dsn: number; ssn: number; length: number; data: Uint8Array; fin?: boolean },
  ): OptionDss {
    const { wide, checksums } = this.choice;
    const cut = (value: bigint): bigint => BigInt.asUintN(wide ? 64 : 32, value);
    const option: OptionDss = {
      kind: 'dss',
      reserved: 0,
      dataFin: mapping?.fin ?? false,
      dsn8: wide && mapping !== undefined,
      hasMap: mapping !== undefined,
      dataAck8: wide,
      hasDataAck: true,
      dataAck: cut(idsn(KEYS[direction === 0 ? 1 : 0]) + BigInt(this.#acked[direction] ?? 1)),
    };
    if (mapping === undefined) return option;
    const dsn = BigInt.asUintN(64, idsn(KEYS[direction]) + BigInt(mapping.dsn));
    return {
      ...option,
      dsn: cut(dsn),
      ssn: mapping.ssn,
      dataLength: mapping.length,
      ...(checksums
        ? { checksum: dssChecksum({ dsn, ssn: mapping.ssn, dataLength: mapping.length, data: mapping.data }) }
        : {}),
    };
  }

  /** Sets the next Data ACK of a side: the data that it has received without a gap. */
  received(direction: Direction, upTo: number): void {
    this.#acked[direction] = upTo;
  }

  /** Payload with a mapping of its own. */
  data(
    name: string,
    line: Line,
    sideOf: Direction,
    direction: Direction,
    dsn: number,
    count: number,
    fin = false,
  ): void {
    const data = streamBytes(sideOf, dsn, count);
    const end = line.ends[direction];
    const ssn = (end.next - end.isn) >>> 0;
    const mapping = { dsn, ssn, length: count + (fin ? 1 : 0), data, fin };
    this.send(name, line, direction, FLAG.ACK | FLAG.PSH, [this.dss(sideOf, mapping)], data);
  }

  ack(name: string, line: Line, sideOf: Direction, direction: Direction, more: TcpOption[] = []): void {
    this.send(name, line, direction, FLAG.ACK, [this.dss(sideOf), ...more]);
  }
}

/** A connection up to the handshake of its first subflow. */
export function opened(choice: Partial<ConversationChoice> = {}): { c: Conversation; a: Line } {
  const c = new Conversation(choice);
  const a = c.line(0, 40000, 10, 5001, [1000, 0xfffffff0]);
  openFirst(c, a);
  return { c, a };
}

/** A connection whose first subflow has carried data both ways: bytes 1 to 10 one way, 1 to 20 the other. */
export function established(choice: Partial<ConversationChoice> = {}): { c: Conversation; a: Line } {
  const { c, a } = opened(choice);
  exchangeFirst(c, a);
  return { c, a };
}

/** The same with a second subflow. */
export function joined(choice: Partial<ConversationChoice> = {}): { c: Conversation; a: Line; b: Line } {
  const { c, a } = established(choice);
  const b = c.line(1, 40001, 10, 5001, [0xffffff00, 9000]);
  openSecond(c, b);
  return { c, a, b };
}

/** A connection of two subflows with an announcement, data both ways and an orderly end. */
export function goodConversation(choice: Partial<ConversationChoice> = {}): NamedPacket[] {
  const { c, a, b } = joined(choice);
  transfer(c, a, b);
  finish(c, a, b);
  return c.packets;
}

function openFirst(c: Conversation, a: Line): void {
  c.send('syn', a, 0, FLAG.SYN, [c.capable()]);
  c.send('synack', a, 1, FLAG.SYN | FLAG.ACK, [c.capable({ senderKey: KEYS[1] })]);
  c.send('third', a, 0, FLAG.ACK, [c.capable({ senderKey: KEYS[0], receiverKey: KEYS[1] })]);
}

function exchangeFirst(c: Conversation, a: Line): void {
  const first = streamBytes(0, 1, 10);
  c.send('first-data', a, 0, FLAG.ACK | FLAG.PSH, [c.capableData(first)], first);
  c.received(1, 11);
  c.ack('first-ack', a, 1, 1);
  c.data('answer', a, 1, 1, 1, 20);
  c.received(0, 21);
  c.ack('answer-ack', a, 0, 0);
  const address = c.address(11);
  const hmac = addAddrHmac(KEYS[1], KEYS[0], 4, address, 0);
  c.send('add-addr', a, 1, FLAG.ACK, [{ kind: 'add_addr', reserved: 0, echo: false, addressId: 4, address, hmac }]);
  c.send('echo', a, 0, FLAG.ACK, [{ kind: 'add_addr', reserved: 0, echo: true, addressId: 4, address }]);
}

function openSecond(c: Conversation, b: Line): void {
  c.send('join-syn', b, 0, FLAG.SYN, [
    { kind: 'mp_join', form: 'syn', reserved: 0, backup: false, addressId: 2, token: token(KEYS[1]), nonce: NONCES[0] },
  ]);
  c.send('join-synack', b, 1, FLAG.SYN | FLAG.ACK, [
    {
      kind: 'mp_join',
      form: 'synack',
      reserved: 0,
      backup: false,
      addressId: 0,
      nonce: NONCES[1],
      hmac: joinHmac(KEYS[1], KEYS[0], NONCES[1], NONCES[0]).subarray(0, 8),
    },
  ]);
  c.send('join-ack', b, 0, FLAG.ACK, [
    {
      kind: 'mp_join',
      form: 'ack',
      reserved: 0,
      hmac: joinHmac(KEYS[0], KEYS[1], NONCES[0], NONCES[1]).subarray(0, 20),
    },
  ]);
  c.ack('join-fourth', b, 1, 1);
}

function transfer(c: Conversation, a: Line, b: Line): void {
  c.data('b-data', b, 0, 0, 11, 301);
  // One mapping for two segments; the second has none of its own.
  const long = streamBytes(0, 312, 401);
  const ssn = (a.ends[0].next - a.ends[0].isn) >>> 0;
  c.send('long-1', a, 0, FLAG.ACK, [c.dss(0, { dsn: 312, ssn, length: 401, data: long })], long.slice(0, 201));
  c.send('long-2', a, 0, FLAG.ACK | FLAG.PSH, [c.dss(0)], long.slice(201));
  c.received(1, 312);
  c.ack('b-data-ack', b, 1, 1);
  c.received(1, 713);
  c.ack('long-ack', a, 1, 1);
  c.data('more', b, 1, 1, 21, 50);
  c.received(0, 71);
  c.ack('more-ack', b, 0, 0);
  c.send('prio', b, 0, FLAG.ACK, [c.dss(0), { kind: 'mp_prio', reserved: 0, backup: true }]);
  c.send('remove', a, 1, FLAG.ACK, [c.dss(1), { kind: 'remove_addr', reserved: 0, addressIds: [4] }]);
}

function finish(c: Conversation, a: Line, b: Line): void {
  c.send('data-fin', a, 0, FLAG.ACK, [c.dss(0, { dsn: 713, ssn: 0, length: 1, data: new Uint8Array(0), fin: true })]);
  c.received(1, 714);
  c.ack('data-fin-ack', a, 1, 1);
  c.data('last', a, 1, 1, 71, 30, true);
  c.received(0, 102);
  c.ack('last-ack', a, 0, 0);
  for (const [name, line] of [
    ['a', a],
    ['b', b],
  ] as const) {
    c.send(`${name}-fin`, line, 0, FLAG.FIN | FLAG.ACK, [c.dss(0)]);
    c.send(`${name}-fin-answer`, line, 1, FLAG.FIN | FLAG.ACK, [c.dss(1)]);
    c.send(`${name}-end`, line, 0, FLAG.ACK, []);
  }
}

/** Bytes of all packets, for an analysis. */
export function encoded(packets: readonly NamedPacket[]): { at: number; bytes: Uint8Array }[] {
  return packets.map(({ at, packet }) => ({ at, bytes: encodePacket(packet) }));
}

/** The conversation with one packet changed. @throws when there is none of that name */
export function altered(
  packets: readonly NamedPacket[],
  name: string,
  change: (packet: Packet) => void,
): NamedPacket[] {
  if (!packets.some((one) => one.name === name)) throw new Error(`no packet is named ${name}`);
  return packets.map((one) => {
    if (one.name !== name) return one;
    const packet = structuredClone(one.packet);
    change(packet);
    return { ...one, packet };
  });
}

/** The first option of a kind. @throws when there is none */
export function optionOf<K extends TcpOption['kind']>(packet: Packet, kind: K): Extract<TcpOption, { kind: K }> {
  const found = packet.tcp.options.find((option) => option.kind === kind);
  if (found === undefined) throw new Error(`the packet has no option ${kind}`);
  return found as Extract<TcpOption, { kind: K }>;
}
