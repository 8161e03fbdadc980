/** MP_FAIL on the only subflow: its receiver answers with MP_FAIL, announces an infinite mapping and leaves MPTCP. */
import { seqDiff } from '../../mptcp/index.ts';
import { Arrival } from '../arrival.ts';
import { isInFullSwing, other, type FlowEnd } from '../connection.ts';
import { mappingAt } from '../data-level.ts';
import { isMptcp } from '../../packet/index.ts';
import type { Judge, Monitor, PacketEvent } from '../types.ts';
import { conduct } from './rule.ts';

const answers = conduct('mp-fail-answered', '3.7-11.s7.1');
const announces = conduct('infinite-mapping-after-mp-fail', '3.7-11.s4', '3.7-11.s5.1');
const startsBack = conduct('infinite-mapping-starts-at-intact-data', '3.7-11.s5.2');
const plain = conduct('plain-after-mp-fail', '3.7-11.s7.2');

/** A host that was asked and sends this much, for this long, will not answer any more. */
const ENOUGH = { packets: 3, milliseconds: 1000 };

/** A host that was sent MP_FAIL. */
interface Asked {
  arrival: Arrival;
  /** Data from here on was sent after the MP_FAIL. */
  next: number;
  packets: number;
  answered: boolean;
  announced: boolean;
}

/** Where the data that was acknowledged last ends, as a number of its subflow. */
function intactUpTo({ connection, side, sender }: PacketEvent): number | undefined {
  const { acked } = connection.parties[side].stream;
  if (acked === undefined || acked <= 1) return undefined;
  const last = sender.mappings.findLast((one) => one.dsn < acked && acked <= one.dsn + one.bytes);
  return last === undefined ? undefined : last.ssn + acked - last.dsn;
}

function checkInfiniteStart(judge: Judge, event: PacketEvent, ssn: number): void {
  const intact = intactUpTo(event);
  if (intact === undefined) return;
  judge.check(startsBack, event, ssn >= 1 && ssn < intact, () => ({
    message: 'the infinite mapping does not begin with data that is known to have arrived intact',
    expected: `a subflow sequence number below ${intact}`,
    actual: `${ssn}`,
  }));
}

function checkAnsweredByMpFail(judge: Judge, event: PacketEvent, asked: Asked): void {
  if (asked.answered) return;
  if (event.packet.tcp.options.some((one) => one.kind === 'mp_fail')) {
    asked.answered = true;
    judge.pass(answers, event.side);
    return;
  }
  asked.packets++;
  if (asked.packets < ENOUGH.packets || event.at - (asked.arrival.at ?? event.at) < ENOUGH.milliseconds) return;
  asked.answered = true;
  judge.broken(answers, event, { message: 'MP_FAIL on the only subflow is not answered with MP_FAIL' });
}

/** The first data after the MP_FAIL. */
function checkFirstData(judge: Judge, event: PacketEvent, asked: Asked): void {
  const { mapping, side, sender, ssn, packet } = event;
  if (asked.announced) return;
  if (mapping?.infinite === true) {
    asked.announced = true;
    judge.pass(announces, side);
    checkInfiniteStart(judge, event, mapping.ssn);
    return;
  }
  if (event.length === 0 || ssn === undefined || seqDiff(packet.tcp.seq, asked.next) < 0) return;
  // Bytes of a mapping that was declared before may still be on their way.
  if (mapping === undefined && mappingAt(sender, ssn) !== undefined) return;
  asked.announced = true;
  judge.broken(announces, event, {
    message: 'the first new data after MP_FAIL has no infinite mapping',
    expected: 'Data-Level Length 0',
    actual: mapping === undefined ? 'no mapping' : `Data-Level Length ${mapping.length}`,
  });
}

/** Once it has answered, a host sends no mapping but the infinite one, and no signal. */
function checkPlainTcp(judge: Judge, event: PacketEvent): void {
  if (event.retransmission || event.rst) return;
  const wrong = event.packet.tcp.options.find((one) => {
    if (one.kind === 'dss') return one.hasMap && one.dataLength !== 0;
    return isMptcp(one) && one.kind !== 'mp_fail' && one.kind !== 'mp_fastclose';
  });
  if (wrong === undefined) {
    if (event.length > 0) judge.pass(plain, event.side);
  } else
    judge.broken(plain, event, {
      message: 'a host uses MPTCP after MP_FAIL was received and answered',
      expected: 'plain TCP',
      actual: wrong.kind,
    });
}

/** Reactions of a host to MP_FAIL on an ACK of its only subflow. */
export const mpFailReceived: Monitor = {
  name: 'mp-fail-received',
  title: 'MP_FAIL on the only subflow is answered with MP_FAIL and an infinite mapping, and plain TCP follows',
  rules: [answers, announces, startsBack, plain],
  create: (connection, judge) => {
    const asked = new Map<FlowEnd, Asked>();
    const sent: [boolean, boolean] = [false, false];
    return {
      packet: (event) => {
        if (asked.size === 0) return;
        const one = asked.get(event.sender);
        if (one === undefined) {
          asked.get(event.receiver)?.arrival.see(event);
          return;
        }
        if (!one.arrival.see(event)) {
          // The answer shows by itself that the MP_FAIL has arrived.
          if (!event.packet.tcp.options.some((option) => option.kind === 'mp_fail')) return;
          one.arrival.at = event.at;
        }
        if (event.rst) return;
        const before = one.answered;
        checkAnsweredByMpFail(judge, event, one);
        checkFirstData(judge, event, one);
        if (before && sent[event.side]) checkPlainTcp(judge, event);
      },
      options: {
        mp_fail: (_option, event) => {
          const { receiver, side } = event;
          const first = !sent[0] && !sent[1];
          sent[side] = true;
          if (!first || event.rst || event.flow.stray || !isInFullSwing(connection)) return;
          if (!connection.complete || !connection.whole || connection.elsewhere || connection.flows.length > 1) return;
          if (connection.parties[other(side)].stream.known) {
            asked.set(receiver, {
              arrival: new Arrival(event),
              next: receiver.next ?? 0,
              packets: 0,
              answered: false,
              announced: false,
            });
          }
        },
      },
    };
  },
};
