/** Data sequence numbers and Data ACKs: where they start, how far they go, how they are written. */
import { seqGt } from '../../mptcp/index.ts';
import { other, type FlowEnd, type Side } from '../connection.ts';
import type { Judge, Monitor, PacketEvent } from '../types.ts';
import { blaming, conduct, form } from './rule.ts';

const start = blaming(
  conduct(
    'data-starts-at-idsn',
    '3.1-22.s3',
    '3.1-22.s5',
    '3.1-28.s3',
    '3.1-28.s5.1',
    '3.3.1-4.s1.1',
    '3.3.1-13.s1',
    '3.3.1-13.s2',
    '4-2.2.s3.1',
  ),
  '3.1-22.s3',
  '3.1-28.s3',
  '3.1-28.s5.1',
  '3.3.1-13.s2',
  '4-2.2.s3.1',
);
const ackStart = blaming(conduct('data-ack-starts-at-idsn', '3.1-15.s1', '3.1-22.s3', '3.1-28.s3'), '3.1-15.s1');
const ackForward = conduct('data-ack-never-back', '3.3.2-1.s3');
const ackSeen = blaming(
  conduct('data-ack-of-data-sent', '3.3.2-1.s5', '3.3.1-10.s3', 'C.1.3-1.2.s2', '3.3.2-2.s1'),
  '3.3.2-1.s5',
  'C.1.3-1.2.s2',
);
const ackWide = conduct('data-ack-wide', '3.3.2-2.s2');
const sizes = form('data-number-sizes', '3.3.1-11.s2', 'A-6.s2');
const ackSizes = conduct('data-ack-sizes', '3.3.2-2.s3.1');
const subflowAck = conduct('subflow-ack-of-data-sent', '4-2.4.s1', '3.3.4-5.s3', 'C.2.2-1.2.s3', '1.1-5.2.s1');

/** Data sent over one connection stays below this; a number further away comes from another start. */
const FAR = 2 ** 40;

function checkFirstNumber(judge: Judge, event: PacketEvent): void {
  const { mapping, connection, side } = event;
  if (mapping === undefined || mapping.infinite) return;
  const { stream } = connection.parties[side];
  if (!stream.known) {
    judge.unknown(start, side, 'the key is not in the capture');
    return;
  }
  const { dsn } = mapping;
  // The first byte of the only subflow: what came before it cannot have been lost or sent elsewhere.
  const first =
    connection.complete && connection.whole && stream.edge === 1 && mapping.ssn === 1 && connection.flows.length === 1;
  if (dsn < 1 || dsn > FAR || (first && dsn !== 1)) {
    judge.broken(start, event, {
      message: "the data sequence numbers do not count from the IDSN of the sender's key",
      expected: first ? 'IDSN + 1' : 'IDSN + 1 or a little more',
      actual: `IDSN + ${dsn}`,
      field: 'dss.dsn',
    });
  } else if (stream.edge === 1 && dsn === 1) judge.pass(start, side);
}

/** Data ACKs on one direction of a subflow: the highest, and how late it was sent. */
interface Highest {
  value: number;
  tsval: number | undefined;
}

function tsvalOf(event: PacketEvent): number | undefined {
  for (const option of event.packet.tcp.options) if (option.kind === 'ts') return option.value;
  return undefined;
}

/**
 * Whether a packet was surely sent after an earlier one on the same subflow. Paths may change the order, and so may a
 * capture on a machine with several processors, which lacks nothing: the sender's clock decides where it is there.
 */
export function sentLater(event: PacketEvent, tsval: number | undefined, before: number | undefined): boolean {
  if (tsval !== undefined && before !== undefined) return seqGt(tsval, before);
  return event.connection.complete;
}

function checkAckOrder(judge: Judge, event: PacketEvent, dataAck: number, highest: Map<FlowEnd, Highest>): void {
  const tsval = tsvalOf(event);
  const before = highest.get(event.sender);
  if (before === undefined) {
    highest.set(event.sender, { value: dataAck, tsval });
  } else if (dataAck >= before.value) {
    before.value = dataAck;
    before.tsval = tsval;
    judge.pass(ackForward, event.side);
  } else if (sentLater(event, tsval, before.tsval)) {
    judge.broken(ackForward, event, {
      message: 'the Data ACK decreases',
      expected: `at least ${before.value}`,
      actual: `${dataAck}`,
    });
  } else judge.unknown(ackForward, event.side, 'the order of sending is not known');
}

