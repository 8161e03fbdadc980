/** Rules of section 3.2: MP_JOIN. */
import type { OptionMpJoinSyn, OptionMpJoinSynAck, Packet, TcpSegment } from '../../packet/index.ts';
import type { AddressPort, Connection, ResetDue, StackState, Subflow } from '../stack-state.ts';

function startsWith(whole: Uint8Array, part: Uint8Array, bytes: number): boolean {
  return part.length === bytes && part.every((byte, at) => byte === whole[at]);
}

/** The handshake of joins. */
export const join = {
  /** 3.2-7: random, and new for each attempt. */
  newNonce: (random: number, _connection: Connection): number => random,
  /** 3.2-6: the token of the host that receives it. */
  tokenToSend: ({ connection }: Subflow): number => connection.remoteToken,
  /** 3.2-8. */
  addressId: (subflow: Subflow): number => subflow.localId,
  /** 3.2-10: B. */
  backupOnSyn: (subflow: Subflow): boolean => subflow.localBackup,
  backupAsked: (option: OptionMpJoinSyn | OptionMpJoinSynAck): boolean => option.backup,
  /** 3.2-15: keys and nonces, the sender's first. */
  hmac: (right: Uint8Array, _subflow: Subflow): Uint8Array => right,
  /** 3.2-13: the leftmost 64 bits. */
  synAckHmac: (whole: Uint8Array): Uint8Array => whole.slice(0, 8),
  /** 3.2-13: the leftmost 160 bits. */
  ackHmac: (whole: Uint8Array, _subflow: Subflow): Uint8Array => whole.slice(0, 20),
  /** 3.2-20.s1. */
  synAckHmacValid: (_subflow: Subflow, came: Uint8Array, whole: Uint8Array): boolean => startsWith(whole, came, 8),
  /** 3.2-21.s1. */
  ackHmacValid: (_subflow: Subflow, came: Uint8Array, whole: Uint8Array): boolean => startsWith(whole, came, 20),
  /** 3.2-23.s1: without MP_JOIN on the SYN/ACK the subflow is reset. */
  withoutSynAckOption: (_subflow: Subflow): boolean => false,
  /** 3.2-21.s1: without MP_JOIN on the third packet too. */
  withoutAckOption: (_subflow: Subflow): boolean => false,
  /** 3.2-20.s2: the reset of a handshake that failed. */
  handshakeReset: (_subflow: Subflow, _why: string): Partial<ResetDue> => ({ reason: 1 }),
  /** 3.2-14.s2: the third packet is answered by an ACK. */
  acknowledgesThird: (_subflow: Subflow): boolean => true,
  /** 3.2-14.s2: and sent again until then. */
  retransmitsAck: (_subflow: Subflow): boolean => true,
  ackAttempts: 6,
  /** 3.2-14.s3: what ends PRE_ESTABLISHED. */
  confirms: (_subflow: Subflow, _segment: TcpSegment): boolean => true,
  /** 3.2-14.s4: no data before that. */
  dataAllowed: (subflow: Subflow): boolean => subflow.state !== 'PRE_ESTABLISHED',
  /** 3.2-26.s1: a SYN with MP_JOIN is found by its token. */
  handlesRequest: (_packet: Packet): boolean => true,
  find: (stack: StackState, wanted: number, _packet: Packet): Connection | undefined => stack.byToken.get(wanted),
  /** 3.2-1.s1: MPTCP is spoken, and the connection lives. */
  connectionTakesSubflows: (connection: Connection): boolean =>
    connection.mode === 'mptcp' && connection.state !== 'FASTCLOSE_WAIT' && connection.state !== 'M_CLOSED',
  /** 3.1-17.s5: a DSS has been received. */
  mayEstablish: (connection: Connection): boolean => connection.dssReceived,
  mayInitiate: (connection: Connection): boolean => connection.dssOptionReceived,
  countsDss: (_subflow: Subflow): boolean => true,
  /** 3.1-20.6: with flag C, none to the address and port of the first subflow. */
  takesTarget: ({ refusesJoins, first }: Connection, target: AddressPort): boolean =>
    !refusesJoins || first?.local.address !== target.address || first.local.port !== target.port,
  /** 3.2-11: policy may refuse. */
  acceptedByPolicy: (_connection: Connection, taken: number, limit: number): boolean => taken < limit,
  /** 3.2-12, 3.2-19: reason codes. */
  unknownTokenReason: 1,
  policyReason: 3,
  /** 3.2-19.s1: a join that is refused is answered by a RST. */
  answersRefusal: (_packet: Packet): boolean => true,
  /** 3.2-9.s2. */
  learnsAddress: (_subflow: Subflow): boolean => true,
};
