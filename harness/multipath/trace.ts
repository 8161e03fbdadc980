/** Everything that passed the tester, as it came and as it went. */
import { seqDiff } from '../mptcp/index.ts';
import { decodePacket, isMptcp, isNotTcp, type Packet } from '../packet/index.ts';
import { FLAG } from '../packet/types.ts';
import type { Entered, Left } from '../wire/forward/types.ts';
import type { Side } from './hosts.ts';

/** A packet as a host sent it, decoded. */
export interface Sent {
  record: Entered;
  packet: Packet;
}

/** Packets that the forwarder of a scenario has seen so far. */
export class Trace {
  /** Packets in the order in which hosts sent them. */
  readonly sent: Sent[] = [];
  /** Packets in the order in which they left the paths. */
  readonly left: Left[] = [];
  readonly #onChange: () => void;
  /** Joins whose third packet has gone, and what it awaits: path and port to path. */
  readonly #thirds = new Map<string, string>();
  readonly #joined = new Set<string>();

  /** @param onChange is called after every packet that a host sent */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Records a packet that entered a path. */
  enter(record: Entered): void {
    const packet = decodePacket(record.bytes);
    // Raw sockets for TCP hand over nothing else; a fragment would be one that no host of ours sends.
    if (isNotTcp(packet)) return;
    this.sent.push({ record, packet });
    if (record.way === 'up' && packet.tcp.options.some((one) => one.kind === 'mp_join' && one.form === 'ack')) {
      this.#thirds.set(`${record.path} ${packet.tcp.srcPort}`, record.path);
    }
    this.#onChange();
  }

  /** Records the fate of a packet that entered before. */
  leave(record: Left): void {
    this.left.push(record);
    if (record.way === 'up' || this.#thirds.size === 0) return;
    // As the client gets it: behind a NAT only that has the client's port.
    const packet = decodePacket(record.bytes);
    if (isNotTcp(packet) || (packet.tcp.flags & (FLAG.SYN | FLAG.RST)) !== 0) return;
    const key = `${record.path} ${packet.tcp.dstPort}`;
    const joined = this.#thirds.get(key);
    if (joined === undefined) return;
    this.#thirds.delete(key);
    this.#joined.add(joined);
    this.#onChange();
  }

  /** Packets of one side, from a time on (and before another), on one path or on all. */
  of(
    from: Side,
    { path, since = 0, before = Infinity }: { path?: string | undefined; since?: number; before?: number },
  ): Sent[] {
    const way = from === 'client' ? 'up' : 'down';
    return this.sent.filter(
      ({ record }) =>
        record.way === way && (path === undefined || record.path === path) && record.at >= since && record.at < before,
    );
  }

  /** Whether an additional subflow stands on a path: its third packet was answered. */
  hasJoined(path: string): boolean {
    return this.#joined.has(path);
  }

  /** Number of segments that the tester has dropped on a path by choice so far. */
  dropped(path: string): number {
    return this.#droppedOn(path).length;
  }

  /** Whether the receiver has acknowledged, on that path, all that the tester dropped there by choice. */
  hasRecovered(path: string): boolean {
    return this.#droppedOn(path).every(({ record, packet: { ip, tcp } }) =>
      this.sent.some((one) => {
        const { ip: backIp, tcp: back } = one.packet;
        return (
          one.record.path === path &&
          one.record.way !== record.way &&
          one.record.at > record.at &&
          backIp.dst === ip.src &&
          back.dstPort === tcp.srcPort &&
          back.srcPort === tcp.dstPort &&
          seqDiff(back.ack, tcp.seq + tcp.payload.length) >= 0
        );
      }),
    );
  }

  #droppedOn(path: string): Sent[] {
    return this.sent.filter(({ record }) => record.path === path && record.fate === 'dropped');
  }

  /** Bytes of payload that hosts sent on a path, either way, from a time on. */
  payloadOn(path: string, since: number): number {
    let sum = 0;
    for (const { record, packet } of this.sent) {
      if (record.path === path && record.at >= since) sum += packet.tcp.payload.length;
    }
    return sum;
  }
}

/** Whether a packet has an option of MPTCP, any or a certain one. */
export function hasOption({ tcp }: Packet, kind?: string): boolean {
  return tcp.options.some((one) => (kind === undefined ? isMptcp(one) : one.kind === kind));
}
