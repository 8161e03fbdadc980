/** TCP conversations by their addresses and ports. */
import { seqAdd, seqDiff, seqGt } from '../mptcp/index.ts';
import { FLAG, hasMptcpCode, isOpeningSyn } from '../packet/index.ts';
import { startsAnother } from './doubt.ts';
import type { Packet, TcpSegment } from '../packet/types.ts';
import { newEnd, other, type Flow, type FlowDirection, type FlowEnd, type Side } from './connection.ts';

/** Metadata of a captured packet. */
export interface PacketNote {
  /** Number in the capture, from 1. */
  index: number;
  /** Milliseconds since 1970. */
  at: number;
  payloadKnown: boolean;
  optionsKnown: boolean;
}

/** Silence after which a SYN with another ISN is a new conversation also without an end of the old one, milliseconds. */
const REUSE = 60_000;

/** The conversations that are followed now. */
export class Flows {
  readonly #byTuple = new Map<string, FlowDirection>();
  readonly #limit: number;
  readonly #evict: (oldest: Flow) => void;
  readonly #complete: boolean;
  /** Conversations without MPTCP, as far as their SYN was seen. */
  plain = 0;

  /**
   * @param limit conversations at once: no capture takes unbounded memory
   * @param evict drops the oldest one, where there is no room for another
   * @param complete no packet is missing
   */
  constructor(limit: number, evict: (oldest: Flow) => void, complete: boolean) {
    this.#limit = limit;
    this.#evict = evict;
    this.#complete = complete;
  }

  /** The conversation that a packet belongs to; a SYN or an MPTCP option begins one. */
  of(packet: Packet, note: PacketNote): FlowDirection | undefined {
    const { ip, tcp } = packet;
    const key = tuple(ip.src, tcp.srcPort, ip.dst, tcp.dstPort);
    const known = this.#byTuple.get(key);
    const opens = isOpeningSyn(tcp);
    if (known !== undefined && !this.#isReuse(known, tcp, opens, note.at)) return known;
    if ((tcp.flags & FLAG.SYN) === 0 && !tcp.options.some(hasMptcpCode)) return undefined;
    if (known !== undefined) this.drop(known.flow);
    return this.#open(key, packet, note);
  }

  /** Forgets a conversation, unless another one uses its ports by now. */
  drop(flow: Flow): void {
    const [a, b] = flow.ends;
    const key = tuple(a.address, a.port, b.address, b.port);
    if (this.#byTuple.get(key)?.flow !== flow) return;
    if (flow.connection === undefined) this.plain++;
    this.#byTuple.delete(key);
    this.#byTuple.delete(tuple(b.address, b.port, a.address, a.port));
  }

  /** Whether a packet starts a new conversation between ports that were in use before. */
  #isReuse(known: FlowDirection, tcp: TcpSegment, opens: boolean, at: number): boolean {
    if ((tcp.flags & FLAG.SYN) === 0) return false;
    // With packets missing, the end of the old conversation may be among them.
    if (!this.#complete) return startsAnother(known, tcp, !opens);
    return opens && isReuse(known, tcp, at);
  }

  #open(key: string, packet: Packet, note: PacketNote): FlowDirection {
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
    const opened: FlowDirection = { flow, direction };
    this.#byTuple.set(key, opened);
    this.#byTuple.set(tuple(ip.dst, tcp.dstPort, ip.src, tcp.srcPort), { flow, direction: other(direction) });
    return opened;
  }

  #makeRoom(): void {
    if (this.#byTuple.size < this.#limit * 2) return;
    // Maps keep the order of insertion: the first are the oldest conversations.
    const [oldest] = this.#byTuple.values();
    if (oldest !== undefined) this.#evict(oldest.flow);
  }
}

function tuple(source: string, sourcePort: number, destination: string, destinationPort: number): string {
  return `${source}|${sourcePort}|${destination}|${destinationPort}`;
}

/** Whether a SYN starts a new conversation between ports that were in use before. */
function isReuse({ flow, direction }: FlowDirection, tcp: TcpSegment, at: number): boolean {
  const { isn } = flow.ends[direction];
  // A conversation that was seen from its middle on has nothing to do with a SYN that comes after.
  if (flow.opening === 'unknown' && isn === undefined && flow.connection !== undefined) return true;
  if (isn === tcp.seq || isn === undefined) return false;
  const untouched = flow.ends[0].synSeen && !flow.thirdSeen && flow.ends[1].packets === 0;
  if (flow.closedAt !== undefined || untouched || at - flow.lastAt > REUSE) return true;
  flow.stray = true;
  return false;
}

/** The little that is kept of a conversation before it shows MPTCP. */
export function trackPlain(sender: FlowEnd, tcp: TcpSegment, optionsKnown: boolean): void {
  sender.packets++;
  const syn = (tcp.flags & FLAG.SYN) !== 0;
  if (syn) {
    sender.synSeen = true;
    sender.isn = tcp.seq;
    sender.ssnBase = tcp.seq;
    sender.synBytes = tcp.payload.length;
    if (optionsKnown) sender.synOptions = tcp.options.map((option) => option.kind);
  }
  const end = seqAdd(tcp.seq, tcp.payload.length + (syn ? 1 : 0));
  if (sender.next === undefined || seqGt(end, sender.next)) sender.next = end;
}

/** Bytes of a segment that lie after all that came before. */
export function freshBytes(sender: FlowEnd, seq: number, length: number): number {
  if (sender.next === undefined) return length;
  return Math.max(0, Math.min(length, seqDiff(seqAdd(seq, length), sender.next)));
}
