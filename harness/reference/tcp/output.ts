/** Output: data, acknowledgments, signals, resets (RFC 9293 §3.8, RFC 8684 §3). */
import { FLAG, MAX_OPTION_BYTES, type TcpOption } from '../../packet/index.ts';
import { dsnDiff, seqAdd, seqDiff } from '../../mptcp/index.ts';
import { capableAck, capableSyn, capableSynAck } from '../mptcp/3.1-connection-initiation.ts';
import { joinAck, joinSyn, joinSynAck } from '../mptcp/3.2-starting-a-new-subflow.ts';
import { dataFinMapping, dssOption, mappingOnWire } from '../mptcp/3.3-data-sequence-signal.ts';
import { resetOption } from '../mptcp/3.6-subflow-reset.ts';
import type { Outgoing, Stack, Subflow } from '../state.ts';
import { emit } from './emit.ts';
import { bytesOf } from './option-space.ts';
import { count, forgetSubflow, inFlight, isSynchronized, lengthOf, mssOf, setting } from './subflow.ts';

/** The timestamps option (RFC 7323), where it was agreed. */
function timestampOption(stack: Stack, subflow: Subflow): TcpOption[] {
  if (!subflow.timestamps) return [];
  return [{ kind: 'ts', value: timestampNow(stack), echo: subflow.tsRecent }];
}

/** The timestamp clock: one tick a millisecond. */
export function timestampNow(stack: Stack): number {
  return seqAdd(Math.floor(stack.now), 1_000_000);
}

/** SACK blocks for what came out of order (RFC 2018), as many as fit. */
function sackOption(subflow: Subflow, room: number): TcpOption[] {
  if (!subflow.sack || subflow.reassembly.isEmpty) return [];
  const most = Math.min(3, Math.floor((room - 2) / 8));
  if (most < 1) return [];
  const blocks = subflow.reassembly.runs().slice(0, most);
  return [{ kind: 'sack', blocks: blocks.map(({ start, end }) => ({ left: start, right: end })) }];
}

/** Options of a SYN or SYN/ACK. */
function synOptions(stack: Stack, subflow: Subflow): TcpOption[] {
  const { tcp } = stack.rules;
  const answering = subflow.opener === 'passive' || subflow.state === 'SYN_RECEIVED';
  const options: TcpOption[] = [];
  const mss = tcp.mssToOffer(mssOf(stack, subflow.device, subflow.family), subflow);
  if (mss !== undefined) options.push({ kind: 'mss', mss });
  if (answering ? subflow.sack : tcp.offersSack && setting(stack, 'net.ipv4.tcp_sack') > 0) {
    options.push({ kind: 'sack_ok' });
  }
  if (answering ? subflow.timestamps : tcp.offersTimestamps && setting(stack, 'net.ipv4.tcp_timestamps') > 0) {
    options.push({ kind: 'ts', value: timestampNow(stack), echo: subflow.tsRecent });
  }
  if (answering ? subflow.windowScaling : tcp.offersScaling && setting(stack, 'net.ipv4.tcp_window_scaling') > 0) {
    options.push({ kind: 'wscale', shift: tcp.windowShift });
  }
  options.push(...mptcpSynOptions(stack, subflow, answering));
  if (subflow.fastOpenCookie !== undefined) options.push({ kind: 'fastopen', cookie: subflow.fastOpenCookie });
  return options;
}

function mptcpSynOptions(stack: Stack, subflow: Subflow, answering: boolean): TcpOption[] {
  const { connection } = subflow;
  if (subflow.kind === 'join') return answering ? [joinSynAck(stack, subflow)] : [joinSyn(stack, subflow)];
  if (!answering) {
    if (!stack.rules.initiation.offersCapable(subflow)) return [];
    return [capableSyn(stack, subflow)];
  }
  const version = connection.answerVersion;
  return version === undefined ? [] : [capableSynAck(stack, subflow, version)];
}

/** The MPTCP option of a segment without a mapping, after the handshake. */
function plainSignal(stack: Stack, subflow: Subflow): TcpOption[] {
  const { connection } = subflow;
  if (connection.mode !== 'mptcp') return [];
  if (subflow.state === 'PRE_ESTABLISHED') return [joinAck(stack, subflow)];
  if (stack.rules.initiation.capableOnAck(subflow)) return [capableAck(stack, subflow)];
  const dss = dssOption(stack, subflow);
  return dss === undefined ? [] : [dss];
}

