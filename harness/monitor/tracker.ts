/** Puts packets into TCP conversations, and conversations into MPTCP connections. */
import { FLAG, hasMptcpCode, isOpeningSyn } from '../packet/index.ts';
import type { OptionMpJoin, Packet } from '../packet/types.ts';
import { newConnection, noteAddress, other, type Connection, type Flow, type Side } from './connection.ts';
import { Flows, trackPlain, type PacketNote } from './flows.ts';
import { contradiction, hole } from './doubt.ts';
import { learnKeys } from './handshake.ts';
import { JoinAttribution, type JoinSettings } from './join-attribution.ts';
import { packetEvent } from './packet-event.ts';
import type { PacketEvent } from './types.ts';

/** Settings of a tracker. */
export interface TrackerSettings extends JoinSettings {
  /** Conversations at once; the oldest make room: no capture takes unbounded memory. */
  flows: number;
}

/** Events of a tracker: connections added and dropped. */
export interface TrackerEvents {
  opened(connection: Connection): void;
  retired(connection: Connection): void;
}

/** Time after which a closed connection is dropped, milliseconds of the capture. */
const LINGER = 2_000;
/** Packets of an end in which its keys come for the first time; later on they only come again. */
const KEYS_WITHIN = 8;

/** Follows all conversations of a capture. */
export class Tracker {
  readonly #flows: Flows;
  readonly #joins: JoinAttribution;
  readonly #closed: Connection[] = [];
  readonly #live = new Set<Connection>();
  readonly #events: TrackerEvents;
  readonly #complete: boolean;
  /** The harness made the capture itself: it has every packet, unlawful ones of its own too. */
  readonly #isOwn: boolean;
  #count = 0;

  constructor(events: TrackerEvents, settings: TrackerSettings) {
    this.#events = events;
    this.#complete = settings.complete;
    this.#isOwn = settings.isHost !== undefined;
    this.#joins = new JoinAttribution(settings);
    this.#flows = new Flows(
      settings.flows,
      (oldest) => {
        if (oldest.connection === undefined) this.#flows.drop(oldest);
        else this.#retire(oldest.connection);
      },
      settings.complete,
    );
  }

  /** Conversations without MPTCP that are over, as far as their SYN was seen. */
  get plainFlows(): number {
    return this.#flows.plain;
  }

  /** The packet as an event of its connection; undefined when it belongs to none. */
  resolve(packet: Packet, note: PacketNote): PacketEvent | undefined {
    const found = this.#flows.of(packet, note);
    if (found === undefined) return undefined;
    const { flow, direction } = found;
    flow.lastAt = note.at;
    const connection = flow.connection ?? this.#attach(flow, direction, packet, note);
    if (connection === undefined) {
      trackPlain(flow.ends[direction], packet.tcp, note.optionsKnown);
      return undefined;
    }
    this.#learnKeys(packet, flow, direction, connection);
    const event = packetEvent(packet, note, flow, direction, connection);
    if (!this.#complete) connection.doubt ??= contradiction(event);
    else if (!this.#isOwn) connection.doubt ??= hole(event);
    return event;
  }

  /** Drops connections that have been closed for long enough. */
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

  /** Ties a conversation to a connection by its first MPTCP option; undefined while it has none. */
  #attach(flow: Flow, direction: Side, packet: Packet, note: PacketNote): Connection | undefined {
    const option = packet.tcp.options.find(hasMptcpCode);
    if (option === undefined) return undefined;
    if (option.kind === 'mp_join') return this.#attachJoin(flow, direction, option, packet, note);
    flow.opening = option.kind === 'mp_capable' ? 'capable' : 'unknown';
    if (flow.opening === 'unknown') this.#noteUnattached();
    const connection = adopt(flow, this.#create(note));
    connection.whole = isOpeningSyn(packet.tcp) || flow.ends[0].synSeen;
    return connection;
  }

  #attachJoin(flow: Flow, direction: Side, option: OptionMpJoin, packet: Packet, note: PacketNote): Connection {
    flow.opening = 'join';
    if (option.form !== 'syn' || direction !== 0) {
      this.#noteUnattached();
      return adopt(flow, this.#create(note));
    }
    flow.join.token = option.token;
    const target = this.#joins.targetOf(option.token, packet);
    if (target !== undefined) {
      flow.openedBy = other(target.side);
      return adopt(flow, target.connection);
    }
    this.#noteUnattached();
    return adopt(
      flow,
      this.#joins.orphanOf(option.token, () => this.#create(note)),
    );
  }

  /** A subflow of unknown connection may belong to each: none counts as complete any more. */
  #noteUnattached(): void {
    if (this.#complete) for (const connection of this.#live) connection.elsewhere = true;
  }

  #create(note: PacketNote): Connection {
    const connection = newConnection(++this.#count, note.at, this.#complete, this);
    connection.translated = !this.#isOwn;
    this.#live.add(connection);
    this.#events.opened(connection);
    return connection;
  }

  #learnKeys({ tcp }: Packet, flow: Flow, direction: Side, connection: Connection): void {
    const mayBeFirst = (tcp.flags & FLAG.SYN) !== 0 || flow.ends[direction].packets < KEYS_WITHIN;
    if (!mayBeFirst || flow.opening !== 'capable' || flow !== connection.flows[0]) return;
    for (const option of tcp.options)
      if (option.kind === 'mp_capable') learnKeys(connection, direction, option, tcp.flags, this.#joins.tokens);
  }

  #retire(connection: Connection): void {
    if (!this.#live.delete(connection)) return;
    for (const flow of connection.flows) this.#flows.drop(flow);
    this.#joins.forget(connection);
    this.#events.retired(connection);
  }
}

function adopt(flow: Flow, connection: Connection): Connection {
  connection.flows.push(flow);
  flow.number = connection.flows.length;
  flow.connection = connection;
  if (flow.opening === 'join') return connection;
  noteAddress(connection.parties[0], 0, flow.ends[0].address);
  noteAddress(connection.parties[1], 0, flow.ends[1].address);
  return connection;
}

/** All subflows have ended, and one of them showed that no more will come. */
function isOver(connection: Connection): boolean {
  return connection.flows.every((flow) => flow.closedAt !== undefined);
}
