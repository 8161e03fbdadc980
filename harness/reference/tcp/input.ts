/** Segments that arrive on a subflow whose handshake is over (RFC 9293 §3.10.7.4, RFC 5961, RFC 7323). */
import { FLAG, type TcpSegment } from '../../packet/index.ts';
import { dsnAdd, dsnDiff, seqAdd, seqDiff, seqGeq, seqGt, seqInWindow, seqLeq, seqLt } from '../../mptcp/index.ts';
import { deliverStream } from '../mptcp/3.3.4-receiver-considerations.ts';
import { dataNumber, processHeld } from '../mptcp/3.3.1-data-sequence-mapping.ts';
import { ackedWithoutDataAck } from '../mptcp/3.7-fallback.ts';
import { pathAnswered } from '../mptcp/3.4.2-remove-address.ts';
import { afterReset } from './ending.ts';
import type { Arrival, Stack, Subflow } from '../state.ts';
import { acknowledge } from './acknowledge.ts';
import { receiveSignals } from '../mptcp/3-signals.ts';
import { findOption } from './subflow.ts';
import { isSignal } from '../rules/3.3.4-flow.ts';

/** Numbers that a segment takes. */
function segmentLength({ payload, flags }: TcpSegment): number {
  return payload.length + (flags & FLAG.SYN ? 1 : 0) + (flags & FLAG.FIN ? 1 : 0);
}

/** The window in which segments are acceptable: the connection's, or that announced on the subflow (3.3.4-4). */
function acceptanceWindow(subflow: Subflow): number {
  return Math.max(0, seqDiff(subflow.rcvEdge, subflow.rcvNxt));
}

/** First check: does any of the segment lie in the window? */
function isAcceptable(subflow: Subflow, segment: TcpSegment): boolean {
  const window = acceptanceWindow(subflow);
  const length = segmentLength(segment);
  if (length === 0) return segment.seq === subflow.rcvNxt || seqInWindow(segment.seq, subflow.rcvNxt, window);
  if (window === 0) return false;
  const last = seqAdd(segment.seq, length - 1);
  return seqInWindow(segment.seq, subflow.rcvNxt, window) || seqInWindow(last, subflow.rcvNxt, window);
}

/** A timestamp older than the last one: PAWS (RFC 7323 §5). */
function isOld(stack: Stack, subflow: Subflow, arrival: Arrival): boolean {
  const timestamps = findOption(arrival.options, 'ts');
  if (!subflow.timestamps || timestamps === undefined) return false;
  return stack.rules.tcp.dropsOldTimestamps && seqDiff(timestamps.value, subflow.tsRecent) < 0;
}

/** The segment passes RFC 9293's checks of sequence number, RST, SYN and ACK, as RFC 5961 has them. */
export function passesChecks(stack: Stack, subflow: Subflow, arrival: Arrival): boolean {
  const { segment } = arrival;
  const { tcp } = stack.rules;
  const reset = (segment.flags & FLAG.RST) !== 0;
  if (!reset && isOld(stack, subflow, arrival)) {
    subflow.ackNow = true;
    return false;
  }
  if (!isAcceptable(subflow, segment) && !tcp.takesOutOfWindow(subflow, segment)) {
    if (!reset) refuse(stack, subflow, segment);
    return false;
  }
  if (reset) {
    if (segment.seq === subflow.rcvNxt || tcp.takesResetInWindow(subflow)) {
      if (stack.rules.errors.takesReset(subflow, arrival)) afterReset(stack, subflow, arrival);
    }
    // In the window, but not at its begin: a challenge ACK (RFC 5961 §3).
    else subflow.ackNow = true;
    return false;
  }
  if ((segment.flags & FLAG.SYN) !== 0) {
    // RFC 5961 §4.
    subflow.ackNow = true;
    return false;
  }
  return (segment.flags & FLAG.ACK) !== 0 && ackAcceptable(stack, subflow, segment);
}

/** An unacceptable segment is answered by an ACK; where the window is closed its ACK still counts (§3.10.7.4). */
function refuse(stack: Stack, subflow: Subflow, segment: TcpSegment): void {
  subflow.ackNow = true;
  delete subflow.lastDataAck;
  if (segment.seq !== subflow.rcvNxt || (segment.flags & FLAG.ACK) === 0) return;
  if (!ackAcceptable(stack, subflow, segment)) return;
  acknowledge(stack, subflow, { segment: { ...segment, payload: new Uint8Array(0) }, options: [] });
}

/** RFC 5961 §5.2: the ACK lies between SND.UNA less the largest window, and SND.NXT. */
function ackAcceptable(stack: Stack, subflow: Subflow, segment: TcpSegment): boolean {
  const oldest = seqAdd(subflow.sndUna, -Math.max(subflow.maxSndWnd, 1));
  const right = seqGeq(segment.ack, oldest) && seqLeq(segment.ack, subflow.sndNxt);
  if (stack.rules.tcp.ackAcceptable(subflow, segment, right)) return true;
  subflow.ackNow = true;
  return false;
}

