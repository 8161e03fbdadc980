/** For tests: conversations altered in one respect, and what is to be said of them. */
import { FLAG } from '../../packet/index.ts';
import type { Packet, TcpOption } from '../../packet/types.ts';
import type { ConversationChoice, NamedPacket } from './conversation.ts';

/** One alteration. */
export interface Alteration {
  /** Packet that is altered. */
  packet: string;
  /** Description of the alteration, for the test's name. */
  what: string;
  change: (packet: Packet) => void;
  /** Clause that has to be reported as broken, and by which rule. */
  clause: string;
  rule: string;
  /** Who is to blame. */
  host: 'initiator' | 'responder';
  choice?: Partial<ConversationChoice>;
}

/** Replaces an option by one of another kind. */
export function replaceOption(kind: TcpOption['kind'], option: TcpOption): (packet: Packet) => void {
  return ({ tcp }) => {
    tcp.options = tcp.options.map((one) => (one.kind === kind ? option : one));
  };
}

/** Puts the bytes of an option there as they are. */
export function rawOption(kind: TcpOption['kind'], ...bytes: number[]): (packet: Packet) => void {
  return replaceOption(kind, { kind: 'raw', raw: Uint8Array.from(bytes) });
}

/** Adds an option. */
export function addOption(option: TcpOption): (packet: Packet) => void {
  return ({ tcp }) => tcp.options.push(option);
}

/** Takes an option away. */
export function withoutOption(kind: TcpOption['kind']): (packet: Packet) => void {
  return ({ tcp }) => {
    tcp.options = tcp.options.filter((one) => one.kind !== kind);
  };
}

/** The packets of a conversation with one packet inserted after one of them, made from it. */
export function inserted(
  packets: readonly NamedPacket[],
  after: string,
  change: (packet: Packet) => void,
  from = after,
): NamedPacket[] {
  const source = packets.find((one) => one.name === from);
  if (source === undefined) throw new Error(`no packet is named ${from}`);
  const packet = structuredClone(source.packet);
  change(packet);
  return packets.flatMap((one) => (one.name === after ? [one, { name: 'inserted', at: one.at + 0.5, packet }] : [one]));
}

/** Turns a packet into a RST without payload that carries these options. */
export function asReset(...options: TcpOption[]): (packet: Packet) => void {
  return ({ tcp }) => {
    tcp.flags = FLAG.RST | FLAG.ACK;
    tcp.payload = new Uint8Array(0);
    tcp.options = options;
  };
}
