/** Puts packets into TCP conversations, and conversations into MPTCP connections. */
import { seqAdd, seqDiff, seqGeq, seqGt, seqOffset } from '../mptcp/index.ts';
import { FLAG, hasMptcpCode } from '../packet/index.ts';
import type { OptionMpJoin, Packet, TcpSegment } from '../packet/types.ts';
import {
  newConnection,
  newEnd,
  noteAddress,
  other,
  sideOf,
  type Connection,
  type Flow,
  type FlowEnd,
  type Side,
} from './connection.ts';
import { learnKeys, type TokenTable } from './handshake.ts';
import { resolveDataLevel } from './data-level.ts';
import type { PacketEvent } from './types.ts';

/** What the capture says of a packet besides its octets. */
export interface PacketNote {
  /** Number in the capture, from 1. */
  index: number;
  /** Milliseconds since 1970. */
  at: number;
  payloadKnown: boolean;
  optionsKnown: boolean;
}

interface Entry {
  flow: Flow;
  direction: Side;
}

/** What a tracker goes by. */
export interface TrackerSettings {
  /** Conversations at once; the oldest make room: no capture takes unbounded memory. */
  flows: number;
  /** Every packet is there, in the order in which one end saw them. */
  complete: boolean;
  /** Tells the addresses of one host from all others, where that is known. */
  isHost?: ((address: string) => boolean) | undefined;
}

/** What a tracker tells of: connections that came and those that it let go. */
export interface TrackerEvents {
  opened(connection: Connection): void;
  retired(connection: Connection): void;
}

/** Time after which a closed connection is let go, milliseconds of the capture. */
const LINGER = 2_000;
/** Silence after which a SYN with another ISN is a new conversation also without an end of the old one. */
const REUSE = 60_000;

/** Follows all conversations of a capture. */
export class Tracker {
  readonly #flows = new Map<string, Entry>();
  readonly #tokens: TokenTable = new Map();
  readonly #orphans = new Map<number, Connection>();
  readonly #closed: Connection[] = [];
  readonly #live = new Set<Connection>();
  readonly #events: TrackerEvents;
  readonly #settings: TrackerSettings;
  #count = 0;
  /** Conversations without MPTCP, as far as their SYN was seen. */
  plainFlows = 0;

  constructor(events: TrackerEvents, settings: TrackerSettings) {
    this.#events = events;
    this.#settings = settings;
  }

  /** The packet as an event of its connection; undefined when it belongs to none. */
  resolve(packet: Packet, note: PacketNote): PacketEvent | undefined {
    const entry = this.#entryOf(packet, note);
    if (entry === undefined) return undefined;
    const { flow, direction } = entry;
    flow.lastAt = note.at;
    if (flow.connection === undefined && !this.#attach(flow, direction, packet, note)) {
      trackPlain(flow.ends[direction], packet.tcp, note.optionsKnown);
      return undefined;
    }
    return this.#event(packet, note, flow, direction);
  }