/** Processes an acceptable segment of a synchronized subflow. */
export function processSegment(stack: Stack, subflow: Subflow, arrival: Arrival): void {
  const { segment } = arrival;
  const before = subflow.connection.rcvNxt;
  noteTimestamp(subflow, arrival);
  subflow.lastHeard = stack.now;
  if (subflow.state === 'PRE_ESTABLISHED' && stack.rules.join.confirms(subflow, segment)) {
    // The third packet of the join has arrived (3.2-14.s3).
    subflow.state = 'ESTABLISHED';
    subflow.timers.delete('joinAck');
  }
  subflow.signalAcks = 0;
  pathAnswered(stack, subflow);
  subflow.keepaliveProbes = subflow.removalAsked ? subflow.keepaliveProbes : 0;
  if (!receiveSignals(stack, subflow, arrival)) return;
  const acked = acknowledge(stack, subflow, arrival);
  if (acked > 0) checkDataAck(stack, subflow, arrival);
  afterFinAcked(stack, subflow);
  if (subflow.resetDue !== undefined) return;
  noteUrgent(subflow, segment);
  receivePayload(stack, subflow, arrival);
  receiveFin(stack, subflow);
  if (mapsAgain(arrival) && subflow.connection.rcvNxt === before) delete subflow.lastDataAck;
}

/** Data or a DATA_FIN: where it brings nothing new, the peer may lack the Data ACK of it (RFC 8684 §3.3.2). */
function mapsAgain({ segment, options }: Arrival): boolean {
  return segment.payload.length > 0 || options.some((one) => one.kind === 'dss' && one.hasMap);
}

/** An ACK of data shows whether MPTCP options pass (3.7-4). */
function checkDataAck(stack: Stack, subflow: Subflow, { options }: Arrival): void {
  const { connection } = subflow;
  if (connection.mode !== 'mptcp' || connection.infinite !== 'none') return;
  const signalled = options.some((one) => isSignal(one) || (one.kind === 'dss' && one.hasDataAck));
  if (!signalled) ackedWithoutDataAck(stack, subflow);
  else if (options.some((one) => one.kind === 'dss')) subflow.dataAckReceived = true;
}

/** RFC 7323 §4.3: the timestamp of the segment that moves the left edge. */
function noteTimestamp(subflow: Subflow, { segment, options }: Arrival): void {
  const timestamps = findOption(options, 'ts');
  if (!subflow.timestamps || timestamps === undefined) return;
  if (seqDiff(timestamps.value, subflow.tsRecent) >= 0 && seqLeq(segment.seq, subflow.lastAckSent)) {
    subflow.tsRecent = timestamps.value;
  }
}

/** The urgent pointer (RFC 9293 §3.8.5): it tells the number after the urgent byte. */
function noteUrgent(subflow: Subflow, segment: TcpSegment): void {
  if ((segment.flags & FLAG.URG) === 0) return;
  const pointer = seqAdd(segment.seq, segment.urgent);
  if (subflow.rcvUp !== undefined && !seqGt(pointer, subflow.rcvUp)) return;
  subflow.rcvUp = pointer;
  const { connection } = subflow;
  const byte = seqAdd(pointer, -1);
  const ahead = seqDiff(byte, subflow.rcvNxt);
  if (ahead < 0) return;
  const at = connection.mode === 'mptcp' ? dataNumber(subflow, byte) : dsnAdd(connection.rcvNxt, ahead);
  if (at !== undefined) connection.urgent = { at };
}

/** Seventh check: the bytes of the segment, in order or not. */
function receivePayload(stack: Stack, subflow: Subflow, arrival: Arrival): void {
  const { segment } = arrival;
  const hasFin = (segment.flags & FLAG.FIN) !== 0;
  if (segment.payload.length === 0 && !hasFin) return;
  if (!['ESTABLISHED', 'PRE_ESTABLISHED', 'FIN_WAIT_1', 'FIN_WAIT_2'].includes(subflow.state)) {
    subflow.ackNow = true;
    return;
  }
  if (hasFin) subflow.finSeq ??= seqAdd(segment.seq, segment.payload.length);
  const inOrder = seqLeq(segment.seq, subflow.rcvNxt);
  if (!isSane(stack, subflow, segment)) {
    subflow.ackNow = true;
    return;
  }
  const old = Math.max(0, seqDiff(subflow.rcvNxt, segment.seq));
  const room = Math.max(0, seqDiff(subflow.rcvEdge, segment.seq));
  const data = segment.payload.subarray(Math.min(old, segment.payload.length), Math.max(old, room));
  if (data.length > 0) subflow.reassembly.add(seqAdd(segment.seq, old), data);
  for (const ready of subflow.reassembly.take(subflow.rcvNxt)) {
    subflow.rcvNxt = seqAdd(subflow.rcvNxt, ready.length);
    takeBytes(stack, subflow, ready);
  }
  if (subflow.connection.mode === 'mptcp') processHeld(stack, subflow);
  planAck(stack, subflow, inOrder && old === 0 && subflow.reassembly.isEmpty && !hasFin);
}

