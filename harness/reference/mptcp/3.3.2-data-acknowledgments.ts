/** Data ACKs that come in (RFC 8684 §3.3.2), and what they free. */
import type { OptionDss, TcpSegment } from '../../packet/index.ts';
import { dsnAdd, dsnDiff, dsnLeq, dsnLt } from '../../mptcp/index.ts';
import type { Connection, SentRange, Stack, Subflow } from '../state.ts';
import { sendEnd } from './3.3-data-sequence-signal.ts';

/** The highest number that was sent, the DATA_FIN included. */
function sentEnd(connection: Connection): bigint {
  return dsnAdd(connection.sndNxt, connection.dataFinSent ? 1 : 0);
}

/** Reads the Data ACK of a DSS and the window that goes with it (3.3.2-3). */
export function receiveDataAck(stack: Stack, subflow: Subflow, dss: OptionDss, segment: TcpSegment): void {
  if (dss.dataAck === undefined) return;
  const { dataAck } = stack.rules;
  const { connection } = subflow;
  const value = dss.dataAck8 ? dataAck.long(dss.dataAck, connection) : dataAck.promote(dss.dataAck, connection);
  if (value === undefined) return;
  const valid = dsnLeq(connection.sndUna, value) && dsnLeq(value, sentEnd(connection));
  if (!dataAck.acceptable(connection, value, valid)) return;
  updateWindow(stack, subflow, value, segment);
  if (!dsnLt(connection.sndUna, value)) return;
  connection.sndUna = value;
  connection.dataBackoff = 0;
  connection.dataRetransmits = 0;
  if (connection.dataFinSent && dsnLt(sendEnd(connection), value)) {
    connection.dataFinAcked = true;
    connection.dataFinDue = undefined;
  }
  connection.sent = connection.sent.filter((range) => stillDue(connection, range));
  connection.reinject = connection.reinject.filter((range) => stillDue(connection, range));
  connection.timers.delete('dataRetransmit');
  releaseBuffer(stack, connection);
}

function stillDue(connection: Connection, range: SentRange): boolean {
  const end = dsnAdd(range.dsn, range.length + (range.dataFin ? 1 : 0));
  if (!dsnLeq(end, connection.sndUna)) return true;
  if (range.length > 0) connection.intact = { dsn: range.dsn, ssn: range.ssn };
  return false;
}

/** The right edge only advances; the largest of those received on the subflows counts (3.3.5-1, 3.3.5-2). */
function updateWindow(stack: Stack, subflow: Subflow, ack: bigint, segment: TcpSegment): void {
  const { connection } = subflow;
  const edge = dsnAdd(ack, segment.window * 2 ** subflow.sndScale);
  connection.sndEdge = stack.rules.sending.windowEdge(connection, edge, subflow);
}

/** A window without a Data ACK does not count at the connection level (3.3.2-3.s4), unless a faulty stack lets it. */
export function windowWithoutDataAck(stack: Stack, subflow: Subflow, segment: TcpSegment): void {
  if (!stack.rules.dataAck.windowCountsAlone(subflow)) return;
  updateWindow(stack, subflow, subflow.connection.sndUna, segment);
}

/** Frees what was acknowledged both by a Data ACK and on every subflow that it was sent on (3.3.2-4, 3.3.6-4). */
export function releaseBuffer(stack: Stack, connection: Connection): void {
  const onSubflows = lowestUnacked(connection);
  const base = stack.rules.reliability.freeUpTo(connection, onSubflows);
  const count = Number(dsnDiff(base, connection.sndBase));
  if (count <= 0) return;
  const freed = Math.min(count, connection.sendBuffer.length);
  connection.sendBuffer.drop(freed);
  connection.sndBase = dsnAdd(connection.sndBase, freed);
}

/** The lowest number that a subflow has not acknowledged; where all have, the next to be sent. */
function lowestUnacked(connection: Connection): bigint {
  let lowest = connection.sndNxt;
  for (const subflow of connection.subflows) {
    for (const piece of subflow.queue) {
      if (piece.dsn !== undefined && dsnLt(piece.dsn, lowest)) lowest = piece.dsn;
    }
  }
  return lowest;
}

/** Without MPTCP the ACKs of the subflow say what the peer has (3.7-13.s1). */
export function acknowledgeStream(stack: Stack, connection: Connection): void {
  const acked = lowestUnacked(connection);
  if (dsnLt(connection.sndUna, acked)) connection.sndUna = acked;
  releaseBuffer(stack, connection);
}
