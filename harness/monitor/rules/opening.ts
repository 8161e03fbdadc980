/** Opening of connections and subflows, beyond the content of options: which packets have one, and with what numbers. */
import { seqAdd, seqGeq } from '../../mptcp/index.ts';
import { other, type Flow } from '../connection.ts';
import { perCapture } from '../per-capture.ts';
import type { Judge, Monitor, PacketEvent } from '../types.ts';
import { blaming, conduct, form, hex } from './rule.ts';

const third = blaming(
  conduct('capable-on-third-packet', '3.1-1.s2', 'A-7.s1.1', 'B.3-3.1.s1.2', 'B.3-6.s2'),
  '3.1-1.s2',
  'A-7.s1.1',
);
const joinThird = blaming(
  conduct('join-on-third-packet', '3.2-14.s1', 'A-7.s1.2', '3.2-2.s2'),
  '3.2-14.s1',
  'A-7.s1.2',
);
const firstAnswer = conduct('data-ack-of-capable-data', '3.1-15.s9');
const notPlain = conduct('no-join-on-plain-tcp', '3.2-1.s1');
const start = form('initial-sequence-number', '3-7.s1.2');
const plainSyn = form('syn-without-capable-at-last', '3.1-27.s2', '3.9.3-2.s1');
const sack = form('sack-permitted', '3.3.1-1.s4');

/** Initial sequence numbers remembered over the connections of a capture. */
const KEPT = 20_000;
/** No acknowledgment of TCP waits longer (RFC 9293, section 3.8.6.3); twice that, milliseconds. */
const OWED_AT_MOST = 1000;

/** The initiator's first data: its end on the subflow, and when that was acknowledged. */
interface FirstData {
  end: number;
  since?: number;
}
/** Conversations by their sender's address and initial sequence number. */
const memoryOf = perCapture(() => new Map<string, string>());

/** The same number on two conversations of one host; a capture at two places of the network shows each twice. */
function checkInitialNumber(judge: Judge, event: PacketEvent): void {
  const { sender, receiver, packet, connection } = event;
  if (sender.synSeen && sender.isn === packet.tcp.seq) return;
  const memory = memoryOf(connection);
  const name = `${sender.address} ${packet.tcp.seq}`;
  const conversation = `${sender.port} ${receiver.address} ${receiver.port}`;
  const before = memory.get(name);
  if (before === undefined && memory.size < KEPT) memory.set(name, conversation);
  if (before === undefined || before === conversation) judge.pass(start, event.side);
  else if (connection.complete) {
    judge.broken(start, event, {
      message: 'the initial sequence number is that of another conversation of this host',
      actual: hex(packet.tcp.seq, 8),
    });
  } else judge.unknown(start, event.side, 'the packets may have been captured at two places');
}

/** The option that the opener's first packet after its SYN lacked. */
interface Opened {
  looked: boolean;
  lacked: boolean;
}

function checkThirdPacket(judge: Judge, event: PacketEvent, opened: Opened): void {
  const { flow, sender, connection, packet, side } = event;
  const { options } = packet.tcp;
  if (sender !== flow.ends[0] || event.rst || !event.ack || !event.optionsKnown) return;
  if (!opened.looked) {
    opened.looked = true;
    // An earlier packet may be missing in the capture, and a SYN/ACK have come that asks for plain TCP.
    const fair = connection.complete && flow.ends[1].synOptions?.includes('mp_capable') === true && !flow.stray;
    if (options.some((one) => one.kind === 'mp_capable')) judge.pass(third, side);
    else opened.lacked = fair && connection.fallback === undefined;
    return;
  }
  // Without MP_CAPABLE it may continue as plain TCP; a mapping shows that it uses MPTCP.
  if (opened.lacked && event.mapping !== undefined) {
    opened.lacked = false;
    judge.broken(third, event, { message: 'MPTCP is used although the first ACK of the initiator had no MP_CAPABLE' });
  }
}

function checkJoinThirdPacket(judge: Judge, event: PacketEvent): void {
  const { flow, sender, connection, packet, side } = event;
  if (flow.thirdSeen || sender !== flow.ends[0] || event.rst || !event.ack || !event.optionsKnown) return;
  const has = packet.tcp.options.some((one) => one.kind === 'mp_join' && one.form === 'ack');
  if (has) judge.pass(joinThird, side);
  else if (
    connection.complete &&
    flow.ends[1].synOptions?.includes('mp_join') === true &&
    !flow.stray &&
    flow.ends[0].synSeen
  ) {
    judge.broken(joinThird, event, { message: 'the first ACK on a joined subflow has no MP_JOIN' });
  } else judge.unknown(joinThird, side, 'an earlier packet of the handshake may be missing');
}

