/** The end of a subflow, and what it means to its connection (RFC 8684 §3.3.3, §3.6, §4). */
import { receiveFail } from '../mptcp/3.7-fallback.ts';
import { closeNow, receiveFastClose } from '../mptcp/3.5-fast-close.ts';
import { noteReset } from '../mptcp/3.6-subflow-reset.ts';
import { subflowEnded } from '../mptcp/3.3.6-reliability-and-retransmissions.ts';
import { joinFailed, pathFailed } from '../mptcp/3.9-path-management.ts';
import type { Arrival, Connection, Stack, Subflow } from '../state.ts';
import { findOption, forgetSubflow } from './subflow.ts';

/** A RST came that counts. In MPTCP it ends the subflow only (4-2.14). */
export function afterReset(stack: Stack, subflow: Subflow, arrival: Arrival): void {
  const { connection } = subflow;
  noteReset(stack, subflow, arrival.options);
  const handshake = ['SYN_SENT', 'SYN_RECEIVED', 'PRE_ESTABLISHED'].includes(subflow.state);
  if (connection.mode === 'mptcp') {
    const fail = findOption(arrival.options, 'mp_fail');
    if (fail !== undefined) receiveFail(stack, subflow, fail, true);
    const fastClose = findOption(arrival.options, 'mp_fastclose');
    if (fastClose !== undefined) receiveFastClose(stack, subflow, fastClose, true);
  }
  if (subflow.kind === 'join') {
    if (handshake) joinFailed(stack, subflow);
    else if (!stack.rules.reset.mayRetry(subflow)) pathFailed(stack, subflow);
  }
  const refused = subflow.state === 'SYN_SENT';
  endSubflow(stack, subflow);
  if (connection.state === 'FASTCLOSE_WAIT') {
    if (stack.rules.fastClose.endsWait(connection)) closeNow(stack, connection);
    return;
  }
  if (connection.mode !== 'mptcp' || stack.rules.reset.endsConnection(subflow)) {
    failConnection(stack, connection, refused ? 'ECONNREFUSED' : 'ECONNRESET');
  }
}

/** A subflow is over, with or without a RST: its data goes elsewhere. */
function endSubflow(stack: Stack, subflow: Subflow): void {
  subflow.failed = true;
  subflow.queue = [];
  forgetSubflow(stack, subflow);
  subflowEnded(stack, subflow);
}

/** The connection has ended; reports the reason to the application. */
export function failConnection(stack: Stack, connection: Connection, error: string): void {
  connection.error ??= error;
  closeNow(stack, connection);
}

/** A subflow did not get an answer for too long. */
export function subflowTimedOutForGood(stack: Stack, subflow: Subflow): void {
  const { connection } = subflow;
  if (subflow.kind === 'join' && ['SYN_SENT', 'PRE_ESTABLISHED'].includes(subflow.state)) joinFailed(stack, subflow);
  endSubflow(stack, subflow);
  if (connection.mode !== 'mptcp') failConnection(stack, connection, 'ETIMEDOUT');
}