  /** Connections that are closed for long enough are let go. */
  sweep(at: number): void {
    while (this.#closed.length > 0) {
      const [first] = this.#closed;
      if (first === undefined || at - first.lastAt < LINGER) return;
      this.#closed.shift();
      if (this.#live.has(first) && isOver(first)) this.#retire(first);
    }
  }

  /** A flow has come to its end. */
  closed(connection: Connection): void {
    if (isOver(connection) && !this.#closed.includes(connection)) this.#closed.push(connection);
  }

  /** The capture is over. */
  finish(): void {
    for (const connection of [...this.#live].sort((a, b) => a.number - b.number)) this.#retire(connection);
  }

  #entryOf(packet: Packet, note: PacketNote): Entry | undefined {
    const { ip, tcp } = packet;
    const key = `${ip.src}|${tcp.srcPort}|${ip.dst}|${tcp.dstPort}`;
    const entry = this.#flows.get(key);
    const opens = (tcp.flags & (FLAG.SYN | FLAG.ACK)) === FLAG.SYN;
    if (entry !== undefined && !(opens && this.#isReuse(entry, tcp, note.at))) return entry;
    if ((tcp.flags & FLAG.SYN) === 0 && !tcp.options.some(hasMptcpCode)) return undefined;
    if (entry !== undefined) this.#dropFlow(entry.flow);
    return this.#open(key, packet, note);
  }

  /** Whether a SYN starts a new conversation between ports that were in use before. */
  #isReuse({ flow, direction }: Entry, tcp: TcpSegment, at: number): boolean {
    const { isn } = flow.ends[direction];
    // A conversation that was seen from its middle on has nothing to do with a SYN that comes after.
    if (flow.opening === 'unknown' && isn === undefined && flow.connection !== undefined) return true;
    if (isn === tcp.seq || isn === undefined) return false;
    const untouched = flow.ends[0].synSeen && !flow.thirdSeen && flow.ends[1].packets === 0;
    if (flow.closedAt !== undefined || untouched || at - flow.lastAt > REUSE) return true;
    flow.stray = true;
    return false;
  }

  #open(key: string, packet: Packet, note: PacketNote): Entry {
    this.#makeRoom();
    const { ip, tcp } = packet;
    const sender = newEnd(ip.src, tcp.srcPort);
    const receiver = newEnd(ip.dst, tcp.dstPort);
    const answers = (tcp.flags & (FLAG.SYN | FLAG.ACK)) === (FLAG.SYN | FLAG.ACK);
    const direction: Side = answers ? 1 : 0;
    const flow: Flow = {
      number: 0,
      opening: 'unknown',
      ends: answers ? [receiver, sender] : [sender, receiver],
      openedBy: 0,
      connection: undefined,
      firstAt: note.at,
      lastAt: note.at,
      firstIndex: note.index,
      join: { token: undefined, nonces: [undefined, undefined], backup: false },
      thirdSeen: false,
      fourthSeen: false,
      closedAt: undefined,
      stray: false,
    };
    const entry: Entry = { flow, direction };
    this.#flows.set(key, entry);
    this.#flows.set(`${ip.dst}|${tcp.dstPort}|${ip.src}|${tcp.srcPort}`, { flow, direction: other(direction) });
    return entry;
  }

  /** Ties a conversation to a connection by its first MPTCP option; false while it has none. */
  #attach(flow: Flow, direction: Side, packet: Packet, note: PacketNote): boolean {
    const option = packet.tcp.options.find(hasMptcpCode);
    if (option === undefined) return false;
    if (option.kind === 'mp_join') this.#attachJoin(flow, direction, option, packet, note);
    else {
      flow.opening = option.kind === 'mp_capable' ? 'capable' : 'unknown';
      if (flow.opening === 'unknown') this.#noteUnattached();
      this.#adopt(flow, this.#create(note));
      const { connection } = flow;
      if (connection !== undefined)
        connection.whole = (packet.tcp.flags & (FLAG.SYN | FLAG.ACK)) === FLAG.SYN || flow.ends[0].synSeen;
    }
    return true;
  }

  #attachJoin(flow: Flow, direction: Side, option: OptionMpJoin, packet: Packet, note: PacketNote): void {
    flow.opening = 'join';
    if (option.form !== 'syn' || direction !== 0) {
      this.#noteUnattached();
      this.#adopt(flow, this.#create(note));
      return;
    }
    flow.join.token = option.token;
    const owners = this.#tokens.get(option.token) ?? [];
    const owner =
      owners.findLast(({ connection, side }) => hasAddress(connection, side, packet.ip.dst)) ?? owners.at(-1);
    const target = owner === undefined ? undefined : this.#targetOf(owner.connection, owner.side, packet);
    if (owner !== undefined && target !== undefined) {
      flow.openedBy = other(target);
      this.#adopt(flow, owner.connection);
      return;
    }
    this.#noteUnattached();
    let orphan = this.#orphans.get(option.token);
    if (orphan === undefined) {
      orphan = this.#create(note);
      this.#orphans.set(option.token, orphan);
    }
    this.#adopt(flow, orphan);
  }

  /**
   * The side that a join is sent to: mostly the one whose token it has, but a host may send its own token by mistake.
   * Undefined where all of a connection's packets are known and the join is to and from none of its addresses: a tester
   * may send any token to any address.
   */
  #targetOf(connection: Connection, owner: Side, { ip }: Packet): Side | undefined {
    const { isHost } = this.#settings;
    if (isHost !== undefined && isHost(ip.src) !== isHost(ip.dst)) {
      const hosts = ([0, 1] as const).filter((side) =>
        [...connection.parties[side].addresses.values()].some((set) => [...set].some(isHost)),
      );
      const [host] = hosts;
      if (hosts.length === 1 && host !== undefined) return isHost(ip.dst) ? host : other(host);
    }
    const knows = (side: Side): boolean => hasAddress(connection, side, ip.dst) || hasAddress(connection, side, ip.src);
    if (this.#settings.complete && !knows(0) && !knows(1)) return undefined;
    const own = onlyOf(connection, owner, ip.src) || onlyOf(connection, other(owner), ip.dst);
    return own ? other(owner) : owner;
  }

  /** A subflow that cannot be told to be of any connection may be of each: none is seen whole any more. */
  #noteUnattached(): void {
    if (this.#settings.complete) for (const connection of this.#live) connection.elsewhere = true;
  }

  #create(note: PacketNote): Connection {
    const connection = newConnection(++this.#count, note.at, this.#settings.complete, this);
    this.#live.add(connection);
    this.#events.opened(connection);
    return connection;
  }

  #adopt(flow: Flow, connection: Connection): void {
    connection.flows.push(flow);
    flow.number = connection.flows.length;
    flow.connection = connection;
    if (flow.opening === 'join') return;
    noteAddress(connection.parties[0], 0, flow.ends[0].address);
    noteAddress(connection.parties[1], 0, flow.ends[1].address);
  }

