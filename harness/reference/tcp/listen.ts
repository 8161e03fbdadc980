/** Segments that belong to no subflow (RFC 9293 §3.10.7.1, §3.10.7.2): SYNs, with MP_JOIN or without, and strays. */
import { FLAG, type Packet, type TcpOption } from '../../packet/index.ts';
import { makeConnection } from '../connection.ts';
import { makeKey, noteFlags, readOffer, setLocalKey } from '../mptcp/3.1-connection-initiation.ts';
import { joinRequest, newJoin, refusalOf } from '../mptcp/3.2-starting-a-new-subflow.ts';
import { resetOption } from '../mptcp/3.6-subflow-reset.ts';
import { localIdOf } from '../mptcp/3.9-path-management.ts';
import type { Connection, Socket, Stack } from '../state.ts';
import { resetStray } from './emit.ts';
import { acceptFastOpen } from './fast-open.ts';
import { answerSyn, findListener, firstFrom, makeReady } from './handshake.ts';
import { answerStateless, completeStateless, isStateless } from './stateless.ts';
import { count, makeSubflow, setting } from './subflow.ts';

/** A segment that belongs to no subflow: state LISTEN or CLOSED. */
export function strayPacket(stack: Stack, packet: Packet, options: readonly TcpOption[]): void {
  const { tcp } = packet;
  if ((tcp.flags & FLAG.RST) !== 0) return;
  if ((tcp.flags & FLAG.ACK) !== 0) {
    if (completeStateless(stack, packet, options)) return;
    resetStray(stack, packet, []);
    return;
  }
  if ((tcp.flags & FLAG.SYN) === 0) {
    resetStray(stack, packet, []);
    return;
  }
  const request = joinRequest(options);
  const both = options.some((one) => one.kind === 'mp_capable');
  if (request !== undefined && !both && stack.rules.join.handlesRequest(packet)) {
    receiveJoinSyn(stack, packet, options);
    return;
  }
  const listener = findListener(stack, packet);
  if (listener !== undefined) receiveSyn(stack, listener, packet, options);
  else if (stack.rules.tcp.answersClosedPort(packet)) resetStray(stack, packet, []);
}

/** A SYN with MP_JOIN: found by its token, whatever its port (3.2-26.s1). */
function receiveJoinSyn(stack: Stack, packet: Packet, options: readonly TcpOption[]): void {
  const { join } = stack.rules;
  const request = joinRequest(options);
  if (request === undefined) return;
  count(stack, 'MPTcpExt.MPJoinSynRx');
  const connection = join.find(stack, request.token, packet);
  const local = { address: packet.ip.dst, port: packet.tcp.dstPort };
  const refusal = refusalOf(stack, connection, local);
  if (connection === undefined || refusal !== undefined) {
    if (connection === undefined) count(stack, 'MPTcpExt.MPJoinNoTokenFound');
    if (join.answersRefusal(packet)) resetStray(stack, packet, resetOption(stack, refusal ?? 0, false));
    return;
  }
  const localId = connection.first?.local.address === local.address ? 0 : localIdOf(stack, connection, local.address);
  const subflow = makeSubflow(stack, connection, {
    kind: 'join',
    opener: 'passive',
    local,
    remote: { address: packet.ip.src, port: packet.tcp.srcPort },
    localId,
    remoteId: request.addressId,
    backup: stack.endpoints.some((one) => one.address === local.address && one.flags.backup === true),
  });
  connection.localAddresses.set(localId, local);
  subflow.join = newJoin(stack, connection, request.nonce);
  subflow.peerBackup = join.backupAsked(request);
  answerSyn(stack, subflow, packet.tcp, options);
}

/** A SYN at a listening socket: a new connection (3.10.7.2). */
function receiveSyn(stack: Stack, listener: Socket, packet: Packet, options: readonly TcpOption[]): void {
  const { listening } = listener;
  if (listening === undefined) return;
  const full = listening.ready.length > listening.backlog || listening.pending.size > Math.max(listening.backlog, 8);
  if (isStateless(stack, full)) {
    answerStateless(stack, listener, packet, options);
    return;
  }
  if (full) return;
  const wanted = listener.proto === 'mptcp' && setting(stack, 'net.mptcp.enabled') > 0;
  const connection = makeConnection(stack, 'responder', wanted, listener);
  const subflow = makeSubflow(stack, connection, firstFrom(packet));
  connection.first = { local: subflow.local, remote: subflow.remote };
  connection.localAddresses.set(0, subflow.local);
  connection.remoteAddresses.set(0, { address: subflow.remote.address, port: subflow.remote.port });
  connection.listener = listener;
  listening.pending.add(connection);
  if (wanted) negotiate(stack, connection, options);
  answerSyn(stack, subflow, packet.tcp, options);
  if (acceptFastOpen(stack, subflow, packet.tcp, options)) makeReady(connection);
}

/** Answers an MP_CAPABLE on the SYN, or continues with regular TCP. */
function negotiate(stack: Stack, connection: Connection, options: readonly TcpOption[]): void {
  const offer = readOffer(stack, options);
  if (offer === undefined) {
    connection.answerVersion = stack.rules.initiation.answersWithoutOffer(options);
    if (connection.answerVersion === undefined) return;
  }
  const key = makeKey(stack);
  if (key === undefined) {
    connection.answerVersion = undefined;
    return;
  }
  count(stack, 'MPTcpExt.MPCapableSYNRX');
  setLocalKey(stack, connection, key);
  if (offer !== undefined) {
    connection.answerVersion = offer.version;
    noteFlags(stack, connection, offer.option);
  }
  stack.byToken.set(connection.localToken, connection);
}
