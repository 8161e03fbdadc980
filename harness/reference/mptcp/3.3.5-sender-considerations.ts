/** Sending at the connection level (RFC 8684 §3.3.5): two windows, and the data that fits both. */
import { dsnAdd, dsnDiff, dsnLt, seqAdd, seqDiff } from '../../mptcp/index.ts';
import { payloadLimit } from '../tcp/option-space.ts';
import { enqueue, inFlight, mssOf } from '../tcp/subflow.ts';
import type { Connection, Mapping, SentRange, Stack, Subflow } from '../state.ts';
import { makeMapping, relativeSeq, sendEnd } from './3.3-data-sequence-signal.ts';
import { choose, usableSubflows } from './3.3.8-subflow-policy.ts';
import { infiniteMapping, restart } from './3.7-fallback.ts';

/** Bytes of payload that one segment of a subflow may have. */
export function segmentSize(stack: Stack, subflow: Subflow): number {
  return payloadLimit(subflow, mssOf(stack, subflow.device, subflow.family));
}

/** Bytes that a subflow may send now: its congestion window and the window received on it (3.3.5-3). */
function roomOf(stack: Stack, subflow: Subflow): number {
  const waiting = seqDiff(endOfQueue(subflow), subflow.sndNxt);
  const window = stack.rules.sending.subflowWindow(subflow);
  return Math.max(0, Math.min(subflow.cwnd, window) - inFlight(subflow) - Math.max(0, waiting));
}

/** Bytes that the connection's window leaves (3.3.5-4). */
function connectionRoom(stack: Stack, connection: Connection): number {
  if (connection.mode !== 'mptcp') return Number.MAX_SAFE_INTEGER;
  return stack.rules.sending.connectionRoom(connection, Number(dsnDiff(connection.sndEdge, connection.sndNxt)));
}

/** Puts on the subflows what may go out. */
export function pump(stack: Stack, connection: Connection): void {
  if (connection.mode === 'negotiating') return;
  if (connection.restartAt !== undefined) {
    const [single] = usableSubflows(stack, connection);
    if (single !== undefined) restart(stack, connection, single);
  }
  for (;;) {
    const ready = usableSubflows(stack, connection).filter((one) => roomOf(stack, one) > 0);
    const again = connection.reinject[0];
    if (again !== undefined && connection.mode === 'mptcp') {
      if (!reinject(stack, connection, again, ready)) return;
      continue;
    }
    if (!sendOnOne(stack, connection, ready)) return;
  }
}

/** Sends new data on the subflow that the scheduler likes best among those that can take some. */
function sendOnOne(stack: Stack, connection: Connection, ready: readonly Subflow[]): boolean {
  for (let left = ready; left.length > 0;) {
    const subflow = choose(stack, connection, left);
    if (subflow === undefined) return false;
    if (sendNew(stack, connection, subflow)) return true;
    left = left.filter((one) => one !== subflow);
  }
  return false;
}

/** Sends a range once more, on another subflow where there is one (3.3.6-1). */
function reinject(stack: Stack, connection: Connection, range: SentRange, ready: Subflow[]): boolean {
  if (ready.length === 0) return false;
  const without = ready.filter((one) => !one.queue.some((piece) => piece.dsn === range.dsn));
  const subflow = stack.rules.reliability.reinjectOn(range, without);
  connection.reinject.shift();
  // Every subflow that could carry it is repeating it already.
  if (subflow === undefined) return true;
  if (dsnLt(range.dsn, connection.sndBase)) {
    // Its head is no longer there: only what the peer still lacks goes out.
    const gone = Number(dsnDiff(connection.sndBase, range.dsn));
    if (gone >= range.length) return true;
    put(stack, connection, subflow, dsnAdd(range.dsn, gone), range.length - gone, false);
    return true;
  }
  if (range.length > 0) put(stack, connection, subflow, range.dsn, range.length, range.dataFin);
  return true;
}

