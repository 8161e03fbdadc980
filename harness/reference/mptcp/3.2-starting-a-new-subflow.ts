/** Starting a new subflow (RFC 8684 §3.2): MP_JOIN on the SYN, the SYN/ACK and the third packet. */
import type { OptionMpJoinAck, OptionMpJoinSyn, OptionMpJoinSynAck, TcpOption } from '../../packet/index.ts';
import { joinHmac } from '../../mptcp/index.ts';
import { count, random32 } from '../tcp/subflow.ts';
import type { AddressPort, Connection, JoinState, Stack, Subflow } from '../state.ts';
import { markReset, RESET_REASON } from './3.6-subflow-reset.ts';

/** A fresh nonce: valid for one attempt (3.2-7). */
export function newJoin(stack: Stack, connection: Connection, remoteNonce = 0): JoinState {
  const localNonce = stack.rules.join.newNonce(random32(stack), connection);
  return { localNonce, remoteNonce, authenticated: false, ackTransmissions: 0 };
}

/** HMAC of this host for the other, all 32 bytes (3.2-15). */
function localHmac(stack: Stack, subflow: Subflow): Uint8Array {
  const { localKey, remoteKey = 0n } = subflow.connection;
  const { localNonce = 0, remoteNonce = 0 } = subflow.join ?? {};
  return stack.rules.join.hmac(joinHmac(localKey, remoteKey, localNonce, remoteNonce), subflow);
}

/** HMAC that the other host has to send. */
function remoteHmac(subflow: Subflow): Uint8Array {
  const { localKey, remoteKey = 0n } = subflow.connection;
  const { localNonce = 0, remoteNonce = 0 } = subflow.join ?? {};
  return joinHmac(remoteKey, localKey, remoteNonce, localNonce);
}

/** MP_JOIN for the SYN (figure 5): the receiver's token, a nonce, the Address ID of the source. */
export function joinSyn(stack: Stack, subflow: Subflow): OptionMpJoinSyn {
  const { join } = stack.rules;
  return {
    kind: 'mp_join',
    form: 'syn',
    reserved: 0,
    backup: join.backupOnSyn(subflow),
    addressId: join.addressId(subflow),
    token: join.tokenToSend(subflow),
    nonce: subflow.join?.localNonce ?? 0,
  };
}

/** MP_JOIN for the SYN/ACK (figure 6): the leftmost 64 bits of the HMAC, a nonce. */
export function joinSynAck(stack: Stack, subflow: Subflow): OptionMpJoinSynAck {
  const { join } = stack.rules;
  return {
    kind: 'mp_join',
    form: 'synack',
    reserved: 0,
    backup: join.backupOnSyn(subflow),
    addressId: join.addressId(subflow),
    hmac: join.synAckHmac(localHmac(stack, subflow)),
    nonce: subflow.join?.localNonce ?? 0,
  };
}

/** MP_JOIN for the third packet (figure 7): the leftmost 160 bits of the HMAC. */
export function joinAck(stack: Stack, subflow: Subflow): OptionMpJoinAck {
  const hmac = stack.rules.join.ackHmac(localHmac(stack, subflow), subflow);
  return { kind: 'mp_join', form: 'ack', reserved: 0, hmac };
}

/** The MP_JOIN of a SYN that asks for a subflow. */
export function joinRequest(options: readonly TcpOption[]): OptionMpJoinSyn | undefined {
  return options.find((one): one is OptionMpJoinSyn => one.kind === 'mp_join' && one.form === 'syn');
}

/** Why a SYN with MP_JOIN is refused: a reason code of §3.6; undefined when it is accepted (3.2-11, 3.2-19). */
export function refusalOf(stack: Stack, connection: Connection | undefined, target: AddressPort): number | undefined {
  const { join } = stack.rules;
  if (connection === undefined) return join.unknownTokenReason;
  if (!join.connectionTakesSubflows(connection)) return RESET_REASON.MPTCP;
  if (!join.mayEstablish(connection)) return RESET_REASON.MPTCP;
  if (!join.takesTarget(connection, target)) return join.policyReason;
  const taken = connection.subflows.filter((one) => one.kind === 'join' && one.state !== 'CLOSED').length;
  if (!join.acceptedByPolicy(connection, taken, stack.limits.subflows)) return join.policyReason;
  return undefined;
}

/** Whether two HMACs agree over the shorter's length. */
export function sameBytes(a: Uint8Array, b: Uint8Array, bytes: number): boolean {
  for (let i = 0; i < bytes; i++) if (a[i] !== b[i]) return false;
  return a.length >= bytes && b.length >= bytes;
}

/** Host A reads the SYN/ACK (3.2-20, 3.2-23). Returns whether the subflow continues. */
export function readJoinSynAck(stack: Stack, subflow: Subflow, options: readonly TcpOption[]): boolean {
  const { join } = stack.rules;
  const option = options.find((one): one is OptionMpJoinSynAck => one.kind === 'mp_join' && one.form === 'synack');
  if (option === undefined) {
    if (join.withoutSynAckOption(subflow)) return true;
    markReset(subflow, join.handshakeReset(subflow, 'option missing on SYN/ACK'));
    return false;
  }
  count(stack, 'MPTcpExt.MPJoinSynAckRx');
  if (subflow.join !== undefined) subflow.join.remoteNonce = option.nonce;
  if (!join.synAckHmacValid(subflow, option.hmac, remoteHmac(subflow))) {
    count(stack, 'MPTcpExt.MPJoinSynAckHMacFailure');
    markReset(subflow, join.handshakeReset(subflow, 'HMAC on SYN/ACK'));
    return false;
  }
  if (subflow.join !== undefined) subflow.join.authenticated = true;
  subflow.remoteId = option.addressId;
  subflow.peerBackup = join.backupAsked(option);
  learnAddress(stack, subflow);
  return true;
}

/** Host B reads the third packet (3.2-21). Returns whether the subflow continues. */
export function readJoinAck(stack: Stack, subflow: Subflow, options: readonly TcpOption[]): boolean {
  const { join } = stack.rules;
  const option = options.find((one): one is OptionMpJoinAck => one.kind === 'mp_join' && one.form === 'ack');
  if (option === undefined) {
    if (join.withoutAckOption(subflow)) return true;
    markReset(subflow, join.handshakeReset(subflow, 'option missing on ACK'));
    return false;
  }
  count(stack, 'MPTcpExt.MPJoinAckRx');
  if (!join.ackHmacValid(subflow, option.hmac, remoteHmac(subflow))) {
    count(stack, 'MPTcpExt.MPJoinAckHMacFailure');
    markReset(subflow, join.handshakeReset(subflow, 'HMAC on ACK'));
    return false;
  }
  if (subflow.join !== undefined) subflow.join.authenticated = true;
  learnAddress(stack, subflow);
  // The third packet has to be answered (3.2-14.s2).
  if (join.acknowledgesThird(subflow)) subflow.ackNow = true;
  return true;
}

/** Keeps the address of each Address ID, on both sides (3.2-9.s2). */
function learnAddress(stack: Stack, subflow: Subflow): void {
  const { connection } = subflow;
  connection.localAddresses.set(subflow.localId, subflow.local);
  if (!connection.remoteAddresses.has(subflow.remoteId) && stack.rules.join.learnsAddress(subflow)) {
    connection.remoteAddresses.set(subflow.remoteId, { address: subflow.remote.address });
  }
}