function checkAckReach(judge: Judge, event: PacketEvent, dataAck: number): void {
  const { connection, side } = event;
  const peer = connection.parties[other(side)].stream;
  if (!connection.whole || !peer.known) return;
  if (dataAck < 1 || dataAck > FAR) {
    judge.broken(ackStart, event, {
      message: "the Data ACK does not count from the peer's IDSN",
      expected: 'IDSN + 1 or more',
      actual: `IDSN + ${dataAck}`,
      field: 'dss.dack',
      // So far away it counts from another start: the peer's IDSN was made in another way.
      ...(Math.abs(dataAck) > FAR ? { blames: ['3.1-22.s3', '3.1-28.s3'] } : {}),
    });
    return;
  }
  if (peer.acked === undefined && dataAck === 1) judge.pass(ackStart, side);
  if (dataAck <= peer.edge) {
    if (dataAck > 1) judge.pass(ackSeen, side);
    return;
  }
  if ((connection.complete && !connection.elsewhere) || (peer.fin !== undefined && dataAck > peer.fin + 1)) {
    judge.broken(ackSeen, event, {
      message: 'the Data ACK covers data that was not sent',
      expected: `at most ${peer.edge}`,
      actual: `${dataAck}`,
    });
  } else {
    connection.elsewhere = true;
    judge.unknown(ackSeen, side, 'data that is acknowledged is not in the capture');
  }
}

function checkSubflowAck(judge: Judge, event: PacketEvent): void {
  const { connection, receiver, packet } = event;
  if (!connection.complete || receiver.next === undefined || event.syn || event.rst || !event.ack) return;
  judge.check(subflowAck, event, !seqGt(packet.tcp.ack, receiver.next), () => ({
    message: 'the acknowledgement number covers bytes that were not sent on the subflow',
    expected: `at most ${receiver.next ?? 0}`,
    actual: `${packet.tcp.ack}`,
  }));
}

/** Values and sizes of data sequence numbers and Data ACKs. */
export const dataNumbers: Monitor = {
  name: 'data-numbers',
  title:
    'data counts from the IDSN; Data ACKs never go back, never cover what was not sent, and are as wide as they have to be',
  rules: [start, ackStart, ackForward, ackSeen, ackWide, sizes, ackSizes, subflowAck],
  create: (_connection, judge) => {
    const highest = new Map<FlowEnd, Highest>();
    const told = [new Set<string>(), new Set<string>()] as const;
    const tell = (side: Side, event: PacketEvent, text: string): void => {
      if (told[side].has(text)) return;
      told[side].add(text);
      judge.info(sizes, event, text);
    };
    return {
      packet: (event) => {
        if (event.connection.fallback !== undefined) return;
        if (event.mapping !== undefined) checkFirstNumber(judge, event);
        checkSubflowAck(judge, event);
        if (event.dataAck === undefined || event.rst) return;
        checkAckOrder(judge, event, event.dataAck, highest);
        checkAckReach(judge, event, event.dataAck);
      },
      options: {
        dss: (option, event) => {
          if (option.hasMap)
            tell(
              event.side,
              event,
              option.dsn8 ? 'data sequence numbers of 8 bytes' : 'data sequence numbers of 4 bytes',
            );
          if (event.dataAck === undefined || event.dataAck <= 1) return;
          tell(event.side, event, option.dataAck8 ? 'Data ACKs of 8 bytes' : 'Data ACKs of 4 bytes');
          if (option.dataAck8) judge.pass(ackWide, event.side);
          else checkAckLength(judge, event, event.dataAck);
        },
      },
    };
  },
};

/** A Data ACK of 4 bytes is wrong where the data that it acknowledges last is known to have come with 8. */
function checkAckLength(judge: Judge, event: PacketEvent, dataAck: number): void {
  const last = event.receiver.mappings.find((one) => one.dsn + one.length === dataAck && one.from === 'dss');
  if (last === undefined) return;
  if (!last.wide) {
    judge.info(ackSizes, event, 'data that came with a number of 4 bytes gets a Data ACK of 4 bytes');
    return;
  }
  judge.broken(ackWide, event, {
    message: 'data that came with an 8-byte data sequence number gets a 4-byte Data ACK',
    expected: 'a=1',
    actual: 'a=0',
  });
}