/** Sends new data on a subflow. Answers whether any went out. */
function sendNew(stack: Stack, connection: Connection, subflow: Subflow): boolean {
  const { rules } = stack;
  const waiting = Number(dsnDiff(sendEnd(connection), connection.sndNxt));
  const size = segmentSize(stack, subflow);
  const allowed = Math.min(roomOf(stack, subflow), connectionRoom(stack, connection));
  const now = Math.min(waiting, allowed);
  if (now <= 0) return false;
  const last = now === waiting;
  // Silly windows and Nagle (RFC 9293 §3.7.4, §3.8.6.2.1): less than a segment waits while something is on the way.
  if (now < size && !last && now < subflow.maxSndWnd / 2) return false;
  if (now < size && last && !connection.writeClosed && rules.tcp.delaysSmall(subflow, inFlight(subflow) > 0))
    return false;
  const chunk = Math.min(rules.mapping.chunkBytes(subflow, size, now), waiting, connectionRoom(stack, connection));
  const whole = connection.mode === 'mptcp' ? Math.max(Math.min(now, size), chunk) : Math.min(now, size);
  const bytes = untilUrgent(stack, connection, whole);
  const dataFin =
    waiting === bytes &&
    connection.writeClosed &&
    connection.mode === 'mptcp' &&
    !startsWithCapable(stack, subflow) &&
    rules.closing.dataFinWithData(subflow);
  put(stack, connection, subflow, connection.sndNxt, bytes, dataFin);
  if (rules.policy.redundant) {
    for (const other of usableSubflows(stack, connection)) {
      if (other !== subflow && roomOf(stack, other) >= bytes) {
        put(stack, connection, other, connection.sndNxt, bytes, dataFin);
      }
    }
  }
  connection.sndNxt = dsnAdd(connection.sndNxt, bytes);
  if (dataFin) connection.dataFinSent = true;
  return true;
}

/** Urgent data ends a mapping, so that the urgent pointer does not interrupt one (3.3.1-9.s1). */
function untilUrgent(stack: Stack, connection: Connection, bytes: number): number {
  if (connection.sndUp === undefined || !stack.rules.mapping.urgentEndsMapping) return bytes;
  const left = Number(dsnDiff(connection.sndUp, connection.sndNxt));
  return left > 0 && left < bytes ? left : bytes;
}

/** Queues a range on a subflow: one mapping, as many segments as it takes. */
export function put(
  stack: Stack,
  connection: Connection,
  subflow: Subflow,
  dsn: bigint,
  length: number,
  dataFin: boolean,
): void {
  const data = connection.sendBuffer.read(Number(dsnDiff(dsn, connection.sndBase)), length);
  if (data.length === 0) return;
  const seq = subflow.queue.length === 0 ? subflow.sndNxt : endOfQueue(subflow);
  const mapping = mappingFor(stack, subflow, { dsn, seq }, data, dataFin);
  const capable = mapping !== undefined && startsWithCapable(stack, subflow);
  if (connection.mode === 'mptcp') {
    connection.sent.push({ dsn, length: data.length, dataFin, subflow, ssn: relativeSeq(subflow, seq) });
  }
  const size = segmentSize(stack, subflow);
  for (let at = 0; at < data.length; at += size) {
    const part = data.subarray(at, at + size);
    const begin = dsnAdd(dsn, at);
    enqueue(subflow, {
      data: part,
      dsn: begin,
      first: at === 0,
      capable: capable && at === 0,
      urgent: urgentOffset(stack, connection, begin, part.length),
      ...(mapping !== undefined && { mapping }),
    });
  }
  subflow.dataSent += data.length;
}

function endOfQueue(subflow: Subflow): number {
  const last = subflow.queue.at(-1);
  return last === undefined ? subflow.sndNxt : seqAdd(last.seq, last.data.length + (last.syn ? 1 : 0));
}

function mappingFor(
  stack: Stack,
  subflow: Subflow,
  at: { dsn: bigint; seq: number },
  data: Uint8Array,
  dataFin: boolean,
): Mapping | undefined {
  const { connection } = subflow;
  if (connection.mode === 'mptcp') {
    return makeMapping(stack, subflow, { dsn: at.dsn, ssn: relativeSeq(subflow, at.seq) }, data, dataFin);
  }
  if (connection.infinite !== 'due') return undefined;
  connection.infinite = 'sent';
  return infiniteMapping(stack, subflow, at.seq, at.dsn);
}

/** The initiator's first data has MP_CAPABLE in place of a DSS while it has no DSS of the peer (3.1-15.s5). */
function startsWithCapable(stack: Stack, subflow: Subflow): boolean {
  const { connection } = subflow;
  if (connection.role !== 'initiator' || subflow.kind !== 'initial' || connection.mode !== 'mptcp') return false;
  return stack.rules.initiation.capableOnFirstData(subflow, subflow.dataSent === 0 && !connection.dssReceived);
}

/** Where the urgent pointer of a piece points, as an offset from its begin; 0 for no urgent data. */
function urgentOffset(stack: Stack, connection: Connection, begin: bigint, length: number): number {
  if (connection.sndUp === undefined) return 0;
  if (connection.mode === 'mptcp' && !stack.rules.mapping.usesUrgentPointer) return 0;
  const offset = Number(dsnDiff(connection.sndUp, begin));
  return offset > 0 && offset <= length ? offset : 0;
}
