/** Connection initiation (RFC 8684 §3.1): MP_CAPABLE on the SYN, the SYN/ACK and the third packet. */
import type { OptionMpCapable, TcpOption } from '../../packet/index.ts';
import { dsnAdd, dsnDiff, idsn, token } from '../../mptcp/index.ts';
import { count, findOption, random64 } from '../tcp/subflow.ts';
import type { Arrival, Connection, Stack, Subflow } from '../state.ts';

/**
 * A key that is hard to guess and whose token no connection has (3.1-10, 3.1-11).
 *
 * @returns undefined when no free one was found (3.1-13)
 */
export function makeKey(stack: Stack): bigint | undefined {
  for (let attempt = 0; attempt < 8; attempt++) {
    const key = stack.rules.initiation.newKey(random64(stack), stack);
    if (stack.rules.initiation.tokenFree(stack, token(key))) return key;
  }
  return undefined;
}

/** MP_CAPABLE for the SYN: no key (3.1-7). */
export function capableSyn(stack: Stack, subflow: Subflow): OptionMpCapable {
  const { initiation } = stack.rules;
  return {
    kind: 'mp_capable',
    version: initiation.offeredVersion,
    flags: initiation.flags(subflow, 'syn'),
    ...initiation.synKey(subflow),
  };
}

/** MP_CAPABLE for the SYN/ACK: the responder's key. */
export function capableSynAck(stack: Stack, subflow: Subflow, version: number): OptionMpCapable {
  const { initiation } = stack.rules;
  return {
    kind: 'mp_capable',
    version,
    flags: initiation.flags(subflow, 'synack'),
    senderKey: initiation.keyOnSynAck(subflow),
  };
}

/** MP_CAPABLE for the third packet, and for the first data: both keys (3.1-15). */
export function capableAck(
  stack: Stack,
  subflow: Subflow,
  data?: { length: number; checksum?: number },
): OptionMpCapable {
  const { initiation } = stack.rules;
  return {
    kind: 'mp_capable',
    version: initiation.offeredVersion === 1 ? 1 : initiation.negotiatedVersion,
    flags: initiation.flags(subflow, 'ack'),
    ...initiation.keysOnAck(subflow),
    ...(data !== undefined && {
      dataLength: data.length,
      ...(data.checksum !== undefined && { checksum: data.checksum }),
    }),
  };
}

/** The offer of a SYN with MP_CAPABLE; undefined for a handshake of regular TCP. */
export function readOffer(
  stack: Stack,
  options: readonly TcpOption[],
): { version: number; option: OptionMpCapable } | undefined {
  const { initiation } = stack.rules;
  const option = findOption(options, 'mp_capable');
  if (option === undefined || options.some((one) => one.kind === 'mp_join')) return undefined;
  const version = initiation.answerVersion(option.version);
  if (version === undefined || !initiation.offerFormValid(option)) return undefined;
  if (!initiation.flagBAcceptable(option, 'syn') || !initiation.algorithmOffered(option)) return undefined;
  if (!initiation.checksumDemandAcceptable(option, setChecksums(stack))) return undefined;
  return { version, option };
}

/** Whether the administrator wants checksums. */
function setChecksums(stack: Stack): boolean {
  return stack.sysctls.get('net.mptcp.checksum_enabled') === '1';
}

/** Notes what the peer's MP_CAPABLE negotiates (3.1-23, 3.1-20.6). */
export function noteFlags(stack: Stack, connection: Connection, option: OptionMpCapable): void {
  const { initiation } = stack.rules;
  connection.checksum = initiation.checksumInUse(connection, option);
  connection.noJoinToInitial = initiation.noJoinToInitial(option);
}

/** Takes the peer's key as that of the connection: token and IDSN follow from it (3.1-22, 3.1-28). */
function setRemoteKey(stack: Stack, connection: Connection, key: bigint): void {
  const { initiation } = stack.rules;
  connection.remoteKey = key;
  connection.remoteToken = initiation.tokenOf(key);
  const begin = dsnAdd(initiation.initialDsn(key, 'remote'), 1);
  const window = dsnDiff(connection.rcvEdge, connection.rcvNxt);
  connection.rcvNxt = begin;
  connection.rcvEdge = dsnAdd(begin, window);
}

/** The initiator reads the SYN/ACK. Returns whether the connection continues with MPTCP (3.1-26). */
export function readAnswer(stack: Stack, subflow: Subflow, options: readonly TcpOption[]): boolean {
  const { initiation } = stack.rules;
  const { connection } = subflow;
  const option = findOption(options, 'mp_capable');
  if (option === undefined || !subflow.capableOnLastSyn) return initiation.mptcpWithoutAnswer(subflow);
  if (!initiation.answerValid(option) || option.senderKey === undefined) return false;
  if (!initiation.flagBAcceptable(option, 'synack') || !initiation.algorithmAnswered(option)) return false;
  if (!initiation.checksumDemandAcceptable(option, setChecksums(stack))) return false;
  noteFlags(stack, connection, option);
  setRemoteKey(stack, connection, option.senderKey);
  connection.mode = 'mptcp';
  stack.byToken.set(connection.localToken, connection);
  count(stack, 'MPTcpExt.MPCapableSYNACKRX');
  return true;
}

/** The responder reads the third packet, or the first that came instead (3.1-26.s3). */
export function readThird(stack: Stack, subflow: Subflow, { options, segment }: Arrival): boolean {
  const { initiation } = stack.rules;
  const { connection } = subflow;
  const option = findOption(options, 'mp_capable');
  if (option?.senderKey === undefined || option.receiverKey === undefined) return initiation.mptcpWithoutThird(subflow);
  if (!initiation.thirdValid(option, connection, segment.payload.length > 0)) return false;
  setRemoteKey(stack, connection, option.senderKey);
  connection.mode = 'mptcp';
  count(stack, 'MPTcpExt.MPCapableACKRX');
  return true;
}

/** Local numbers that follow from the local key. */
export function setLocalKey(stack: Stack, connection: Connection, key: bigint): void {
  const { initiation } = stack.rules;
  connection.localKey = key;
  connection.localToken = initiation.tokenOf(key);
  const begin = dsnAdd(initiation.initialDsn(key, 'local'), 1);
  connection.sndUna = begin;
  connection.sndNxt = begin;
  connection.sndBase = begin;
  connection.sndEdge = begin;
}

/** The number before the first byte of the peer's data. */
export function remoteIdsn(connection: Connection): bigint {
  return connection.remoteKey === undefined ? 0n : idsn(connection.remoteKey);
}
