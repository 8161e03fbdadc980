/** Receiving at the connection level (RFC 8684 §3.3.4): one window, one reassembly queue, the application's buffer. */
import { dsnAdd, dsnDiff, dsnLeq, dsnLt } from '../../mptcp/index.ts';
import type { Connection, Stack, Subflow } from '../state.ts';

/** Hands bytes to the application, at the number where the stream stands. */
function appendToStream(connection: Connection, data: Uint8Array): void {
  if (connection.released && data.length > 0) connection.lateData = true;
  const begin = connection.rcvNxt;
  connection.rcvNxt = dsnAdd(begin, data.length);
  if (connection.readShut) return;
  const { urgent } = connection;
  const offset = urgent === undefined ? -1 : Number(dsnDiff(urgent.at, begin));
  if (urgent === undefined || offset < 0 || offset >= data.length) {
    connection.receiveBuffer.append(data);
    return;
  }
  urgent.byte = data[offset] ?? 0;
  if (connection.urgentInline) {
    connection.receiveBuffer.append(data);
    return;
  }
  connection.receiveBuffer.append(data.subarray(0, offset));
  connection.receiveBuffer.append(data.subarray(offset + 1));
}

/** Bytes of the stream without MPTCP: the order of the subflow is that of the stream. */
export function deliverStream(connection: Connection, data: Uint8Array): void {
  if (!connection.peerClosed) appendToStream(connection, data);
}

/**
 * Mapped bytes received on a subflow. Data outside the window is dropped and not acknowledged (§3.8); of what
 * came twice, the first counts (3.3.1-3.s4).
 */
export function deliverData(stack: Stack, subflow: Subflow, dsn: bigint, data: Uint8Array): void {
  const { connection } = subflow;
  const { receiving } = stack.rules;
  let from = dsn;
  let rest = data;
  const before = Number(dsnDiff(connection.rcvNxt, from));
  if (before > 0) {
    repeatDataAck(connection);
    const skip = receiving.bytesAlreadyReceived(subflow, Math.min(before, rest.length));
    from = dsnAdd(from, skip);
    rest = rest.subarray(skip);
  }
  const room = Number(dsnDiff(receiving.acceptanceEdge(connection), from));
  if (room < rest.length) rest = rest.subarray(0, Math.max(0, room));
  if (rest.length === 0) return;
  connection.reassembly.add(from, rest);
  advance(stack, connection);
}

/** The peer sends received data again: a Data ACK was lost, and counts as not yet sent. */
function repeatDataAck(connection: Connection): void {
  for (const subflow of connection.subflows) delete subflow.lastDataAck;
}

/** Moves what has no hole before it from the reassembly queue to the application. */
function advance(stack: Stack, connection: Connection): void {
  const ready = connection.reassembly.take(connection.rcvNxt);
  for (const data of stack.rules.receiving.order(ready)) appendToStream(connection, data);
  closeReceiving(stack, connection);
}

/** The DATA_FIN of the peer (§3.3.3): it counts once all data before it is here. */
export function receiveDataFin(stack: Stack, connection: Connection, dsn: bigint): void {
  if (connection.peerClosed) repeatDataAck(connection);
  if (connection.peerClosed || connection.peerDataFin !== undefined) return;
  if (dsnLt(dsn, connection.rcvNxt) || !dsnLeq(dsn, stack.rules.receiving.acceptanceEdge(connection))) return;
  connection.peerDataFin = dsn;
  closeReceiving(stack, connection);
}

function closeReceiving(stack: Stack, connection: Connection): void {
  const { peerDataFin } = connection;
  if (peerDataFin === undefined || connection.peerClosed) return;
  if (!stack.rules.closing.dataFinComplete(connection, peerDataFin)) return;
  connection.rcvNxt = dsnAdd(peerDataFin, 1);
  if (dsnDiff(connection.rcvEdge, connection.rcvNxt) < 0n) connection.rcvEdge = connection.rcvNxt;
  connection.peerClosed = true;
}
