/** ACKs that come in (RFC 9293 §3.10.7.4, fifth check; RFC 5681; RFC 6582). */
import { FLAG, type OptionSack, type TcpSegment } from '../../packet/index.ts';
import { seqAdd, seqDiff, seqGeq, seqGt, seqLeq, seqLt } from '../../mptcp/index.ts';
import { endsRecovery, enterRecovery, grow } from '../mptcp/3.3.7-congestion-control.ts';
import { acknowledgeStream, releaseBuffer } from '../mptcp/3.3.2-data-acknowledgments.ts';
import type { Arrival, Outgoing, Stack, Subflow } from '../state.ts';
import { armRetransmission, sendPiece, timestampNow } from './output.ts';
import { measured } from './round-trip.ts';
import { findOption, inFlight, lengthOf } from './subflow.ts';

/** Processes the ACK field of an acceptable segment. Returns the number of data bytes acknowledged. */
export function acknowledge(stack: Stack, subflow: Subflow, arrival: Arrival): number {
  const { segment } = arrival;
  const sack = findOption(arrival.options, 'sack');
  if (sack !== undefined && subflow.sack) markSacked(subflow, sack);
  const fresh = seqGt(segment.ack, subflow.sndUna) && seqLeq(segment.ack, subflow.sndNxt);
  const windowChanged = updateWindow(subflow, segment);
  if (fresh) return advance(stack, subflow, arrival);
  if (isDuplicate(stack, subflow, arrival, windowChanged)) duplicate(stack, subflow);
  return 0;
}

function advance(stack: Stack, subflow: Subflow, arrival: Arrival): number {
  const { segment } = arrival;
  const before = inFlight(subflow);
  measure(stack, subflow, arrival);
  subflow.sndUna = segment.ack;
  const bytes = dropAcknowledged(subflow, segment.ack);
  subflow.backoff = 0;
  subflow.probes = 0;
  if (subflow.queue.some((one) => one.times > 0)) armRetransmission(stack, subflow);
  else subflow.timers.delete('retransmit');
  recover(stack, subflow, before - inFlight(subflow));
  if (subflow.connection.mode === 'tcp') acknowledgeStream(stack, subflow.connection);
  else releaseBuffer(stack, subflow.connection);
  return bytes;
}

/** A round trip: by the timestamp that came back, else by a segment that was sent once (Karn). */
function measure(stack: Stack, subflow: Subflow, { segment, options }: Arrival): void {
  const timestamps = findOption(options, 'ts');
  if (subflow.timestamps && timestamps !== undefined && timestamps.echo !== 0) {
    const rtt = seqDiff(timestampNow(stack), timestamps.echo);
    if (rtt >= 0) measured(stack, subflow, rtt);
    return;
  }
  const last = subflow.queue.findLast((one) => seqLeq(seqAdd(one.seq, lengthOf(one)), segment.ack));
  if (last?.times === 1 && last.sentAt !== undefined) measured(stack, subflow, stack.now - last.sentAt);
}

/** Removes acknowledged segments from the queue. Returns bytes of data. */
function dropAcknowledged(subflow: Subflow, ack: number): number {
  let bytes = 0;
  while (subflow.queue.length > 0) {
    const [piece] = subflow.queue;
    if (piece === undefined) break;
    const covered = seqDiff(ack, piece.seq);
    if (covered <= 0) break;
    if (covered < lengthOf(piece)) {
      bytes += trim(piece, covered);
      break;
    }
    bytes += piece.data.length;
    subflow.queue.shift();
  }
  return bytes;
}

/** Removes the first bytes of a segment that is acknowledged in part. */
function trim(piece: Outgoing, covered: number): number {
  const bytes = Math.min(covered - (piece.syn ? 1 : 0), piece.data.length);
  piece.syn = false;
  piece.data = piece.data.subarray(bytes);
  piece.seq = seqAdd(piece.seq, covered);
  if (piece.dsn !== undefined) piece.dsn += BigInt(bytes);
  piece.urgent = Math.max(0, piece.urgent - bytes);
  return bytes;
}

function recover(stack: Stack, subflow: Subflow, acked: number): void {
  subflow.dupAcks = 0;
  if (subflow.recover === undefined) {
    if (acked > 0) grow(stack, subflow, acked);
    return;
  }
  if (endsRecovery(subflow)) {
    subflow.recover = undefined;
    subflow.cwnd = subflow.ssthresh;
    return;
  }
  // A partial ACK: the next hole (RFC 6582 §3.2, step 3).
  retransmitFirst(stack, subflow);
}

/** RFC 9293 §3.10.7.4: a window counts when it is newer. Answers whether it changed. */
function updateWindow(subflow: Subflow, segment: TcpSegment): boolean {
  if (!seqGeq(segment.ack, subflow.sndUna) || !seqLeq(segment.ack, subflow.sndNxt)) return false;
  const newer =
    seqLt(subflow.sndWl1, segment.seq) || (subflow.sndWl1 === segment.seq && seqLeq(subflow.sndWl2, segment.ack));
  if (!newer) return false;
  const scale = (segment.flags & FLAG.SYN) !== 0 ? 0 : subflow.sndScale;
  const window = segment.window * 2 ** scale;
  const changed = window !== subflow.sndWnd;
  subflow.sndWnd = window;
  subflow.sndWl1 = segment.seq;
  subflow.sndWl2 = segment.ack;
  subflow.maxSndWnd = Math.max(subflow.maxSndWnd, window);
  return changed;
}

/** RFC 5681 §2; and with an MPTCP option other than DSS it does not indicate congestion (3-6.s5, 4-2.6.s1). */
function isDuplicate(stack: Stack, subflow: Subflow, arrival: Arrival, windowChanged: boolean): boolean {
  const { segment, options } = arrival;
  if (segment.ack !== subflow.sndUna || inFlight(subflow) === 0 || windowChanged) return false;
  if (segment.payload.length > 0 || (segment.flags & (FLAG.SYN | FLAG.FIN)) !== 0) return false;
  return stack.rules.congestion.countsAsDuplicate(options, subflow);
}

function duplicate(stack: Stack, subflow: Subflow): void {
  subflow.dupAcks++;
  if (subflow.recover !== undefined) {
    subflow.cwnd += subflow.peerMss;
    return;
  }
  if (subflow.dupAcks !== stack.rules.congestion.duplicatesUntilLoss) return;
  enterRecovery(stack, subflow);
  retransmitFirst(stack, subflow);
}

/** Sends the first piece that was sent and is not acknowledged, not even by SACK. */
function retransmitFirst(stack: Stack, subflow: Subflow): void {
  const piece = subflow.queue.find((one) => one.times > 0 && !one.sacked);
  if (piece !== undefined) sendPiece(stack, subflow, piece);
}

function markSacked(subflow: Subflow, { blocks }: OptionSack): void {
  for (const piece of subflow.queue) {
    const end = seqAdd(piece.seq, lengthOf(piece));
    if (blocks.some(({ left, right }) => seqLeq(left, piece.seq) && seqLeq(end, right))) piece.sacked = true;
  }
}
