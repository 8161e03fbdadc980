/** Handshakes of subflows (RFC 9293 §3.10.7.3 and §3.10.7.4; RFC 8684 §3.1, §3.2). */
import { FLAG, type Packet, type TcpOption, type TcpSegment } from '../../packet/index.ts';
import { dsnAdd, seqDiff, seqGt, seqLeq } from '../../mptcp/index.ts';
import { readAnswer, readThird } from '../mptcp/3.1-connection-initiation.ts';
import { joinRequest, readJoinAck, readJoinSynAck } from '../mptcp/3.2-starting-a-new-subflow.ts';
import { startCongestion } from '../mptcp/3.3.7-congestion-control.ts';
import { markReset } from '../mptcp/3.6-subflow-reset.ts';
import { joinFailed } from '../mptcp/3.9-path-management.ts';
import type { Arrival, Connection, Socket, Stack, Subflow } from '../state.ts';
import { acknowledge } from './acknowledge.ts';
import { ipHeader, resetStray } from './emit.ts';
import { afterReset } from './ending.ts';
import { fastOpenAnswered } from './fast-open.ts';
import { passesChecks, processSegment } from './input.ts';
import { sendPiece, transmit } from './output.ts';
import { count, enqueue, findOption, setInitialReceive, setting } from './subflow.ts';

/** Processes the TCP options of a SYN or SYN/ACK. */
function readSynOptions(stack: Stack, subflow: Subflow, segment: TcpSegment, options: readonly TcpOption[]): void {
  const { tcp } = stack.rules;
  const on = (name: string) => setting(stack, `net.ipv4.${name}`) > 0;
  const timestamps = findOption(options, 'ts');
  const scale = findOption(options, 'wscale');
  subflow.peerMss = findOption(options, 'mss')?.mss ?? (subflow.family === 'ipv4' ? 536 : 1220);
  subflow.sack = options.some((one) => one.kind === 'sack_ok') && tcp.offersSack && on('tcp_sack');
  subflow.timestamps = timestamps !== undefined && tcp.offersTimestamps && on('tcp_timestamps');
  if (subflow.timestamps && timestamps !== undefined) subflow.tsRecent = timestamps.value;
  subflow.windowScaling = scale !== undefined && tcp.offersScaling && on('tcp_window_scaling');
  subflow.sndScale = subflow.windowScaling ? Math.min(scale?.shift ?? 0, 14) : 0;
  subflow.rcvScale = subflow.windowScaling ? tcp.windowShift : 0;
  subflow.sndWnd = segment.window;
  subflow.maxSndWnd = segment.window;
  subflow.sndWl1 = segment.seq;
  subflow.sndWl2 = segment.ack;
  startCongestion(stack, subflow);
}

/** The listening socket for a SYN: by port, and by address where it is bound to one. */
export function findListener(stack: Stack, { ip, tcp }: Packet): Socket | undefined {
  const fits = (one: Socket) => one.local?.port === tcp.dstPort && one.family === ip.family;
  return (
    stack.listeners.find((one) => fits(one) && one.local?.address === ip.dst) ??
    stack.listeners.find((one) => fits(one) && (one.local?.address === '0.0.0.0' || one.local?.address === '::'))
  );
}

/** State of a subflow whose SYN came in; the SYN/ACK waits in the queue. */
export function answerSyn(stack: Stack, subflow: Subflow, segment: TcpSegment, options: readonly TcpOption[]): void {
  setInitialReceive(subflow, segment.seq);
  readSynOptions(stack, subflow, segment, options);
  subflow.state = 'SYN_RECEIVED';
  enqueue(subflow, { syn: true });
}

/** The subflow that a SYN with no MP_JOIN makes. */
export function firstFrom({ ip, tcp }: Packet) {
  return {
    kind: 'initial',
    opener: 'passive',
    local: { address: ip.dst, port: tcp.dstPort },
    remote: { address: ip.src, port: tcp.srcPort },
    localId: 0,
    remoteId: 0,
    backup: false,
  } as const;
}

/** The connection waits for `accept`. */
export function makeReady(connection: Connection): void {
  const listening = connection.listener?.listening;
  if (listening === undefined) return;
  listening.pending.delete(connection);
  if (!listening.ready.includes(connection)) listening.ready.push(connection);
}

/** A segment for a subflow in SYN_SENT. */
export function inSynSent(stack: Stack, subflow: Subflow, arrival: Arrival): void {
  const { segment } = arrival;
  const hasAck = (segment.flags & FLAG.ACK) !== 0;
  if (hasAck && !(seqGt(segment.ack, subflow.iss) && seqLeq(segment.ack, subflow.sndNxt))) {
    if ((segment.flags & FLAG.RST) === 0) resetFor(stack, subflow, segment);
    return;
  }
  if ((segment.flags & FLAG.RST) !== 0) {
    if (hasAck) afterReset(stack, subflow, arrival);
    return;
  }
  if ((segment.flags & FLAG.SYN) === 0) return;
  setInitialReceive(subflow, segment.seq);
  readSynOptions(stack, subflow, segment, arrival.options);
  if (!hasAck) {
    simultaneousOpen(stack, subflow, arrival);
    return;
  }
  acknowledge(stack, subflow, arrival);
  subflow.sndWnd = segment.window;
  fastOpenAnswered(stack, subflow, arrival.options);
  if (subflow.kind === 'join') finishJoin(stack, subflow, arrival);
  else finishInitial(stack, subflow, arrival);
}

