/** Fall-back (RFC 8684 §3.7): to regular TCP for ever, by the lack of options or by a failed checksum. */
import type { OptionMpFail } from '../../packet/index.ts';
import { dsnAdd, dsnDiff, dsnLeq, dsnLt, seqAdd, seqDiff } from '../../mptcp/index.ts';
import { count, isOpen } from '../tcp/subflow.ts';
import type { Connection, Mapping, ReceivedMapping, Stack, Subflow } from '../state.ts';
import { deliverStream } from './3.3.4-receiver-considerations.ts';
import { relativeSeq } from './3.3-data-sequence-signal.ts';
import { markReset, RESET_REASON } from './3.6-subflow-reset.ts';

/** Subflows of a connection that are not closed. */
export function openSubflows(connection: Connection): Subflow[] {
  return connection.subflows.filter((one) => isOpen(one) && one.resetDue === undefined);
}

/**
 * Leaves MPTCP on the subflow that remains. Its bytes are the stream from now on, those that lacked a mapping too;
 * other subflows are reset (3.7-14).
 */
export function fallBack(stack: Stack, subflow: Subflow, infinite: 'due' | 'none'): void {
  const { connection } = subflow;
  if (connection.mode === 'tcp') return;
  const was = connection.mode;
  connection.mode = 'tcp';
  connection.fallback = true;
  if (was === 'mptcp') connection.infinite = stack.rules.fallback.infiniteSent(connection) ? infinite : 'none';
  if (!stack.rules.fallback.tokenStays) stack.byToken.delete(connection.localToken);
  for (const other of connection.subflows) {
    if (other !== subflow && stack.rules.fallback.endsOthers(other)) markReset(other, { reason: RESET_REASON.MPTCP });
  }
  connection.announcements = [];
  connection.pendingTargets = [];
  connection.reinject = [];
  connection.dataFinSent = false;
  connection.timers.delete('dataRetransmit');
  connection.timers.delete('announce');
  subflow.mappings = [];
  deliverStream(connection, subflow.held.take(subflow.held.length));
  subflow.delivered = subflow.rcvNxt;
  if (['CLOSE_WAIT', 'CLOSING', 'LAST_ACK', 'TIME_WAIT'].includes(subflow.state)) connection.peerClosed = true;
}

/** The infinite mapping for the first piece after a fall-back (3.7-4.3, 3.7-11): length and checksum are 0. */
export function infiniteMapping(stack: Stack, subflow: Subflow, seq: number, dsn: bigint): Mapping {
  const { connection } = subflow;
  const here = { dsn, ssn: relativeSeq(subflow, seq) };
  // After MP_FAIL it reaches back to the last segment that is known to have arrived whole.
  const begin = connection.failReceived ? (connection.intact ?? here) : here;
  const at = stack.rules.fallback.infiniteBegin(connection, begin, here);
  return {
    ...at,
    length: stack.rules.fallback.infiniteLength,
    dataFin: false,
    ...(connection.checksum && { checksum: stack.rules.fallback.infiniteChecksum }),
  };
}

/**
 * An infinite mapping came: what follows on this subflow is the stream (3.3.1-15). Where data before it is missing, and
 * no other subflow is to bring it, the stream would have a hole: the subflow is reset.
 */
export function receiveInfinite(stack: Stack, subflow: Subflow, at: { dsn: bigint; ssn: number }): void {
  const { connection } = subflow;
  if (!stack.rules.fallback.honoursInfinite(subflow)) return;
  const aheadOnSubflow = seqDiff(seqAdd(subflow.irs, at.ssn + subflow.receivedBase), subflow.delivered);
  if (Number(dsnDiff(at.dsn, connection.rcvNxt)) > Math.max(0, aheadOnSubflow)) {
    markReset(subflow, { reason: RESET_REASON.MPTCP });
    return;
  }
  count(stack, 'MPTcpExt.InfiniteMapRx');
  connection.infiniteReceived = true;
  fallBack(stack, subflow, 'none');
}

