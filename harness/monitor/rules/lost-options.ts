/** MPTCP options that get lost after the handshake: what a sender makes of an ACK for its data that has none. */
import { seqDiff } from '../../mptcp/index.ts';
import { Arrival } from '../arrival.ts';
import type { FlowEnd } from '../connection.ts';
import { mappingAt } from '../data-level.ts';
import { hasMptcpCode } from '../../packet/index.ts';
import type { Judge, Monitor, PacketEvent } from '../types.ts';
import { form } from './rule.ts';

// The ACK itself may depart from the RFC. Its receiver must still react to it as required.
const leaves = form('leaves-mptcp-after-lost-options', '3.7-4.3.s1', '3.7-4.2.s1');
const announces = form('infinite-mapping-after-lost-options', '3.7-4.3.s2.1');
const resets = form('reset-after-lost-options', '3.7-4.2.s2.1', '3.7-4.2.s1');
const named = form('lost-options-are-interference', '3.7-4.2.s2.2');

/** Reason of MP_TCPRST. */
const INTERFERENCE = 6;

/** A sender whose data was acknowledged without MPTCP options. */
interface Lost {
  arrival: Arrival;
  /** Data from here on was sent after the ACK. */
  next: number;
}

/** Whether an ACK says to its receiver that the path is not fit: the first for its data, and without any option. */
function showsLoss(event: PacketEvent): boolean {
  const { connection, flow, sender, receiver, packet } = event;
  if (event.dataAck !== undefined || receiver.mappings.length === 0 || !event.ack || event.syn || event.rst)
    return false;
  if (
    !connection.complete ||
    !connection.whole ||
    connection.fallback !== undefined ||
    connection.aborted !== undefined
  )
    return false;
  if (
    !event.optionsKnown ||
    !flow.thirdSeen ||
    flow.stray ||
    receiver.ssnBase === undefined ||
    !receiver.synSeen ||
    !sender.synSeen
  )
    return false;
  const first = flow === connection.flows[0];
  if (first ? flow.opening !== 'capable' || connection.flows.length > 1 || receiver.confirmed : flow.opening !== 'join')
    return false;
  const before = seqDiff(receiver.acked ?? receiver.ssnBase, receiver.ssnBase + 1);
  if (seqDiff(packet.tcp.ack, receiver.ssnBase + 1) <= 0 || before > 0) return false;
  return !hasMptcp(event) && connection.parties[event.side].departures === 0;
}

function hasMptcp({ packet }: PacketEvent): boolean {
  return packet.tcp.options.some(hasMptcpCode);
}

/** The first new data on the only subflow. Returns true when the clause is judged. */
function checkFirstSubflow(judge: Judge, event: PacketEvent, { next }: Lost): boolean {
  const { mapping, side, sender, ssn, packet } = event;
  if (event.rst || event.fin) return true;
  if (mapping?.infinite === true) {
    judge.pass(leaves, side);
    judge.pass(announces, side);
    return true;
  }
  if (event.length === 0 || seqDiff(packet.tcp.seq, next) < 0 || ssn === undefined) return false;
  // Bytes of a mapping that was declared before may still be on their way.
  if (mapping === undefined && mappingAt(sender, ssn) !== undefined) return false;
  if (mapping === undefined) judge.pass(leaves, side);
  else
    judge.broken(leaves, event, {
      message: 'data is mapped though earlier data was acknowledged without MPTCP options',
      expected: 'an infinite mapping, then plain TCP',
    });
  judge.broken(announces, event, {
    message: 'the first new data after an ACK without MPTCP options has no infinite mapping',
    expected: 'Data-Level Length 0',
    actual: mapping === undefined ? 'no mapping' : `Data-Level Length ${mapping.length}`,
  });
  return true;
}

function checkReset(judge: Judge, event: PacketEvent): void {
  const { options } = event.packet.tcp;
  if (options.some((one) => one.kind === 'mp_fastclose')) return;
  judge.pass(resets, event.side);
  const reason = options.find((one) => one.kind === 'mp_tcprst');
  judge.check(named, event, reason?.reason === INTERFERENCE, () => ({
    message: 'the RST for lost MPTCP options does not give middlebox interference as the reason',
    expected: `MP_TCPRST with reason ${INTERFERENCE}`,
    actual: reason === undefined ? 'no MP_TCPRST' : `reason ${reason.reason}`,
  }));
}

/** New data or a FIN on a joined subflow. Returns true when the clause is judged. */
function checkJoinedSubflow(judge: Judge, event: PacketEvent, { next }: Lost): boolean {
  if (event.rst) {
    checkReset(judge, event);
    return true;
  }
  if (event.fin && event.connection.parties[event.side].stream.fin !== undefined) return true;
  const goesOn = event.length > 0 && seqDiff(event.packet.tcp.seq, next) >= 0;
  if (!goesOn && !event.fin) return false;
  judge.broken(resets, event, {
    message: `a joined subflow whose data was acknowledged without MPTCP options ${goesOn ? 'is used for more' : 'is closed by FIN'}`,
    expected: 'RST',
  });
  return true;
}

/** After an ACK for data that has no Data ACK, while nothing has shown that options get through. */
export const lostOptions: Monitor = {
  name: 'lost-options',
  title: 'data that is acknowledged without MPTCP options ends MPTCP on the only subflow, and a joined subflow by RST',
  rules: [leaves, announces, resets, named],
  create: (_connection, judge) => {
    const waiting = new Map<FlowEnd, Lost>();
    return {
      packet: (event) => {
        const { flow, sender, receiver } = event;
        if (waiting.size > 0) {
          const lost = waiting.get(sender);
          if (lost?.arrival.see(event) === true) {
            const settled =
              flow.opening === 'join' ? checkJoinedSubflow(judge, event, lost) : checkFirstSubflow(judge, event, lost);
            if (settled) waiting.delete(sender);
          }
          const of = waiting.get(receiver);
          // Options get through after all: which ACK the host goes by is not known.
          if (of !== undefined && of.arrival.at === undefined && hasMptcp(event)) waiting.delete(receiver);
        }
        if (event.dataAck === undefined && !waiting.has(receiver) && showsLoss(event)) {
          waiting.set(receiver, { arrival: new Arrival(event, true), next: receiver.next ?? 0 });
        }
      },
    };
  },
};
