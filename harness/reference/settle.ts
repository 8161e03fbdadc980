/** The last step of every round: consequences of the input. */
import { advanceClosing, isClosed } from './mptcp/3.3.3-closing-a-connection.ts';
import { pump } from './mptcp/3.3.5-sender-considerations.ts';
import { dataTimedOut, subflowEnded, watchDataAcks } from './mptcp/3.3.6-reliability-and-retransmissions.ts';
import { sendAnnouncement } from './mptcp/3.4.1-address-advertisement.ts';
import { abort, closeNow } from './mptcp/3.5-fast-close.ts';
import { managePaths } from './mptcp/3.9-path-management.ts';
import { failConnection } from './tcp/ending.ts';
import { sendAck, sendDataFin, sendReset, sendSignals, transmit } from './tcp/output.ts';
import { forgetSubflow, isOpen } from './tcp/subflow.ts';
import { resendProbe, tickSubflow, watchKeepalive, watchWindow } from './tcp/timers.ts';
import type { Connection, ConnectionTimer, Stack, Subflow } from './state.ts';

/** Sends what is due on all connections, and forgets those that are over. */
export function settle(stack: Stack): void {
  for (const connection of [...stack.connections]) settleConnection(stack, connection);
}

function settleConnection(stack: Stack, connection: Connection): void {
  if (connection.lateData && connection.state !== 'M_CLOSED' && stack.rules.closing.resetsLateData(connection)) {
    connection.lateData = false;
    abort(stack, connection);
  }
  sendResets(stack, connection);
  if (connection.state !== 'FASTCLOSE_WAIT') {
    managePaths(stack, connection);
    advanceClosing(stack, connection);
    sendAnnouncement(stack, connection);
    pump(stack, connection);
    advanceClosing(stack, connection);
  }
  for (const subflow of [...connection.subflows]) settleSubflow(stack, connection, subflow);
  sendResets(stack, connection);
  watchDataAcks(stack, connection);
  endOfConnection(stack, connection);
}

function sendResets(stack: Stack, connection: Connection): void {
  for (const subflow of [...connection.subflows]) {
    if (subflow.resetDue === undefined) continue;
    sendReset(stack, subflow);
    subflowEnded(stack, subflow);
  }
}

function settleSubflow(stack: Stack, connection: Connection, subflow: Subflow): void {
  if (subflow.state === 'CLOSED') {
    forgetSubflow(stack, subflow);
    return;
  }
  if (subflow.resetDue !== undefined) return;
  resendProbe(stack, subflow);
  transmit(stack, subflow);
  sendSignals(stack, subflow);
  if (connection.dataFinDue === subflow && connection.mode === 'mptcp') {
    connection.dataFinDue = undefined;
    sendDataFin(stack, subflow);
  }
  if (subflow.ackNow) {
    subflow.ackNow = false;
    if (subflow.state !== 'SYN_SENT' && subflow.state !== 'SYN_RECEIVED') sendAck(stack, subflow);
  }
  tellWindow(stack, connection, subflow);
  watchWindow(stack, subflow);
  watchKeepalive(stack, subflow);
}

/** The application has read: a window that was small is announced again (RFC 9293 §3.8.6.2.2). */
function tellWindow(stack: Stack, connection: Connection, subflow: Subflow): void {
  if (subflow.state !== 'ESTABLISHED' && subflow.state !== 'FIN_WAIT_1' && subflow.state !== 'FIN_WAIT_2') return;
  const free = connection.receiveCapacity - connection.receiveBuffer.length;
  const told = subflow.lastWindow;
  const step = Math.min(2 * subflow.peerMss, connection.receiveCapacity / 2);
  const small = told < Math.min(connection.receiveCapacity / 4, 2 * subflow.peerMss);
  if (!small || free - told < step || !stack.rules.receiving.updatesWindow(subflow)) return;
  // A window counts with a Data ACK only (3.3.2-3).
  delete subflow.lastDataAck;
  sendAck(stack, subflow);
}

/** Whether a connection can go, and what happens to one without subflows. */
function endOfConnection(stack: Stack, connection: Connection): void {
  const { closing } = stack.rules;
  const open = connection.subflows.filter(isOpen).length;
  if (connection.state === 'M_CLOSED') {
    if (connection.subflows.length === 0) stack.connections.delete(connection);
    return;
  }
  if (isClosed(connection) && closing.forgetsToken(connection)) stack.byToken.delete(connection.localToken);
  if (open > 0) {
    connection.timers.delete('orphan');
    watchRelease(stack, connection);
    return;
  }
  if (isClosed(connection)) closeNow(stack, connection);
  else if (connection.mode !== 'mptcp') {
    if (!connection.peerClosed) connection.error ??= 'ECONNRESET';
    closeNow(stack, connection);
  } else if (!connection.timers.has('orphan')) {
    // No subflow is left: a new one may come for a while (3.3.3-9).
    connection.timers.set('orphan', stack.now + closing.timeoutWithoutSubflow(connection));
  }
  // The remaining subflows wait in TIME_WAIT.
  if (connection.subflows.length === 0 && !connection.timers.has('orphan')) stack.connections.delete(connection);
}

/** The application is gone: the peer has some time to close as well. */
function watchRelease(stack: Stack, connection: Connection): void {
  if (!connection.released || isClosed(connection)) {
    connection.timers.delete('unused');
    return;
  }
  if (!connection.timers.has('unused')) {
    connection.timers.set('unused', stack.now + stack.rules.closing.timeoutAfterRelease(connection));
  }
}

/** Does what is due at `stack.now`. */
export function tickAll(stack: Stack): void {
  for (const connection of [...stack.connections]) {
    for (const [timer, due] of [...connection.timers]) {
      if (due > stack.now || connection.timers.get(timer) !== due) continue;
      connection.timers.delete(timer);
      expired[timer](stack, connection);
    }
    for (const subflow of [...connection.subflows]) tickSubflow(stack, subflow);
  }
}

const expired: Readonly<Record<ConnectionTimer, (stack: Stack, connection: Connection) => void>> = {
  dataRetransmit: dataTimedOut,
  // The next announcement, or the same once more, goes out at the end of the round.
  announce: () => undefined,
  orphan: (stack, connection) => failConnection(stack, connection, 'ETIMEDOUT'),
  unused: (stack, connection) => abort(stack, connection),
};

/** Time of the next timer, milliseconds. */
export function nextDue(stack: Stack): number | undefined {
  let next: number | undefined;
  const consider = (due: number) => {
    if (next === undefined || due < next) next = due;
  };
  for (const connection of stack.connections) {
    connection.timers.forEach(consider);
    for (const subflow of connection.subflows) subflow.timers.forEach(consider);
  }
  return next;
}
