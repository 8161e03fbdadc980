/** Closing a connection (RFC 8684 §3.3.3 and appendix D): DATA_FINs, then FINs on the subflows. */
import type { Connection, ConnectionState, Stack, Subflow } from '../state.ts';
import { canSend, enqueue, isOpen } from '../tcp/subflow.ts';
import { sendEnd } from './3.3-data-sequence-signal.ts';
import { openSubflows } from './3.7-fallback.ts';

/** The connection's state by what was sent, acknowledged and received (figure 22). */
function closureState(connection: Connection): ConnectionState {
  if (connection.state === 'M_CLOSED' || connection.state === 'FASTCLOSE_WAIT') return connection.state;
  const { dataFinSent, dataFinAcked, peerClosed } = connection;
  if (!dataFinSent) return peerClosed ? 'M_CLOSE_WAIT' : 'M_ESTAB';
  if (!peerClosed) return dataFinAcked ? 'M_FIN_WAIT_2' : 'M_FIN_WAIT_1';
  if (dataFinAcked) return 'M_TIME_WAIT';
  return connection.state === 'M_CLOSE_WAIT' || connection.state === 'M_LAST_ACK' ? 'M_LAST_ACK' : 'M_CLOSING';
}

/** Sends the DATA_FIN when all data is out, and FINs when the DATA_FIN is acknowledged. */
export function advanceClosing(stack: Stack, connection: Connection): void {
  if (connection.mode === 'mptcp') {
    sendDataFin(stack, connection);
    closeSubflows(stack, connection);
  } else if (connection.mode === 'tcp') {
    closeStream(connection);
  }
  if (connection.state !== 'M_CLOSED') connection.state = closureState(connection);
}

/** Whether everything that the application gave has been put on a subflow. */
function allSent(connection: Connection): boolean {
  return connection.sndNxt === sendEnd(connection);
}

function sendDataFin(stack: Stack, connection: Connection): void {
  const { closing } = stack.rules;
  if (!connection.writeClosed || connection.dataFinSent || connection.remoteKey === undefined) return;
  if (!closing.mayFinish(connection, allSent(connection), connection.reinject.length === 0)) return;
  const subflow = closing.dataFinSubflow(
    openSubflows(connection).filter((one) => canSend(one) && stack.rules.join.dataAllowed(one)),
    connection,
  );
  if (subflow === undefined) return;
  connection.dataFinSent = true;
  connection.dataFinDue = subflow;
  if (closing.finWithDataFin(subflow)) enqueue(subflow, { fin: true });
}

function closeSubflows(stack: Stack, connection: Connection): void {
  const { closing } = stack.rules;
  for (const subflow of [...connection.subflows]) {
    if (!canSend(subflow) || subflow.resetDue !== undefined) continue;
    const done = connection.dataFinAcked && closing.closesSubflow(subflow);
    const early = connection.dataFinSent && !connection.dataFinAcked && closing.closesSubflowEarly(subflow);
    if (done || early || answersFin(stack, subflow)) enqueue(subflow, { fin: true });
  }
}

/** The peer has closed a subflow: closes the other half where the connection can continue without it (3.3.3-9). */
function answersFin(stack: Stack, subflow: Subflow): boolean {
  if (subflow.state !== 'CLOSE_WAIT') return false;
  const others = openSubflows(subflow.connection).filter((one) => one !== subflow && canSend(one));
  return stack.rules.closing.answersFin(subflow, others.length);
}

/** Regular TCP: the FIN follows the data. */
function closeStream(connection: Connection): void {
  if (!connection.writeClosed || !allSent(connection)) return;
  const subflow = connection.subflows.find((one) => isOpen(one) && one.resetDue === undefined);
  if (subflow !== undefined && canSend(subflow)) enqueue(subflow, { fin: true });
}

/** Whether both directions are closed at the connection level (3.3.3-8). */
export function isClosed(connection: Connection): boolean {
  if (connection.state === 'M_CLOSED') return true;
  if (connection.mode === 'mptcp') return connection.peerClosed && connection.dataFinAcked;
  return connection.peerClosed && connection.writeClosed && connection.sndUna === sendEnd(connection);
}