  #event(packet: Packet, note: PacketNote, flow: Flow, direction: Side): PacketEvent | undefined {
    const { connection } = flow;
    if (connection === undefined) return undefined;
    const { tcp } = packet;
    const sender = flow.ends[direction];
    const receiver = flow.ends[other(direction)];
    const syn = (tcp.flags & FLAG.SYN) !== 0;
    const side = sideOf(flow, direction);
    // Later on keys come only in repetitions.
    if ((syn || sender.packets < 8) && flow.opening === 'capable' && flow === connection.flows[0]) {
      for (const option of tcp.options)
        if (option.kind === 'mp_capable') learnKeys(connection, direction, option, tcp.flags, this.#tokens);
    }
    const length = tcp.payload.length;
    const extent = length + (syn ? 1 : 0) + ((tcp.flags & FLAG.FIN) !== 0 ? 1 : 0);
    const ssn = sender.ssnBase === undefined ? undefined : seqOffset(tcp.seq, sender.ssnBase);
    const level = resolveDataLevel(connection, side, sender, tcp.options, length);
    return {
      index: note.index,
      at: note.at,
      packet,
      connection,
      flow,
      side,
      sender,
      receiver,
      syn,
      ack: (tcp.flags & FLAG.ACK) !== 0,
      rst: (tcp.flags & FLAG.RST) !== 0,
      fin: (tcp.flags & FLAG.FIN) !== 0,
      length,
      payloadKnown: note.payloadKnown,
      optionsKnown: note.optionsKnown,
      retransmission: extent > 0 && sender.next !== undefined && seqGeq(sender.next, seqAdd(tcp.seq, extent)),
      ssn,
      mapping: level.mapping,
      dataAck: level.dataAck,
    };
  }

  #makeRoom(): void {
    if (this.#flows.size < this.#settings.flows * 2) return;
    // Maps keep the order of insertion: the first are the oldest conversations.
    const [oldest] = this.#flows.values();
    if (oldest === undefined) return;
    const { connection } = oldest.flow;
    if (connection === undefined) this.#dropFlow(oldest.flow);
    else this.#retire(connection);
  }

  #dropFlow(flow: Flow): void {
    if (flow.connection === undefined) this.plainFlows++;
    const [a, b] = flow.ends;
    this.#flows.delete(`${a.address}|${a.port}|${b.address}|${b.port}`);
    this.#flows.delete(`${b.address}|${b.port}|${a.address}|${a.port}`);
  }

  #retire(connection: Connection): void {
    if (!this.#live.delete(connection)) return;
    for (const flow of connection.flows) {
      const current = this.#flows.get(
        `${flow.ends[0].address}|${flow.ends[0].port}|${flow.ends[1].address}|${flow.ends[1].port}`,
      );
      if (current?.flow === flow) this.#dropFlow(flow);
    }
    for (const { token } of connection.parties) {
      if (token === undefined) continue;
      const rest = (this.#tokens.get(token) ?? []).filter((owner) => owner.connection !== connection);
      if (rest.length > 0) this.#tokens.set(token, rest);
      else this.#tokens.delete(token);
    }
    for (const flow of connection.flows) {
      if (flow.join.token !== undefined && this.#orphans.get(flow.join.token) === connection)
        this.#orphans.delete(flow.join.token);
    }
    this.#events.retired(connection);
  }
}

function hasAddress(connection: Connection, side: Side, address: string): boolean {
  for (const known of connection.parties[side].addresses.values()) if (known.has(address)) return true;
  return false;
}

/** Whether an address is known to be of this side and of this side only. */
function onlyOf(connection: Connection, side: Side, address: string): boolean {
  return hasAddress(connection, side, address) && !hasAddress(connection, other(side), address);
}

/** All subflows are at their end, and one of them said that no more will come. */
function isOver(connection: Connection): boolean {
  return connection.flows.every((flow) => flow.closedAt !== undefined);
}

/** The little that is kept of a conversation before it shows MPTCP. */
function trackPlain(sender: FlowEnd, tcp: TcpSegment, optionsKnown: boolean): void {
  sender.packets++;
  const syn = (tcp.flags & FLAG.SYN) !== 0;
  if (syn) {
    sender.synSeen = true;
    sender.isn = tcp.seq;
    sender.ssnBase = tcp.seq;
    sender.synOctets = tcp.payload.length;
    if (optionsKnown) sender.synOptions = tcp.options.map((option) => option.kind);
  }
  const end = seqAdd(tcp.seq, tcp.payload.length + (syn ? 1 : 0));
  if (sender.next === undefined || seqGt(end, sender.next)) sender.next = end;
}

/** Octets of a segment that lie behind all that came before. */
export function freshOctets(sender: FlowEnd, seq: number, length: number): number {
  if (sender.next === undefined) return length;
  return Math.max(0, Math.min(length, seqDiff(seqAdd(seq, length), sender.next)));
}
