/** Fast close (RFC 8684 §3.5): by an ACK on one subflow (option A), or by RSTs on all (option R). */
import type { OptionMpFastclose } from '../../packet/index.ts';
import { count, isSynchronized } from '../tcp/subflow.ts';
import type { Connection, Stack, Subflow } from '../state.ts';
import { openSubflows } from './3.7-fallback.ts';
import { markReset, RESET_REASON } from './3.6-subflow-reset.ts';

/** MP_FASTCLOSE with the key of the host that receives it. */
function fastCloseOption(stack: Stack, connection: Connection): OptionMpFastclose {
  return { kind: 'mp_fastclose', reserved: 0, receiverKey: stack.rules.fastClose.keyToSend(connection) };
}

/** Ends a connection at once. */
export function abort(stack: Stack, connection: Connection): void {
  const open = openSubflows(connection).filter(isSynchronized);
  if (connection.mode === 'mptcp' && open.length > 0 && stack.rules.fastClose.sendsFastClose(connection)) {
    count(stack, 'MPTcpExt.MPFastcloseTx');
    if (stack.rules.fastClose.option(connection) === 'A') {
      beginByAck(stack, connection, open);
      return;
    }
    const options = [fastCloseOption(stack, connection)];
    open.forEach((one, at) => {
      markReset(one, { options: stack.rules.fastClose.optionOnSubflow(one, at) ? options : [] });
    });
    for (const one of openSubflows(connection)) markReset(one);
  } else {
    for (const one of openSubflows(connection)) markReset(one);
  }
  closeNow(stack, connection);
}

/** Option A: MP_FASTCLOSE on an ACK, RSTs on the others, and the wait for a RST (3.5-5.1). */
function beginByAck(stack: Stack, connection: Connection, open: Subflow[]): void {
  const subflow = stack.rules.fastClose.subflow(open, connection);
  if (subflow === undefined) return;
  connection.state = 'FASTCLOSE_WAIT';
  connection.reinject = [];
  connection.sent = [];
  connection.timers.clear();
  for (const other of openSubflows(connection)) {
    if (other !== subflow && stack.rules.fastClose.resetsOthers(other)) markReset(other);
  }
  subflow.queue = [];
  subflow.sndNxt = stack.rules.fastClose.sequence(subflow);
  subflow.timers.clear();
  subflow.signals = [fastCloseOption(stack, connection)];
  subflow.fastCloses = 1;
  subflow.timers.set('fastClose', stack.now + subflow.rto);
}

/** No RST came in one RTO: once more, and at last a RST (3.5-7.3). */
export function fastCloseTimedOut(stack: Stack, subflow: Subflow): void {
  const { connection } = subflow;
  const option = fastCloseOption(stack, connection);
  if (subflow.fastCloses > stack.rules.fastClose.retransmissions) {
    const options = stack.rules.fastClose.finalReset ? [option] : [];
    markReset(subflow, { options });
    closeNow(stack, connection);
    return;
  }
  subflow.fastCloses++;
  subflow.signals = [option];
  subflow.timers.set('fastClose', stack.now + subflow.rto * 2 ** (subflow.fastCloses - 1));
}

/** The connection has ended: its subflows stop, and joins no longer find it. */
export function closeNow(stack: Stack, connection: Connection): void {
  connection.state = 'M_CLOSED';
  if (stack.rules.fastClose.forgetsConnection(connection)) stack.byToken.delete(connection.localToken);
  connection.reinject = [];
  connection.sent = [];
  connection.timers.clear();
}

/** MP_FASTCLOSE came; only with this host's key does it count (3.5-7.1, 3.5-8). */
export function receiveFastClose(
  stack: Stack,
  subflow: Subflow,
  option: OptionMpFastclose,
  withReset: boolean,
): boolean {
  const { fastClose } = stack.rules;
  const { connection } = subflow;
  if (!fastClose.keyValid(option.receiverKey, connection, subflow)) return false;
  count(stack, 'MPTcpExt.MPFastcloseRx');
  for (const one of openSubflows(connection)) {
    if (one === subflow && withReset) continue;
    const answered = one === subflow ? fastClose.answersWithReset(one) : fastClose.resetsOnReceipt(one);
    if (answered) markReset(one, { reason: RESET_REASON.UNSPECIFIED });
  }
  if (!fastClose.closesConnection(connection)) return true;
  connection.error = fastClose.error;
  closeNow(stack, connection);
  return true;
}
