/** Retransmission at the connection level (RFC 8684 §3.3.6). */
import { canSend, count, isOpen } from '../tcp/subflow.ts';
import type { Connection, SentRange, Stack, Subflow } from '../state.ts';

/** Marks what was sent on a subflow and is not acknowledged by a Data ACK to be sent again. */
function reinjectFrom(stack: Stack, subflow: Subflow): void {
  const { connection } = subflow;
  if (connection.mode !== 'mptcp') return;
  const due = connection.sent.filter((range) => range.subflow === subflow && !isQueued(connection, range));
  connection.reinject.push(...stack.rules.reliability.reinjected(due, subflow));
  connection.reinject.sort((a, b) => (a.dsn < b.dsn ? -1 : 1));
}

function isQueued(connection: Connection, range: SentRange): boolean {
  return connection.reinject.some((one) => one.dsn === range.dsn && one.length === range.length);
}

/** A subflow has ended: what is not acknowledged goes out on the others (3.3.6-4). */
export function subflowEnded(stack: Stack, subflow: Subflow): void {
  if (!stack.rules.reliability.reinjectsAfterLoss(subflow)) return;
  reinjectFrom(stack, subflow);
  const { connection } = subflow;
  connection.sent = connection.sent.filter((range) => range.subflow !== subflow);
  if (connection.dataFinSent && !connection.dataFinAcked) connection.timers.set('dataRetransmit', stack.now);
}

/** A retransmission timer of a subflow has expired: others may carry its data too. */
export function subflowTimedOut(stack: Stack, subflow: Subflow): void {
  const { connection } = subflow;
  const others = connection.subflows.some((one) => one !== subflow && canSend(one));
  if (others && stack.rules.reliability.reinjectsAfterTimeout(subflow)) reinjectFrom(stack, subflow);
}

/** The longest retransmission timeout of the open subflows, in milliseconds. */
function longestRto(connection: Connection): number {
  return connection.subflows.filter(isOpen).reduce((most, one) => Math.max(most, one.rto), 0);
}

/** Whether something waits for a Data ACK: a DATA_FIN, or data that the subflows have acknowledged. */
function waitsForDataAck(connection: Connection): boolean {
  if (connection.mode !== 'mptcp') return false;
  if (connection.dataFinSent && !connection.dataFinAcked) return true;
  return connection.sent.length > 0;
}

/** Keeps the timer that guards against data that is acknowledged on a subflow only (3.3.6-3). */
export function watchDataAcks(stack: Stack, connection: Connection): void {
  if (!waitsForDataAck(connection)) {
    connection.timers.delete('dataRetransmit');
    return;
  }
  if (connection.timers.has('dataRetransmit')) return;
  const base = Math.max(stack.rules.reliability.dataTimeout(connection, longestRto(connection)), 1);
  const due = stack.now + Math.min(base * 2 ** connection.dataBackoff, stack.rules.tcp.maxRto);
  connection.timers.set('dataRetransmit', due);
}

/** The timer has expired: the head of what waits, and the DATA_FIN, go out once more. */
export function dataTimedOut(stack: Stack, connection: Connection): void {
  connection.dataBackoff = Math.min(connection.dataBackoff + 1, 8);
  connection.dataRetransmits++;
  const { reliability } = stack.rules;
  if (!reliability.retransmitsData(connection)) return;
  count(stack, 'MPTcpExt.MPTCPRetrans');
  const [head] = connection.sent;
  if (head !== undefined && head.length > 0) {
    if (onlyWaitsForSubflow(connection, head)) return;
    if (!isQueued(connection, head)) connection.reinject.unshift(head);
    connection.sent = connection.sent.filter((range) => range !== head);
  } else {
    connection.sent = connection.sent.filter((range) => range.length > 0);
  }
  if (
    head === undefined &&
    connection.dataFinSent &&
    !connection.dataFinAcked &&
    reliability.retransmitsDataFin(connection)
  ) {
    connection.dataFinDue = reliability.dataFinSubflow(connection.subflows.filter(mayCarryDataFin), connection);
  }
}

/** The subflow itself still retransmits it, and there is no other. */
function onlyWaitsForSubflow(connection: Connection, range: SentRange): boolean {
  const pending = range.subflow.queue.some((piece) => piece.dsn !== undefined && piece.dsn === range.dsn);
  return pending && !connection.subflows.some((one) => one !== range.subflow && canSend(one));
}

/** A DATA_FIN has no data, so it may go out on a subflow that has sent its FIN. */
function mayCarryDataFin(subflow: Subflow): boolean {
  return isOpen(subflow) && !['SYN_SENT', 'SYN_RECEIVED', 'PRE_ESTABLISHED'].includes(subflow.state);
}
