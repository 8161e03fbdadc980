/** Congestion control: RFC 5681 on each subflow, with RFC 6356's coupled increase (RFC 8684 §3.3.7). */
import { seqDiff } from '../../mptcp/index.ts';
import type { Stack, Subflow } from '../state.ts';
import { inFlight, isSynchronized } from '../tcp/subflow.ts';
import { segmentSize } from './3.3.5-sender-considerations.ts';

/** The window that a subflow starts with (RFC 6928). */
export function startCongestion(stack: Stack, subflow: Subflow): void {
  subflow.cwnd = stack.rules.congestion.initialSegments(subflow) * segmentSize(stack, subflow);
}

/** RFC 6356's alpha, for windows in bytes and round trips in milliseconds. */
function aggressiveness(subflows: readonly Subflow[]): number {
  const total = subflows.reduce((sum, one) => sum + one.cwnd, 0);
  const best = Math.max(...subflows.map((one) => one.cwnd / (one.srtt ?? 1) ** 2));
  const sum = subflows.reduce((rate, one) => rate + one.cwnd / (one.srtt ?? 1), 0);
  return (total * best) / sum ** 2;
}

/** New bytes were acknowledged: slow start, or the lesser of the coupled and the uncoupled increase (RFC 6356 §3). */
export function grow(stack: Stack, subflow: Subflow, acked: number): void {
  const size = segmentSize(stack, subflow);
  if (subflow.cwnd < subflow.ssthresh) {
    subflow.cwnd += Math.min(acked, size);
    return;
  }
  const coupled = subflow.connection.subflows.filter((one) => isSynchronized(one) && one.srtt !== undefined);
  const alone = (acked * size) / subflow.cwnd;
  const total = coupled.reduce((sum, one) => sum + one.cwnd, 0);
  const together = coupled.length > 1 ? (aggressiveness(coupled) * acked * size) / total : alone;
  subflow.cwnd += Math.max(1, Math.floor(stack.rules.congestion.increase(Math.min(alone, together), alone)));
}

/** A segment was lost (RFC 5681 §3.1, equation 4). */
function halve(stack: Stack, subflow: Subflow): number {
  return Math.max(Math.floor(inFlight(subflow) / 2), 2 * segmentSize(stack, subflow));
}

/** Three duplicate ACKs: fast retransmit and recovery (RFC 6582). */
export function enterRecovery(stack: Stack, subflow: Subflow): void {
  subflow.ssthresh = stack.rules.congestion.afterLoss(halve(stack, subflow), subflow);
  subflow.cwnd = subflow.ssthresh + 3 * segmentSize(stack, subflow);
  subflow.recover = subflow.sndNxt;
}

/** The retransmission timer has expired: one segment. */
export function enterLoss(stack: Stack, subflow: Subflow): void {
  if (subflow.backoff === 0) subflow.ssthresh = halve(stack, subflow);
  subflow.cwnd = stack.rules.congestion.afterTimeout(segmentSize(stack, subflow), subflow);
  // Data in flight counts as lost: each ACK of a part sends the next piece.
  subflow.recover = subflow.sndNxt;
  subflow.dupAcks = 0;
  for (const piece of subflow.queue) piece.sacked = false;
}

/** Whether an acknowledgment ends fast recovery. */
export function endsRecovery(subflow: Subflow): boolean {
  return subflow.recover !== undefined && seqDiff(subflow.sndUna, subflow.recover) >= 0;
}