/** A RST with the numbers that a segment asks for, leaving the subflow as it is. */
function resetFor(stack: Stack, subflow: Subflow, segment: TcpSegment): void {
  const ip = ipHeader(subflow.remote.address, subflow.local.address);
  resetStray(stack, { ip, tcp: segment }, []);
}

function finishInitial(stack: Stack, subflow: Subflow, arrival: Arrival): void {
  const { connection } = subflow;
  const goesOn = connection.wanted && readAnswer(stack, subflow, arrival.options);
  if (!goesOn) {
    connection.mode = 'tcp';
    connection.fallback = connection.wanted;
  } else if (connection.mode === 'negotiating') {
    connection.mode = 'tcp';
  }
  openWindow(subflow, segmentWindow(subflow, arrival.segment));
  subflow.state = 'ESTABLISHED';
  connection.established = true;
  // TCP_DEFER_ACCEPT: the third packet waits a moment for data to go with it.
  const waits = Number(connection.socket?.options.get('TCP_DEFER_ACCEPT') ?? 0) > 0;
  if (waits) subflow.timers.set('delayedAck', stack.now + 200);
  subflow.ackNow = !waits;
}

/** MP_CAPABLE acknowledges the number before the first byte of data; the window counts from there. */
function openWindow(subflow: Subflow, bytes: number): void {
  const { connection } = subflow;
  connection.sndEdge = dsnAdd(connection.sndUna, bytes);
}

/** The window of a segment in bytes: that of a SYN is not scaled (RFC 7323 §2.2). */
function segmentWindow(subflow: Subflow, segment: TcpSegment): number {
  return segment.window * 2 ** ((segment.flags & FLAG.SYN) === 0 ? subflow.sndScale : 0);
}

function finishJoin(stack: Stack, subflow: Subflow, arrival: Arrival): void {
  if (!readJoinSynAck(stack, subflow, arrival.options)) {
    joinFailed(stack, subflow);
    return;
  }
  subflow.state = 'PRE_ESTABLISHED';
  subflow.ackNow = true;
  subflow.timers.set('joinAck', stack.now + subflow.rto);
}

/** Both hosts sent a SYN (RFC 9293 §3.5, figure 7). Without a way to exchange keys it continues as regular TCP. */
function simultaneousOpen(stack: Stack, subflow: Subflow, arrival: Arrival): void {
  const request = joinRequest(arrival.options);
  if (subflow.kind === 'join') {
    if (request?.token !== subflow.connection.localToken || subflow.join === undefined) {
      markReset(subflow);
      return;
    }
    subflow.join.remoteNonce = request.nonce;
    subflow.remoteId = request.addressId;
    subflow.peerBackup = request.backup;
  }
  subflow.state = 'SYN_RECEIVED';
  const [syn] = subflow.queue;
  if (syn !== undefined) syn.times = 0;
  transmit(stack, subflow);
}

/** A segment for a subflow in SYN_RECEIVED. */
export function inSynReceived(stack: Stack, subflow: Subflow, arrival: Arrival): void {
  const { segment } = arrival;
  const isSyn = (segment.flags & FLAG.SYN) !== 0 && (segment.flags & FLAG.RST) === 0;
  if (isSyn && segment.seq === subflow.irs) {
    if ((segment.flags & FLAG.ACK) !== 0) crossedSynAck(stack, subflow, arrival);
    else if (subflow.queue[0] !== undefined) sendPiece(stack, subflow, subflow.queue[0]);
    return;
  }
  if (!passesChecks(stack, subflow, arrival)) return;
  if (!seqGt(segment.ack, subflow.iss)) {
    resetFor(stack, subflow, segment);
    return;
  }
  finishPassive(stack, subflow, arrival);
}

/** The SYN/ACK of the other in a simultaneous open. */
function crossedSynAck(stack: Stack, subflow: Subflow, arrival: Arrival): void {
  if (arrival.segment.ack !== subflow.sndNxt) return;
  acknowledge(stack, subflow, arrival);
  if (subflow.kind === 'join' && !readJoinSynAck(stack, subflow, arrival.options)) return;
  subflow.state = 'ESTABLISHED';
  subflow.ackNow = true;
  becomeEstablished(subflow);
}

/** The third packet of a handshake that the peer began. */
function finishPassive(stack: Stack, subflow: Subflow, arrival: Arrival): void {
  const { connection } = subflow;
  const early = seqDiff(arrival.segment.seq, subflow.rcvNxt) > 0;
  const telling = arrival.options.some((one) => one.kind === 'mp_capable' || one.kind === 'mp_join');
  const asked = subflow.kind === 'join' || connection.answerVersion !== undefined;
  // Something before it is missing, and that may well be the third packet.
  if (asked && early && !telling && stack.rules.initiation.waitsForThird) return;
  if (subflow.kind === 'join') {
    if (!readJoinAck(stack, subflow, arrival.options)) return;
  } else if (connection.answerVersion === undefined || !readThird(stack, subflow, arrival)) {
    connection.fallback = connection.wanted;
    connection.mode = 'tcp';
    stack.byToken.delete(connection.localToken);
    if (connection.answerVersion !== undefined) count(stack, 'MPTcpExt.MPCapableFallbackACK');
  }
  subflow.state = 'ESTABLISHED';
  if (subflow.kind === 'initial') openWindow(subflow, segmentWindow(subflow, arrival.segment));
  becomeEstablished(subflow);
  processSegment(stack, subflow, arrival);
}

function becomeEstablished(subflow: Subflow): void {
  const { connection } = subflow;
  if (subflow.kind === 'join') return;
  if (connection.mode === 'negotiating') connection.mode = 'tcp';
  connection.established = true;
  makeReady(connection);
}
