/** Timers of a subflow (RFC 6298, RFC 9293 §3.8, RFC 1122 §4.2). */
import { seqAdd } from '../../mptcp/index.ts';
import { enterLoss } from '../mptcp/3.3.7-congestion-control.ts';
import { put } from '../mptcp/3.3.5-sender-considerations.ts';
import { subflowTimedOut } from '../mptcp/3.3.6-reliability-and-retransmissions.ts';
import { removalDue } from '../mptcp/3.4.2-remove-address.ts';
import { fastCloseTimedOut } from '../mptcp/3.5-fast-close.ts';
import { markReset, RESET_REASON } from '../mptcp/3.6-subflow-reset.ts';
import type { Stack, Subflow, SubflowTimer } from '../state.ts';
import { subflowTimedOutForGood } from './ending.ts';
import { withoutFastOpen } from './fast-open.ts';
import { armRetransmission, sendKeepalive, sendPiece, unsent } from './output.ts';
import { forgetSubflow, inFlight, isSynchronized, setting } from './subflow.ts';

/** Does what is due on a subflow. */
export function tickSubflow(stack: Stack, subflow: Subflow): void {
  for (const [timer, due] of [...subflow.timers]) {
    if (due > stack.now || subflow.timers.get(timer) !== due) continue;
    subflow.timers.delete(timer);
    expired[timer](stack, subflow);
  }
}

const expired: Readonly<Record<SubflowTimer, (stack: Stack, subflow: Subflow) => void>> = {
  retransmit,
  persist,
  keepalive,
  joinAck,
  delayedAck: (_, subflow) => {
    subflow.ackNow = true;
  },
  timeWait: forgetSubflow,
  finWait: forgetSubflow,
  fastClose: fastCloseTimedOut,
  signal: (_, subflow) => {
    subflow.signalAcks = 0;
  },
  removal: (stack, subflow) => {
    if (removalDue(stack, subflow)) sendKeepalive(stack, subflow);
  },
};

/** Retransmissions after which a subflow is given up. */
function attempts(stack: Stack, subflow: Subflow): number {
  const name =
    subflow.state === 'SYN_SENT'
      ? 'tcp_syn_retries'
      : subflow.state === 'SYN_RECEIVED'
        ? 'tcp_synack_retries'
        : 'tcp_retries2';
  return setting(stack, `net.ipv4.${name}`);
}

function retransmit(stack: Stack, subflow: Subflow): void {
  const piece = subflow.queue.find((one) => one.times > 0);
  if (piece === undefined) return;
  if (subflow.backoff >= stack.rules.reliability.attempts(subflow, attempts(stack, subflow))) {
    if (isSynchronized(subflow)) markReset(subflow, { reason: RESET_REASON.PERFORMANCE });
    subflowTimedOutForGood(stack, subflow);
    return;
  }
  withoutFastOpen(subflow);
  if (subflow.state !== 'SYN_SENT' && subflow.state !== 'SYN_RECEIVED') enterLoss(stack, subflow);
  subflow.backoff++;
  subflowTimedOut(stack, subflow);
  // RFC 7323 §3.2 and RFC 6298 §5.5: the timer backs off with every retransmission.
  if (stack.rules.reliability.retransmitsOnSubflow(subflow)) sendPiece(stack, subflow, piece);
  armRetransmission(stack, subflow);
}

/** A window has been closed for a while: one byte asks how it is (RFC 9293 §3.8.6.1). */
function persist(stack: Stack, subflow: Subflow): void {
  const { connection } = subflow;
  const stuck = subflow.queue.find((one) => one.times === 0);
  subflow.probes++;
  if (stuck !== undefined) stuck.probe = true;
  else if (inFlight(subflow) > 0) return;
  else if (unsent(subflow) > 0) {
    put(stack, connection, subflow, connection.sndNxt, 1, false);
    connection.sndNxt += 1n;
    const last = subflow.queue.at(-1);
    if (last !== undefined) last.probe = true;
  }
}

/** Sets the persist timer where data waits for a window and nothing is on the way. */
export function watchWindow(stack: Stack, subflow: Subflow): void {
  const { connection } = subflow;
  const waits = subflow.queue.some((one) => one.times === 0 && one.data.length > 0) || unsent(subflow) > 0;
  const usable = subflow.state === 'ESTABLISHED' || subflow.state === 'CLOSE_WAIT';
  if (!waits || !usable || inFlight(subflow) > 0 || connection.corked || connection.sent.length > 0) {
    subflow.timers.delete('persist');
    return;
  }
  if (subflow.timers.has('persist')) return;
  const wait = Math.min(subflow.rto * 2 ** subflow.probes, stack.rules.tcp.maxRto);
  subflow.timers.set('persist', stack.now + wait);
}

/** The third packet of a join was not acknowledged (3.2-14.s2). */
function joinAck(stack: Stack, subflow: Subflow): void {
  const { join } = subflow;
  if (join === undefined || subflow.state !== 'PRE_ESTABLISHED') return;
  join.ackTransmissions++;
  if (join.ackTransmissions > stack.rules.join.ackAttempts) {
    markReset(subflow, { reason: RESET_REASON.UNSPECIFIED });
    return;
  }
  if (stack.rules.join.retransmitsAck(subflow)) subflow.ackNow = true;
  subflow.timers.set('joinAck', stack.now + subflow.rto * 2 ** join.ackTransmissions);
}

/** SO_KEEPALIVE (RFC 1122 §4.2.3.6). */
function keepalive(stack: Stack, subflow: Subflow): void {
  const wish = subflow.connection.keepalive;
  if (wish === undefined || !isSynchronized(subflow)) return;
  const idle = stack.now - subflow.lastHeard;
  if (idle < wish.idle) {
    subflow.timers.set('keepalive', subflow.lastHeard + wish.idle);
    return;
  }
  if (subflow.keepaliveProbes >= wish.probes) {
    markReset(subflow, { reason: RESET_REASON.UNSPECIFIED });
    subflowTimedOutForGood(stack, subflow);
    return;
  }
  subflow.keepaliveProbes++;
  sendKeepalive(stack, subflow);
  subflow.timers.set('keepalive', stack.now + wish.interval);
}

/** Starts the keepalive timer where the application wishes it. */
export function watchKeepalive(stack: Stack, subflow: Subflow): void {
  const wish = subflow.connection.keepalive;
  if (wish === undefined || subflow.state === 'TIME_WAIT') subflow.timers.delete('keepalive');
  else if (!subflow.timers.has('keepalive') && isSynchronized(subflow)) {
    subflow.timers.set('keepalive', stack.now + wish.idle);
  }
}

/** Numbers that a window probe takes are sent again at once when the window opens. */
export function resendProbe(stack: Stack, subflow: Subflow): void {
  const [head] = subflow.queue;
  if (head?.probe !== true || head.times === 0) return;
  if (stack.rules.sending.subflowWindow(subflow) < head.data.length) return;
  head.probe = false;
  sendPiece(stack, subflow, head);
  subflow.sndNxt = seqAdd(subflow.sndNxt, 0);
}