/** The MPTCP option of a FIN: with a DATA_FIN that is due at the same time (3.3.3-6). */
function finSignal(stack: Stack, subflow: Subflow): TcpOption[] {
  if (subflow.connection.dataFinDue !== subflow) return plainSignal(stack, subflow);
  subflow.connection.dataFinDue = undefined;
  const dss = dssOption(stack, subflow, dataFinMapping(stack, subflow));
  return dss === undefined ? [] : [dss];
}

/** The MPTCP option of a data segment. */
function dataSignal(stack: Stack, subflow: Subflow, piece: Outgoing): TcpOption[] {
  const { connection } = subflow;
  const mapping = mappingOnWire(stack, subflow, piece);
  if (connection.mode !== 'mptcp') {
    // The infinite mapping of a fall-back goes out with its data, and nothing else does.
    const last =
      mapping?.length === stack.rules.fallback.infiniteLength ? dssOption(stack, subflow, mapping) : undefined;
    return last === undefined ? stack.rules.fallback.optionsAfterwards(subflow, mapping) : [last];
  }
  if (piece.capable && mapping !== undefined && stack.rules.initiation.repeatsCapable(subflow, piece)) {
    return [capableAck(stack, subflow, { length: mapping.length, ...checksumField(mapping.checksum) })];
  }
  const dss = dssOption(stack, subflow, mapping);
  return dss === undefined ? [] : [dss];
}

function checksumField(checksum: number | undefined): { checksum?: number } {
  return checksum === undefined ? {} : { checksum };
}

/** Sends one piece of the queue, for the first time or again. */
export function sendPiece(stack: Stack, subflow: Subflow, piece: Outgoing): void {
  const again = piece.times > 0;
  piece.times++;
  piece.sentAt = stack.now;
  if (again) {
    subflow.retransmits++;
    count(stack, 'Tcp.RetransSegs');
  }
  const end = seqAdd(piece.seq, lengthOf(piece));
  if (seqDiff(end, subflow.sndNxt) > 0) subflow.sndNxt = end;
  if (!subflow.timers.has('retransmit')) armRetransmission(stack, subflow);
  if (piece.syn) {
    sendSyn(stack, subflow, piece);
    return;
  }
  const timestamps = timestampOption(stack, subflow);
  const signals = piece.data.length > 0 ? dataSignal(stack, subflow, piece) : finSignal(stack, subflow);
  let flags: number = FLAG.ACK;
  if (piece.fin) flags |= FLAG.FIN;
  if (piece.data.length > 0) flags |= FLAG.PSH;
  if (piece.urgent > 0) flags |= FLAG.URG;
  subflow.signalAcks = 0;
  emit(stack, subflow, {
    seq: piece.seq,
    flags,
    options: [...timestamps, ...signals],
    payload: piece.data,
    urgent: piece.urgent,
  });
}

function sendSyn(stack: Stack, subflow: Subflow, piece: Outgoing): void {
  const answering = subflow.state === 'SYN_RECEIVED';
  const options = synOptions(stack, subflow);
  subflow.capableOnLastSyn = options.some((one) => one.kind === 'mp_capable');
  if (subflow.capableOnLastSyn) subflow.capableSyns++;
  emit(stack, subflow, {
    seq: piece.seq,
    flags: answering ? FLAG.SYN | FLAG.ACK : FLAG.SYN,
    options,
    payload: piece.data,
  });
}

/** Starts the retransmission timer (RFC 6298 §5.1). */
export function armRetransmission(stack: Stack, subflow: Subflow): void {
  const wait = Math.min(subflow.rto * 2 ** subflow.backoff, stack.rules.tcp.maxRto);
  subflow.timers.set('retransmit', stack.now + wait);
}

/** Sends what the queue has and the windows allow. */
export function transmit(stack: Stack, subflow: Subflow): void {
  for (const piece of subflow.queue) {
    if (piece.times > 0) continue;
    if (!piece.syn && !isSynchronized(subflow) && !sendsBeforeEnd(stack, subflow)) return;
    if (subflow.state === 'PRE_ESTABLISHED' && !stack.rules.join.dataAllowed(subflow)) return;
    const allowed = Math.min(subflow.cwnd, stack.rules.sending.subflowWindow(subflow)) - inFlight(subflow);
    if (piece.data.length > 0 && !piece.syn && !piece.probe && piece.data.length > allowed) return;
    sendPiece(stack, subflow, piece);
    if (piece.fin) finSent(subflow);
  }
}