/** The responder's first acknowledgement of data that MP_CAPABLE mapped. */
function checkFirstDataAck(judge: Judge, event: PacketEvent, { end, since }: FirstData): boolean {
  const { connection, packet, dataAck, side } = event;
  if (event.syn || event.rst || !event.ack || !seqGeq(packet.tcp.ack, end)) return false;
  if (!event.optionsKnown) return true;
  // Data that failed its checksum gets no Data ACK; whether it was right to fail is another question.
  if (packet.tcp.options.some(({ kind }) => kind === 'mp_fail')) return true;
  const { stream } = connection.parties[other(side)];
  if (!stream.known) judge.unknown(firstAnswer, side, 'the key was seen too late');
  else if (dataAck !== undefined) {
    // The Data ACK may come after the subflow's acknowledgment, which is sent as soon as the data arrives.
    if (dataAck <= 1 && event.at - (since ?? event.at) < OWED_AT_MOST) return false;
    judge.check(firstAnswer, event, dataAck > 1, () => ({
      message: 'the Data ACK does not cover the first data, which the subflow acknowledged long before',
    }));
  } else if (connection.complete)
    judge.broken(firstAnswer, event, {
      message: 'the acknowledgement of data that MP_CAPABLE mapped has no Data ACK',
      expected: 'DSS with a Data ACK',
    });
  else judge.unknown(firstAnswer, side, 'an earlier acknowledgement may be missing');
  return true;
}

function checkSyn(judge: Judge, event: PacketEvent): void {
  const { packet, sender, flow, connection, side } = event;
  const { options } = packet.tcp;
  if (!event.optionsKnown) return;
  judge.info(
    sack,
    event,
    options.some((one) => one.kind === 'sack_ok') ? 'SACK is permitted' : 'SACK is not permitted',
  );
  checkInitialNumber(judge, event);
  if (event.ack || flow.opening !== 'capable' || sender !== flow.ends[0]) return;
  const asks = options.some((one) => one.kind === 'mp_capable');
  if (sender.synSeen && !asks && sender.synOptions?.includes('mp_capable') === true && connection.flows[0] === flow)
    judge.pass(plainSyn, side);
}

/** Handshakes as a whole. */
export const opening: Monitor = {
  name: 'opening',
  title: 'third packets have their option, first data gets its Data ACK, and initial sequence numbers differ',
  rules: [third, joinThird, firstAnswer, notPlain, start, plainSyn, sack],
  create: (connection, judge) => {
    const opened: Opened = { looked: false, lacked: false };
    let firstData: FirstData | undefined;
    let answered = false;
    const isFirst = (flow: Flow): boolean => flow === connection.flows[0] && flow.opening === 'capable';
    return {
      packet: (event) => {
        const { flow, mapping } = event;
        if (event.syn) {
          checkSyn(judge, event);
          return;
        }
        if (isFirst(flow)) {
          if (!opened.looked || opened.lacked) checkThirdPacket(judge, event, opened);
          if (event.sender === flow.ends[0] && mapping?.from === 'mp_capable' && !mapping.infinite && event.ssn === 1) {
            firstData ??= { end: seqAdd(event.packet.tcp.seq, mapping.bytes) };
          } else if (
            firstData !== undefined &&
            !answered &&
            event.sender === flow.ends[1] &&
            connection.fallback === undefined
          ) {
            answered = checkFirstDataAck(judge, event, firstData);
            if (event.ack && seqGeq(event.packet.tcp.ack, firstData.end)) firstData.since ??= event.at;
          }
        } else if (flow.opening === 'join' && !flow.thirdSeen) checkJoinThirdPacket(judge, event);
      },
      options: {
        mp_join: (option, event) => {
          if (option.form !== 'syn' || !event.syn || event.ack || event.flow.opening !== 'join' || event.retransmission)
            return;
          judge.check(notPlain, event, connection.fallback === undefined, () => ({
            message: `a join is started on a connection that is plain TCP: ${connection.fallback ?? ''}`,
          }));
        },
      },
    };
  },
};
