/** A subflow looks like TCP: it opens by a handshake, its numbers have no gaps for good, its header has nothing new. */
import { seqAdd, seqGeq, seqGt } from '../../mptcp/index.ts';
import { Arrival } from '../arrival.ts';
import type { FlowEnd } from '../connection.ts';
import type { Judge, Monitor, PacketEvent } from '../types.ts';
import { conduct, form, hex } from './rule.ts';

const headerBits = form('tcp-header-bits', '3-2.s1', '1.1-5.2.s1');
const handshake = form('data-after-handshake', '1.1-5.2.s1');
const gapless = conduct('subflow-without-gap', 'C.2.1-1.4.s2', '4-2.2.s1', '1.1-5.2.s1');
const sentAgain = conduct('lost-segment-sent-again', '6-11.3.s3', '1.1-5.2.s1');

/**
 * When a sender has had every chance to send a byte that its peer asks for: two retransmission timeouts of RFC 6298
 * have passed, the peer has asked several times, and new data was sent nevertheless.
 */
const ENOUGH = { milliseconds: 3000, requests: 3, segments: 3 };

/** A byte that the peer of a sender waits for. */
interface Wanted {
  seq: number;
  since: number;
  /** Of the first request: until then the sender may not know. */
  arrival: Arrival;
  requests: number;
  segments: number;
  told: boolean;
}

function checkReservedBits(judge: Judge, event: PacketEvent): void {
  const bits = (event.packet.tcp.reserved ?? 0) & 0x0e;
  if (bits === 0) {
    if (event.syn) judge.pass(headerBits, event.side);
  } else
    judge.broken(headerBits, event, {
      message: 'reserved bits of the TCP header are set',
      expected: '0',
      actual: hex(bits),
    });
}

/** Data of an end whose peer has not been heard, or that has not been heard itself. */
function checkHeardBeforeData(judge: Judge, event: PacketEvent): void {
  const { flow, sender, receiver, connection, side } = event;
  if (!connection.complete || !flow.ends[0].synSeen || flow.stray) return;
  if (sender.synSeen && receiver.synSeen) judge.pass(handshake, side);
  // With fast open the listener may send at once, and its SYN/ACK get lost.
  else if (flow.ends[0].synBytes === 0) {
    judge.broken(handshake, event, {
      message: `data is sent before ${receiver.synSeen ? 'its sender' : 'the peer'} took part in the handshake`,
    });
  }
}

/** A request of the peer for a byte: another one than before, or the same again. */
function noteRequest(event: PacketEvent, wanted: Map<FlowEnd, Wanted>): void {
  const { receiver, packet, at } = event;
  const { ack } = packet.tcp;
  if (receiver.next === undefined || receiver.acked !== ack || !seqGt(receiver.next, ack)) {
    if (wanted.size > 0) wanted.delete(receiver);
    return;
  }
  const known = wanted.get(receiver);
  if (known?.seq === ack) known.requests++;
  else
    wanted.set(receiver, {
      seq: ack,
      since: at,
      arrival: new Arrival(event, true),
      requests: 1,
      segments: 0,
      told: false,
    });
}

function checkSkippedData(judge: Judge, event: PacketEvent, gaps: Map<FlowEnd, number>, wanted: Wanted): boolean {
  const { packet, length, at, sender } = event;
  const { seq } = packet.tcp;
  if (!seqGt(seq, wanted.seq) && seqGt(seqAdd(seq, length), wanted.seq)) return true;
  if (event.retransmission || !wanted.arrival.see(event)) return false;
  wanted.segments++;
  const enough =
    at - wanted.since >= ENOUGH.milliseconds &&
    wanted.requests >= ENOUGH.requests &&
    wanted.segments >= ENOUGH.segments;
  if (!enough || wanted.told) return false;
  wanted.told = true;
  const skipped = gaps.get(sender) === wanted.seq;
  judge.broken(skipped ? gapless : sentAgain, event, {
    message: skipped
      ? 'bytes of the subflow are left out for good'
      : 'bytes of the subflow that the peer asks for are not sent again, and new ones are',
    expected: `subflow sequence number ${wanted.seq}`,
    actual: `${seq}`,
  });
  return false;
}

/** The course of a subflow as a TCP conversation. */
export const subflowSequence: Monitor = {
  name: 'subflow-sequence',
  title: 'a subflow opens by a TCP handshake, leaves out no byte for good and uses no reserved bit of the header',
  rules: [headerBits, handshake, gapless, sentAgain],
  create: (connection, judge) => {
    const wanted = new Map<FlowEnd, Wanted>();
    /** Where the bytes begin that were passed over last. */
    const gaps = new Map<FlowEnd, number>();
    const opened = new Set<FlowEnd>();
    return {
      packet: (event) => {
        const { sender, receiver, length, syn, rst, flow } = event;
        if (syn || event.packet.tcp.reserved !== undefined) checkReservedBits(judge, event);
        if (syn || rst || !connection.complete || flow.stray) return;
        if (length > 0) {
          if (!opened.has(sender)) {
            opened.add(sender);
            checkHeardBeforeData(judge, event);
          }
          const { seq } = event.packet.tcp;
          if (sender.next !== undefined && seqGt(seq, sender.next)) gaps.set(sender, sender.next);
          else if (!event.retransmission) judge.pass(gapless, event.side);
          const asked = wanted.size === 0 ? undefined : wanted.get(sender);
          if (asked !== undefined && checkSkippedData(judge, event, gaps, asked)) {
            judge.pass(sentAgain, event.side);
            wanted.delete(sender);
          }
        } else if (
          event.ack &&
          (receiver.next !== receiver.acked || wanted.size > 0) &&
          receiver.acked !== undefined &&
          seqGeq(event.packet.tcp.ack, receiver.acked)
        ) {
          noteRequest(event, wanted);
        }
      },
    };
  },
};
