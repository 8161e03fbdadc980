/**
 * Signs that a conversation in a capture with gaps is several: ports were used again, and the packets between are
 * missing. Breaches in such a connection are not reported. Pure.
 */
import { seqAdd, seqDiff, seqGeq, seqGt, seqInWindow } from '../mptcp/index.ts';
import type { FlowDirection } from './connection.ts';
import type { PacketEvent } from './types.ts';

/** Bytes beyond what was seen last of a subflow that no window and no ordinary gap explains. */
const FAR = 2 ** 22;
/** Bytes by which an acknowledgement may lag. */
const FAR_BEHIND = 2 ** 26;
/** Distance of data sequence numbers that no window explains, of 8 bytes and of 4. */
const FAR_DATA = { wide: 2 ** 31, narrow: 2 ** 28 } as const;

/**
 * Whether a SYN or SYN/ACK cannot be of the conversation that used its ports last: its number is another, or it
 * acknowledges another SYN.
 */
export function startsAnother(
  { flow, direction }: FlowDirection,
  tcp: PacketEvent['packet']['tcp'],
  answers: boolean,
): boolean {
  const sender = flow.ends[direction];
  const peer = flow.ends[direction === 0 ? 1 : 0];
  if (sender.isn !== undefined) return sender.isn !== tcp.seq;
  if (answers) return peer.isn !== undefined && !isJustAfter(tcp.ack, peer.isn, peer.synBytes);
  // The SYN of a conversation may come after its SYN/ACK in a capture, and after nothing else.
  return sender.packets > 0 || peer.acked !== undefined || sender.acked !== seqAdd(tcp.seq, 1);
}

function isJustAfter(ack: number, isn: number, bytes: number): boolean {
  const distance = seqDiff(ack, isn);
  return distance >= 1 && distance <= 1 + bytes;
}

/** Evidence that a capture which claims to be complete lacks packets; undefined without any. */
export function hole({ packet, receiver, ack, rst, syn, index }: PacketEvent): string | undefined {
  if (!ack || rst || syn || receiver.next === undefined) return undefined;
  // A FIN counts as one.
  const missing = seqDiff(packet.tcp.ack, receiver.next);
  if (missing <= 1 || missing > FAR) return undefined;
  return `packet ${index} acknowledges ${missing} bytes that are not in the capture`;
}

/** Reason why a packet cannot belong to its presumed conversation; undefined without one. */
export function contradiction(event: PacketEvent): string | undefined {
  const { packet, sender, receiver, syn, rst, length, connection, side, flow } = event;
  const { tcp } = packet;
  if (syn) return undefined;
  if (sender.next !== undefined && Math.abs(seqDiff(tcp.seq, sender.next)) > FAR && !rst)
    return 'its sequence numbers jump';
  if (event.ack && !rst && receiver.next !== undefined) {
    const distance = seqDiff(tcp.ack, receiver.next);
    if (distance > FAR || distance < -FAR_BEHIND) return 'its acknowledgements jump';
  }
  // The last packets of a conversation may come after the SYN of the next one between the same ports.
  if (sender.isn !== undefined && !rst && seqGt(sender.isn, tcp.seq))
    return 'its sequence numbers are from before its SYN';
  const end = seqAdd(tcp.seq, length);
  if (sender.rst && !rst && sender.next !== undefined && seqGt(end, sender.next)) return 'it goes on after a RST';
  if (length > 0 && sender.fin !== undefined && seqGeq(tcp.seq, sender.fin)) return 'it goes on after a FIN';
  // Ports that are used again get numbers a little beyond those of the last time.
  if (sender.fin !== undefined && !rst && seqGt(tcp.seq, seqAdd(sender.fin, 1))) return 'it goes on after a FIN';
  if (event.ack && !rst && receiver.fin !== undefined && seqGt(tcp.ack, seqAdd(receiver.fin, 1)))
    return 'it acknowledges more than there was before a FIN';
  if (side === 0 && flow === connection.flows[0]) {
    const key = connection.parties[0].key;
    for (const option of tcp.options)
      if (
        option.kind === 'mp_capable' &&
        key !== undefined &&
        option.senderKey !== undefined &&
        option.senderKey !== key
      )
        return 'its keys differ';
  }
  return dataContradiction(event, hasGap(event)) ?? (hasGap(event) ? mappingContradiction(event) : undefined);
}

/** Whether packets of the conversation are missing before this one: those of another may follow. */
function hasGap({ packet, sender, receiver, ack }: PacketEvent): boolean {
  if (sender.lost || receiver.lost) return true;
  if (sender.next !== undefined && seqGt(packet.tcp.seq, sender.next)) return true;
  return ack && receiver.next !== undefined && seqGt(packet.tcp.ack, receiver.next);
}

/** After a gap: a mapping that is counted from another start of the subflow. */
function mappingContradiction({ mapping, ssn, length }: PacketEvent): string | undefined {
  if (mapping === undefined || mapping.infinite || ssn === undefined || length === 0) return undefined;
  const inside = seqInWindow(ssn, mapping.ssn, mapping.bytes) || seqInWindow(mapping.ssn, ssn, length);
  return inside ? undefined : 'its mappings count from another start';
}

/** @param gap whether the numbers that the handshake gave may be those of another connection */
function dataContradiction({ mapping, dataAck, connection, side }: PacketEvent, gap: boolean): string | undefined {
  const own = connection.parties[side].stream;
  if (mapping !== undefined && !mapping.infinite && (own.mapped || gap)) {
    const far = mapping.wide ? FAR_DATA.wide : FAR_DATA.narrow;
    if (Math.abs(mapping.dsn - own.edge) > far) return 'its data sequence numbers jump';
  }
  const peer = connection.parties[side === 0 ? 1 : 0].stream;
  if (dataAck !== undefined && (gap || peer.mapped || peer.acked !== undefined)) {
    const near = Math.max(peer.edge, peer.acked ?? 1);
    if (Math.abs(dataAck - near) > FAR_DATA.narrow) return 'its Data ACKs jump';
  }
  return undefined;
}
