/** Data around a SYN with data (appendix B.3): what the listener sends at once, and what the opener sends again. */
import { seqAdd, seqGeq, seqOffset } from '../../mptcp/index.ts';
import { other, type FlowEnd } from '../connection.ts';
import type { Judge, Monitor, PacketEvent, Rule } from '../types.ts';
import { conduct, form } from './rule.ts';

const early = form('data-before-third-packet', 'B.3-4.s3');
const listener = conduct('listener-data-after-fast-open', 'B.3-5.1.s1.2');
const refused = conduct('refused-syn-data-mapped', 'B.3-6.s3');
const rest = conduct('rest-of-syn-data-sent-again', 'B.3-8.s2');
const restNumbers = conduct('rest-of-syn-data-numbers', 'B.3-9.1.s1');
const taken = conduct('refused-syn-data-acknowledged', 'B.3-7.1.s1');

/** A Data ACK that lags behind the acknowledgement of the subflow by more than this does not come. Milliseconds. */
const LAG = 1000;

/** Bytes of the SYN that the SYN/ACK acknowledged. */
function bytesTaken({ ssnBase, isn }: FlowEnd): number {
  return ssnBase === undefined || isn === undefined ? 0 : seqOffset(ssnBase, isn);
}

/** The listener's first data. */
function checkListenersData(judge: Judge, event: PacketEvent): void {
  const { mapping, connection, side, dataAck, flow, ssn } = event;
  if (!flow.thirdSeen) judge.info(early, event, 'the listener sends data before the third packet came');
  const opener = connection.parties[other(side)].stream;
  if (mapping === undefined || mapping.infinite || ssn !== 1 || !opener.known || bytesTaken(event.receiver) === 0)
    return;
  const ack = opener.mapped ? undefined : dataAck;
  judge.check(listener, event, mapping.dsn === 1 && mapping.ssn === 1 && (ack ?? 1) === 1, () => ({
    message: 'the first data of the listener counts the data of the SYN',
    expected: 'IDSN + 1, subflow byte 1, Data ACK of IDSN + 1',
    actual: `IDSN + ${mapping.dsn}, subflow byte ${mapping.ssn}, Data ACK of IDSN + ${ack ?? 1}`,
  }));
}

/** The opener's first data after a SYN of which not all was acknowledged. */
function checkOpenersData(judge: Judge, event: PacketEvent): void {
  const { mapping, sender, ssn, side, optionsKnown, packet } = event;
  const bytes = bytesTaken(sender);
  if (bytes >= sender.synBytes || ssn === undefined || !optionsKnown || sender.isn === undefined) return;
  const start = seqOffset(packet.tcp.seq, sender.isn + 1);
  const rule: Rule = bytes === 0 ? refused : rest;
  const isRight = mapping !== undefined && !mapping.infinite && mapping.dsn === 1;
  judge.check(rule, event, start === bytes && (bytes > 0 ? mapping !== undefined : isRight), () => ({
    message:
      start === bytes
        ? 'what was not acknowledged of the SYN is sent again without its mapping'
        : "another part of the SYN's data is sent than was missing",
    expected: `byte ${bytes} of the SYN on, as data from IDSN + 1 on`,
    actual: `byte ${start} on, ${mapping === undefined ? 'without mapping' : `from IDSN + ${mapping.dsn} on`}`,
  }));
  if (bytes === 0 || start !== bytes || mapping === undefined) return;
  if (isRight && mapping.ssn === 1) judge.pass(restNumbers, side);
  else {
    judge.broken(restNumbers, event, {
      message: "the mapping of the rest of the SYN's data counts what was acknowledged",
      expected: 'IDSN + 1, subflow byte 1',
      actual: `IDSN + ${mapping.dsn}, subflow byte ${mapping.ssn}`,
    });
  }
}

/** Data sent again that the listener acknowledges on the subflow. */
interface Again {
  end: number;
  since: number | undefined;
}

/** Returns true when the clause is judged. */
function checkAnswerToRepeatedSyn(judge: Judge, event: PacketEvent, again: Again): boolean {
  const { dataAck, packet, side, at } = event;
  if (!event.ack || !seqGeq(packet.tcp.ack, again.end) || dataAck === undefined) return false;
  again.since ??= at;
  if (dataAck > 1) {
    judge.pass(taken, side);
    return true;
  }
  if (at - again.since < LAG) return false;
  judge.broken(taken, event, {
    message: 'the data of the SYN, sent again with a mapping, gets no Data ACK',
    expected: 'IDSN + 2 or more',
    actual: 'IDSN + 1',
  });
  return true;
}

/** Data of a connection whose SYN had data. */
export const fastOpenData: Monitor = {
  name: 'fast-open-data',
  title: 'after a SYN with data both ends count from IDSN + 1, and what was missing is sent again with a mapping',
  rules: [early, listener, refused, rest, restNumbers, taken],
  create: (connection, judge) => {
    const looked: [boolean, boolean] = [false, false];
    let again: Again | undefined;
    return {
      packet: (event) => {
        const { flow, side, sender, length, syn, rst } = event;
        if (syn || rst || flow !== connection.flows[0] || flow.ends[0].synBytes === 0) return;
        if (!connection.complete || connection.fallback !== undefined || flow.stray || flow.opening !== 'capable')
          return;
        if (again !== undefined && sender === flow.ends[1] && checkAnswerToRepeatedSyn(judge, event, again))
          again = undefined;
        if (length === 0 || looked[side]) return;
        looked[side] = true;
        if (sender === flow.ends[1]) {
          checkListenersData(judge, event);
          return;
        }
        checkOpenersData(judge, event);
        if (bytesTaken(sender) === 0 && event.mapping?.dsn === 1)
          again = { end: seqAdd(event.packet.tcp.seq, length), since: undefined };
      },
    };
  },
};
