/** Data that fails its checksum: MP_FAIL tells the sender, on an ACK of the only subflow or on a RST of one of several. */
import { endOf, isWorking, other, type DataMapping, type Flow, type Side } from '../connection.ts';
import type { Judge, Monitor, PacketEvent, Rule } from '../types.ts';
import { form } from './rule.ts';

// A wrong checksum is itself a departure of the peer. Its receiver must still react to it as required.
const onAck = form('mp-fail-on-ack-of-only-subflow', '3.7-11.s3.1');
const byReset = form('mp-fail-by-reset-beside-others', '3.7-8.s3.1');
const isInterference = form('failed-checksum-is-interference', '3.6-6.7.s3');

/** Reason of MP_TCPRST. */
const INTERFERENCE = 6;

/** Another subflow that works and is known to both ends to do so: it has carried data. */
function hasOther(event: PacketEvent): boolean {
  return event.connection.flows.some(
    (one) => one !== event.flow && isWorking(one) && one.ends.some((end) => end.mappings.length > 0),
  );
}

/** The connection never had more than this subflow. */
function isOnly({ connection }: PacketEvent): boolean {
  return connection.complete && connection.whole && !connection.elsewhere && connection.flows.length === 1;
}

/** Whether data came in the order of its numbers, so that nothing is missing before what failed, nor beyond it. */
function isContiguous(mappings: readonly DataMapping[]): boolean {
  const inOrder = mappings.toSorted((a, b) => a.ssn - b.ssn);
  return inOrder.every((one, i) => {
    const before = inOrder[i - 1];
    return before === undefined || one.dsn === before.dsn + before.bytes;
  });
}

function checkMpFail(judge: Judge, event: PacketEvent): void {
  const { side, rst } = event;
  if (hasOther(event)) {
    if (rst) judge.pass(byReset, side);
    else
      judge.broken(byReset, event, {
        message: 'MP_FAIL is sent on an ACK although other subflows work',
        expected: 'RST with MP_FAIL',
      });
  } else if (isOnly(event)) {
    if (!rst) judge.pass(onAck, side);
    else if (isContiguous(event.receiver.mappings))
      judge.broken(onAck, event, {
        message: 'the only subflow is reset for a failed checksum though its data is contiguous',
        expected: 'MP_FAIL on an ACK',
      });
  }
}

/** Whether the same data came in another way, intact for all that is known. */
function cameElsewhere(flows: readonly Flow[], sender: Side, damaged: DataMapping): boolean {
  return flows.some((flow) =>
    endOf(flow, sender).mappings.some(
      (one) => one !== damaged && one.dsn < damaged.dsn + damaged.bytes && damaged.dsn < one.dsn + one.bytes,
    ),
  );
}

/** A Data ACK of damaged data: it was taken for good. */
function checkAckOfDamagedData(judge: Judge, event: PacketEvent, damaged: DataMapping): boolean {
  const { connection, dataAck, side } = event;
  if (dataAck === undefined || dataAck <= damaged.dsn) return false;
  if (cameElsewhere(connection.flows, other(side), damaged)) return true;
  const rule: Rule | undefined = isOnly(event) ? onAck : hasOther(event) ? byReset : undefined;
  if (rule !== undefined) {
    judge.broken(rule, event, {
      message: 'data whose checksum is wrong gets a Data ACK instead of MP_FAIL',
      expected: `at most ${damaged.dsn}`,
      actual: `${dataAck}`,
    });
  }
  return true;
}

/** Reactions of a host to data that fails its checksum. */
export const failedChecksums: Monitor = {
  name: 'failed-checksums',
  title: 'a failed checksum is answered with MP_FAIL: on an ACK of the only subflow, on a RST of one of several',
  rules: [onAck, byReset, isInterference],
  create: (connection, judge) => ({
    packet: (event) => {
      const { sender, receiver, ssn } = event;
      if (sender.damaged !== undefined && event.retransmission && ssn !== undefined) {
        // Which of two copies arrived is not known.
        const { damaged } = sender;
        if (ssn < damaged.ssn + damaged.bytes && damaged.ssn < ssn + event.length) sender.damaged = undefined;
      }
      if (
        receiver.damaged === undefined ||
        !connection.complete ||
        connection.fallback !== undefined ||
        connection.checksums !== true
      )
        return;
      if (checkAckOfDamagedData(judge, event, receiver.damaged)) receiver.damaged = undefined;
    },
    options: {
      mp_fail: (_option, event) => {
        const { tcp } = event.packet;
        const reason = event.rst ? tcp.options.find((one) => one.kind === 'mp_tcprst') : undefined;
        if (reason !== undefined) {
          judge.check(isInterference, event, reason.reason === INTERFERENCE, () => ({
            message: 'a RST with MP_FAIL does not give middlebox interference as the reason',
            expected: `reason ${INTERFERENCE}`,
            actual: `reason ${reason.reason}`,
          }));
        }
        if (event.receiver.damaged === undefined || connection.fallback !== undefined || !connection.complete) return;
        checkMpFail(judge, event);
        event.receiver.damaged = undefined;
      },
    },
  }),
};