/** A server that accepted data on the SYN may answer before the handshake ends (RFC 7413 §3). */
function sendsBeforeEnd(stack: Stack, subflow: Subflow): boolean {
  return subflow.state === 'SYN_RECEIVED' && subflow.receivedBase > 0 && stack.rules.tcp.answersFastOpenAtOnce;
}

function finSent(subflow: Subflow): void {
  if (subflow.state === 'ESTABLISHED') subflow.state = 'FIN_WAIT_1';
  else if (subflow.state === 'CLOSE_WAIT') subflow.state = 'LAST_ACK';
}

/** A pure ACK; `options` take the place of what it would carry. */
export function sendAck(stack: Stack, subflow: Subflow, seq = subflow.sndNxt): void {
  const timestamps = timestampOption(stack, subflow);
  const signals = plainSignal(stack, subflow);
  const used = [...timestamps, ...signals].reduce((sum, one) => sum + bytesOf(one), 0);
  emit(stack, subflow, {
    seq,
    flags: FLAG.ACK,
    options: [...timestamps, ...sackOption(subflow, 40 - used), ...signals],
  });
}

/** A DATA_FIN without data (3.3.3-5.s1). */
export function sendDataFin(stack: Stack, subflow: Subflow): void {
  const dss = dssOption(stack, subflow, dataFinMapping(stack, subflow));
  const options = [...timestampOption(stack, subflow), ...(dss === undefined ? [] : [dss])];
  emit(stack, subflow, { seq: subflow.sndNxt, flags: FLAG.ACK, options });
}

/** A segment that asks for an ACK: a number that was acknowledged before (RFC 1122 §4.2.3.6). */
export function sendKeepalive(stack: Stack, subflow: Subflow): void {
  sendAck(stack, subflow, seqAdd(subflow.sndNxt, -1));
}

/** An ACK of its own for each signal that waits: no more than two in a row (3-6.s6). */
export function sendSignals(stack: Stack, subflow: Subflow): void {
  const { signals: rules } = stack.rules;
  while (subflow.signals.length > 0 && rules.maySignal(subflow, subflow.signalAcks)) {
    const [signal] = subflow.signals.splice(0, 1);
    if (signal === undefined) return;
    subflow.signalAcks++;
    const options = [...timestampOption(stack, subflow), ...rules.withDataAck(subflow, signal), signal];
    if (options.reduce((sum, one) => sum + bytesOf(one), 0) > MAX_OPTION_BYTES) options.splice(-2, 1);
    emit(stack, subflow, { seq: subflow.sndNxt, flags: FLAG.ACK, options });
  }
  if (subflow.signals.length > 0 && !subflow.timers.has('signal')) {
    subflow.timers.set('signal', stack.now + subflow.rto);
  }
}

/** Sends the RST that is due and forgets the subflow. */
export function sendReset(stack: Stack, subflow: Subflow): void {
  const due = subflow.resetDue;
  if (due === undefined) return;
  const mptcp = subflow.kind === 'join' || subflow.connection.mode === 'mptcp';
  const reason = mptcp && due.reason !== undefined ? resetOption(stack, due.reason, due.transient) : [];
  if (reason.length > 0) count(stack, 'MPTcpExt.MPRstTx');
  const withAck = due.withoutAck !== true && subflow.state !== 'SYN_SENT';
  const nothingSent = subflow.queue[0]?.syn === true && subflow.queue[0].times === 0;
  if (!nothingSent && stack.rules.reset.sent(subflow, due)) {
    emit(stack, subflow, {
      seq: due.seq ?? subflow.sndNxt,
      flags: withAck ? FLAG.RST | FLAG.ACK : FLAG.RST,
      options: stack.rules.reset.options([...due.options, ...reason], subflow),
    });
  }
  subflow.failed = true;
  forgetSubflow(stack, subflow);
}

/** Bytes that the connection has for this subflow's peer and that are not sent: for probes of a closed window. */
export function unsent(subflow: Subflow): number {
  const { connection } = subflow;
  return connection.sendBuffer.length - Number(dsnDiff(connection.sndNxt, connection.sndBase));
}