/** An ACK covers data and has no Data ACK (3.7-4.2, 3.7-4.3). */
export function ackedWithoutDataAck(stack: Stack, subflow: Subflow): void {
  const { fallback } = stack.rules;
  const { connection } = subflow;
  if (!fallback.noticesMissingDataAck(subflow)) return;
  const alone = subflow.kind === 'initial' && connection.subflowsMade === 1;
  if (fallback.fallsBackWithoutDataAck(subflow, alone)) fallBack(stack, subflow, 'due');
  else if (fallback.resetsWithoutDataAck(subflow)) markReset(subflow, { reason: fallback.missingDataAckReason });
}

/** MP_FAIL with the number at which a mapping failed. */
function failOption(stack: Stack, dsn: bigint): OptionMpFail {
  return { kind: 'mp_fail', reserved: 0, dsn: stack.rules.fallback.failNumber(dsn) };
}

/** Whether all data that is not acknowledged is one stretch on this subflow (3.7-11). */
function isContiguous(connection: Connection, mapping: ReceivedMapping): boolean {
  return connection.reassembly.isEmpty && mapping.dsn === connection.rcvNxt;
}

/** The checksum of a mapping did not fit its data (3.7-9 to 3.7-12). */
export function checksumFailed(stack: Stack, subflow: Subflow, mapping: ReceivedMapping): void {
  const { fallback } = stack.rules;
  const { connection } = subflow;
  count(stack, 'MPTcpExt.DataCsumErr');
  const fail = failOption(stack, mapping.dsn);
  if (fallback.keepsSubflow(subflow, openSubflows(connection).length, isContiguous(connection, mapping))) {
    connection.failed = mapping.dsn;
    if (fallback.sendsFail(subflow)) {
      subflow.signals.push(fail);
      count(stack, 'MPTcpExt.MPFailTx');
    }
    return;
  }
  if (!fallback.resetsOnChecksum(subflow)) return;
  const options = fallback.sendsFail(subflow) ? [fail] : [];
  markReset(subflow, { reason: fallback.checksumReason, transient: false, options });
  subflow.held.drop(subflow.held.length);
  connection.reassembly.cut(dsnAdd(mapping.dsn, fallback.discardOffset));
}

/** MP_FAIL came (3.7-10, 3.7-11). On a RST the subflow is gone anyway. */
export function receiveFail(stack: Stack, subflow: Subflow, option: OptionMpFail, withReset: boolean): void {
  const { fallback } = stack.rules;
  const { connection } = subflow;
  count(stack, 'MPTcpExt.MPFailRx');
  if (!fallback.honoursFail(subflow, option)) return;
  if (withReset) {
    if (openSubflows(connection).length === 1) connection.restartAt = option.dsn;
    return;
  }
  if (openSubflows(connection).length > 1) {
    markReset(subflow, { reason: RESET_REASON.MIDDLEBOX });
    return;
  }
  connection.failReceived = true;
  const answered = connection.failed !== undefined;
  if (!answered && fallback.answersFail(subflow)) {
    subflow.signals.push(failOption(stack, connection.rcvNxt));
    count(stack, 'MPTcpExt.MPFailTx');
  }
  // An answer to this host's own MP_FAIL asks for no infinite mapping: its data was not at fault.
  if (fallback.revertsAfterFail(subflow)) fallBack(stack, subflow, answered ? 'none' : 'due');
}

/**
 * The only subflow was reset with MP_FAIL: the next one continues as the single path, by an infinite mapping from the
 * number that the MP_FAIL declared (3.7-12.s3, 3.7-12.s4).
 */
export function restart(stack: Stack, connection: Connection, subflow: Subflow): void {
  const from = connection.restartAt;
  delete connection.restartAt;
  if (from === undefined || !stack.rules.fallback.restartsInfinite(subflow)) return;
  if (dsnLeq(connection.sndBase, from) && dsnLt(from, connection.sndNxt)) connection.sndNxt = from;
  connection.sent = [];
  fallBack(stack, subflow, 'due');
}
