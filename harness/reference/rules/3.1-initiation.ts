/** Rules of section 3.1: MP_CAPABLE, keys, tokens, what is negotiated. */
import type { OptionMpCapable, TcpOption } from '../../packet/index.ts';
import { idsn, token } from '../../mptcp/index.ts';
import type { Connection, Outgoing, StackState, Subflow } from '../stack-state.ts';

/** The packet of the handshake that an option is on. */
export type HandshakePacket = 'syn' | 'synack' | 'ack';

const A = 0x80;
const B = 0x40;
const C = 0x20;
const ALGORITHMS = 0x1f;
const H = 0x01;

/** Initiation of a connection. */
export const initiation = {
  /** 3.1-3.s2: the highest version that is spoken. */
  offeredVersion: 1,
  /** Version of the third packet where another was offered. */
  negotiatedVersion: 1,
  /** 3.1-3.s3: the version to answer with, no higher than the one offered; undefined for none. */
  answerVersion: (offered: number): number | undefined => (offered >= 1 ? 1 : undefined),
  /** 3.1-27: whether the next SYN has MP_CAPABLE, or is one of regular TCP. */
  offersCapable: (subflow: Subflow): boolean => subflow.connection.wanted && subflow.capableSyns <= 2,
  /** 3.1-20: A for checksums, B 0, C where no joins are wanted, H for HMAC-SHA256. */
  flags: (subflow: Subflow, on: HandshakePacket): number => {
    const { connection } = subflow;
    const checksum = on === 'syn' ? connection.checksumWanted : connection.checksum;
    return (checksum ? A : 0) | (connection.refusesJoins ? C : 0) | H;
  },
  /** 3.1-7.1: the SYN has no key. */
  synKey: (_subflow: Subflow): { senderKey?: bigint; receiverKey?: bigint } => ({}),
  /** 3.1-7.2. */
  keyOnSynAck: (subflow: Subflow): bigint => subflow.connection.localKey,
  /** 3.1-7.3: A's key, then B's. */
  keysOnAck: ({ connection }: Subflow): { senderKey: bigint; receiverKey?: bigint } => ({
    senderKey: connection.localKey,
    receiverKey: connection.remoteKey ?? 0n,
  }),
  /** 3.1-10.s3: hard to guess. */
  newKey: (random: bigint, _stack: StackState): bigint => random,
  /** 3.1-11.s3: no other connection has the token. */
  tokenFree: (stack: StackState, candidate: number): boolean =>
    !stack.byToken.has(candidate) && ![...stack.connections].some((one) => one.localToken === candidate),
  /** 3.1-7.1: on a SYN the option has four bytes. */
  offerFormValid: (option: OptionMpCapable): boolean => option.senderKey === undefined,
  /** 3.1-20.4.s5: B is not understood. */
  flagBAcceptable: (option: OptionMpCapable, _on: HandshakePacket): boolean => (option.flags & B) === 0,
  /** 3.1-21, 3.1-24.s5: an algorithm that this host has. */
  algorithmOffered: (option: OptionMpCapable): boolean => (option.flags & H) !== 0,
  /** 3.1-24.s3: one algorithm, one of those offered. */
  algorithmAnswered: (option: OptionMpCapable): boolean => (option.flags & ALGORITHMS) === H,
  /** 3.1-20.2.s1: whether checksums are asked for where the administrator has not decided. */
  checksumsByDefault: true,
  /** 3.1-23.s7: a host may refuse checksums; this one does not. */
  checksumDemandAcceptable: (_option: OptionMpCapable, _wanted: boolean): boolean => true,
  /** 3.1-23.s2: used when either asks for them. */
  checksumInUse: (connection: Connection, option: OptionMpCapable): boolean =>
    connection.checksumWanted || (option.flags & A) !== 0,
  /** 3.1-20.6. */
  noJoinToInitial: (option: OptionMpCapable): boolean => (option.flags & C) !== 0,
  /** The SYN/ACK names version 1 and has the key alone. */
  answerValid: (option: OptionMpCapable): boolean =>
    option.version === 1 && option.senderKey !== undefined && option.receiverKey === undefined,
  /** 3.1-17.s3: the third packet has both keys, this host's as it was sent, and the algorithm. */
  thirdValid: (option: OptionMpCapable, connection: Connection, withData: boolean): boolean =>
    option.version === 1 &&
    option.receiverKey === connection.localKey &&
    (option.flags & (ALGORITHMS | B)) === H &&
    (option.dataLength !== undefined) === withData,
  /** 3.1-26.s1: without MP_CAPABLE on the SYN/ACK it is regular TCP. */
  mptcpWithoutAnswer: (_subflow: Subflow): boolean => false,
  /** 3.1-26.s2: MP_CAPABLE on a SYN/ACK only answers one. */
  answersWithoutOffer: (_options: readonly TcpOption[]): number | undefined => undefined,
  /** 3.1-26.s3: without MP_CAPABLE on the third packet it is regular TCP. */
  mptcpWithoutThird: (_subflow: Subflow): boolean => false,
  /** A segment that is not the next one does not replace the third packet. */
  waitsForThird: true,
  /** 3.1-22: the most significant 32 bits of the hash. */
  tokenOf: (key: bigint): number => token(key),
  /** 3.1-22.s3: the least significant 64 bits. */
  initialDsn: (key: bigint, _whose: 'local' | 'remote'): bigint => idsn(key),
  /** 3.1-14: until the peer has shown that it has the keys, ACKs of the initiator repeat them. */
  capableOnAck: ({ connection, kind }: Subflow): boolean =>
    connection.role === 'initiator' && kind === 'initial' && !connection.dssReceived,
  /** 3.1-15.s5; `due` is what that sentence says. */
  capableOnFirstData: (_subflow: Subflow, due: boolean): boolean => due,
  /** 3.1-16: a retransmission of the first data has MP_CAPABLE again. */
  repeatsCapable: (_subflow: Subflow, _piece: Outgoing): boolean => true,
  /** 3.1-16: the Data-Level Length is a mapping like that of a DSS. */
  mapsWithCapable: (_subflow: Subflow): boolean => true,
  /** Flags of a SYN/ACK of which nothing is kept. */
  statelessFlags: (stack: StackState, offered: number): number => {
    const wanted = stack.sysctls.get('net.mptcp.checksum_enabled') === '1';
    const refusesJoins = stack.sysctls.get('net.mptcp.allow_join_initial_addr_port') === '0';
    return (wanted || (offered & A) !== 0 ? A : 0) | (refusesJoins ? C : 0) | H;
  },
};
