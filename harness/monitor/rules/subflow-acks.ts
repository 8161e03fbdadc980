/** Acknowledgements of a subflow: they cover only its bytes and FIN. */
import { seqAdd, seqGt, seqOffset } from '../../mptcp/index.ts';
import { Arrival } from '../arrival.ts';
import { other, type FlowEnd } from '../connection.ts';
import { mappingAt } from '../data-level.ts';
import type { Judge, Monitor, PacketEvent } from '../types.ts';
import { conduct } from './rule.ts';

const ownBytes = conduct('subflow-ack-despite-hole-in-data', 'C.2.2-1.2.s2');
const finAcked = conduct('fin-acknowledged', '3.3.3-1.s4');
const noByte = conduct('data-fin-takes-no-octet', '3.3.3-6.s3');

/** A segment sent this often over this time, while its receiver answered, will not be acknowledged. */
const ENOUGH = { times: 2, milliseconds: 1000 };

/** Bytes at the edge of what a subflow has received, or a FIN, that were sent again: how often, and since when. */
interface Repeated {
  seq: number;
  since: number;
  times: number;
  /** Of the first repetition. Without it, later packets are out of order, and their timestamps are not echoed. */
  arrival: Arrival;
  told: boolean;
}

function noteRepetition(event: PacketEvent, repeated: Map<FlowEnd, Repeated>, seq: number): void {
  const { sender, at } = event;
  const known = repeated.get(sender);
  if (known?.seq === seq) known.times++;
  else repeated.set(sender, { seq, since: at, times: 1, arrival: new Arrival(event, true), told: false });
}

function isIgnored(event: PacketEvent, repeated: Repeated | undefined): repeated is Repeated {
  if (repeated?.arrival.see(event) !== true) return false;
  return (
    !repeated.told &&
    repeated.seq === event.packet.tcp.ack &&
    repeated.times >= ENOUGH.times &&
    event.at - repeated.since >= ENOUGH.milliseconds
  );
}

/** Whether the byte at the receiver's edge lies within both windows and after a hole in the connection's data. */
function waitsForOthers(event: PacketEvent): boolean {
  const { connection, side, receiver, packet } = event;
  if (connection.flows.length < 2 || receiver.ssnBase === undefined || receiver.granted === undefined) return false;
  const one = mappingAt(receiver, seqOffset(packet.tcp.ack, receiver.ssnBase));
  const { stream } = connection.parties[other(side)];
  if (one === undefined || stream.acked === undefined || stream.granted === undefined) return false;
  return (
    one.dsn > stream.acked &&
    one.dsn + one.bytes <= stream.granted &&
    seqGt(receiver.granted, packet.tcp.ack + one.bytes)
  );
}

/** An acknowledgement that covers data after a hole. */
function checkOwnBytes(judge: Judge, event: PacketEvent): void {
  const { connection, receiver, packet, dataAck, side } = event;
  if (connection.flows.length < 2 || dataAck === undefined || receiver.ssnBase === undefined) return;
  const last = mappingAt(receiver, seqOffset(packet.tcp.ack, receiver.ssnBase + 1));
  if (last !== undefined && last.dsn > dataAck) judge.pass(ownBytes, side);
}

function checkFinAck(judge: Judge, event: PacketEvent, fin: number, repeated: Repeated | undefined): void {
  const { receiver, packet, side } = event;
  if (!seqGt(fin, packet.tcp.ack)) {
    if (receiver.acked !== undefined && seqGt(fin, receiver.acked)) judge.pass(finAcked, side);
    return;
  }
  if (packet.tcp.ack !== seqAdd(fin, -1) || !isIgnored(event, repeated)) return;
  repeated.told = true;
  judge.broken(finAcked, event, {
    message: 'a repeated FIN is not acknowledged',
    expected: `${fin}`,
    actual: `${packet.tcp.ack}`,
  });
}

/** One byte more than was sent, once a DATA_FIN has come without a FIN. */
function checkDataFinNotCounted(judge: Judge, event: PacketEvent): void {
  const { receiver, packet } = event;
  if (receiver.next === undefined || receiver.fin !== undefined) return;
  judge.check(noByte, event, packet.tcp.ack !== seqAdd(receiver.next, 1), () => ({
    message: 'the acknowledgement number counts the DATA_FIN as a byte of the subflow',
    expected: `at most ${receiver.next ?? 0}`,
    actual: `${packet.tcp.ack}`,
  }));
}

/** Judges what acknowledgement numbers of a subflow cover. */
export const subflowAcks: Monitor = {
  name: 'subflow-acks',
  title: 'acknowledgement numbers count the bytes and the FIN of their subflow, whatever becomes of the data elsewhere',
  rules: [ownBytes, finAcked, noByte],
  create: (connection, judge) => {
    const repeated = new Map<FlowEnd, Repeated>();
    const dataFins = new Set<FlowEnd>();
    return {
      packet: (event) => {
        const { sender, receiver, packet, length, mapping, flow } = event;
        if (!connection.complete || event.syn || event.rst || flow.stray) return;
        if (event.retransmission && (packet.tcp.seq === sender.acked || event.fin)) {
          noteRepetition(event, repeated, seqAdd(packet.tcp.seq, event.fin ? length : 0));
        }
        if (mapping?.fin === true) dataFins.add(sender);
        if (!event.ack || receiver.acked === undefined) return;
        if (dataFins.size > 0 && dataFins.has(receiver)) checkDataFinNotCounted(judge, event);
        if (receiver.fin !== undefined) checkFinAck(judge, event, receiver.fin, repeated.get(receiver));
        else if (packet.tcp.ack !== receiver.acked) checkOwnBytes(judge, event);
        else if (
          isIgnored(event, repeated.get(receiver)) &&
          connection.fallback === undefined &&
          waitsForOthers(event)
        ) {
          const ignored = repeated.get(receiver);
          if (ignored !== undefined) ignored.told = true;
          judge.broken(ownBytes, event, {
            message: 'the subflow does not acknowledge bytes in order whose data waits for other subflows',
            actual: `${packet.tcp.ack}`,
          });
        }
      },
    };
  },
};