/** RFC 8684 §3.3.4: what comes later on the subflow does not come earlier in the stream. */
function isSane(stack: Stack, subflow: Subflow, segment: TcpSegment): boolean {
  const { connection } = subflow;
  if (connection.mode !== 'mptcp' || segment.payload.length === 0) return true;
  const dsn = dataNumber(subflow, segment.seq);
  if (dsn === undefined) return true;
  const aheadOnStream = Number(dsnDiff(dsn, connection.rcvNxt));
  return stack.rules.receiving.sane(seqDiff(segment.seq, subflow.rcvNxt), aheadOnStream, subflow);
}

function takeBytes(stack: Stack, subflow: Subflow, data: Uint8Array): void {
  if (subflow.connection.mode === 'mptcp') {
    subflow.held.append(data);
    return;
  }
  subflow.delivered = subflow.rcvNxt;
  deliverStream(subflow.connection, data);
}

/** Delayed ACKs (RFC 5681 §4.2): at once for every second segment, and for whatever is not in order. */
function planAck(stack: Stack, subflow: Subflow, regular: boolean): void {
  const delay = stack.rules.tcp.ackDelay(subflow);
  subflow.segmentsUnacked++;
  if (!regular || delay === 0 || subflow.segmentsUnacked >= 2) subflow.ackNow = true;
  else if (!subflow.timers.has('delayedAck')) subflow.timers.set('delayedAck', stack.now + delay);
}

/** Eighth check: the FIN, once everything before it is here. */
function receiveFin(stack: Stack, subflow: Subflow): void {
  if (subflow.finSeq === undefined || subflow.rcvNxt !== subflow.finSeq) return;
  const next: Partial<Record<Subflow['state'], Subflow['state']>> = {
    ESTABLISHED: 'CLOSE_WAIT',
    PRE_ESTABLISHED: 'CLOSE_WAIT',
    FIN_WAIT_1: 'CLOSING',
    FIN_WAIT_2: 'TIME_WAIT',
  };
  const state = next[subflow.state];
  if (state === undefined) return;
  subflow.rcvNxt = seqAdd(subflow.rcvNxt, 1);
  if (seqLt(subflow.rcvEdge, subflow.rcvNxt)) subflow.rcvEdge = subflow.rcvNxt;
  subflow.state = state;
  subflow.ackNow = true;
  if (state === 'TIME_WAIT') enterTimeWait(stack, subflow);
  const { connection } = subflow;
  if (connection.mode !== 'mptcp' || stack.rules.closing.finClosesConnection(subflow)) connection.peerClosed = true;
}

/** State transitions on an ACK of our FIN. */
function afterFinAcked(stack: Stack, subflow: Subflow): void {
  if (subflow.queue.length > 0 || subflow.sndUna !== subflow.sndNxt) return;
  if (subflow.state === 'FIN_WAIT_1') {
    subflow.state = 'FIN_WAIT_2';
    if (subflow.connection.released) subflow.timers.set('finWait', stack.now + stack.rules.tcp.finWaitTimeout);
  } else if (subflow.state === 'CLOSING') {
    subflow.state = 'TIME_WAIT';
    enterTimeWait(stack, subflow);
  } else if (subflow.state === 'LAST_ACK') {
    subflow.state = 'CLOSED';
  }
}

function enterTimeWait(stack: Stack, subflow: Subflow): void {
  subflow.timers.clear();
  subflow.timers.set('timeWait', stack.now + stack.rules.tcp.timeWait(subflow));
}

/** Segments in TIME_WAIT: a repeated FIN restarts the timer; a new SYN may replace the subflow. */
export function timeWaitSegment(stack: Stack, subflow: Subflow, arrival: Arrival): void {
  const { segment } = arrival;
  if ((segment.flags & FLAG.RST) !== 0) {
    // RFC 1337: a RST does not end TIME_WAIT.
    return;
  }
  receiveSignals(stack, subflow, arrival);
  if ((segment.flags & FLAG.FIN) !== 0) enterTimeWait(stack, subflow);
  if (segmentLength(segment) > 0 || !isAcceptable(subflow, segment)) subflow.ackNow = true;
}

/** Whether a SYN may open a subflow in place of one in TIME_WAIT (RFC 9293 §3.6.1). */
export function reopens(subflow: Subflow, segment: TcpSegment): boolean {
  const syn = (segment.flags & (FLAG.SYN | FLAG.ACK | FLAG.RST)) === FLAG.SYN;
  return syn && seqGt(segment.seq, subflow.rcvNxt);
}
