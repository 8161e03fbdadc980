/** Rules of sections 3.5 and 3.7: fast close and fall-back. */
import type { OptionMpFail, TcpOption } from '../../packet/index.ts';
import type { Connection, Mapping, Subflow } from '../stack-state.ts';

/** MP_FASTCLOSE. */
export const fastClose = {
  /** 3.5-5: by an ACK (A) or by RSTs (R). */
  option: (_connection: Connection): 'A' | 'R' => 'R',
  /** 3.5-1: a connection that is cut off says so. */
  sendsFastClose: (_connection: Connection): boolean => true,
  /** 3.5-5: the key of the host that receives it. */
  keyToSend: (connection: Connection): bigint => connection.remoteKey ?? 0n,
  /** 3.5-5.2: option R on all subflows. */
  optionOnSubflow: (_subflow: Subflow, _at: number): boolean => true,
  subflow: (open: readonly Subflow[], _connection: Connection): Subflow | undefined => open[0],
  sequence: (subflow: Subflow): number => subflow.sndNxt,
  /** 3.5-5.1: RSTs on the other subflows. */
  resetsOthers: (_subflow: Subflow): boolean => true,
  /** 3.5-7.3.s3. */
  retransmissions: 3,
  /** 3.5-7.3.s4. */
  finalReset: true,
  /** 3.5-7.2: the RST ends FASTCLOSE_WAIT. */
  endsWait: (_connection: Connection): boolean => true,
  forgetsConnection: (_connection: Connection): boolean => true,
  /** 3.5-7.1: with this host's own key. */
  keyValid: (key: bigint, connection: Connection, _subflow: Subflow): boolean => key === connection.localKey,
  answersWithReset: (_subflow: Subflow): boolean => true,
  resetsOnReceipt: (_subflow: Subflow): boolean => true,
  closesConnection: (_connection: Connection): boolean => true,
  /** Error reported to the application. */
  error: 'ECONNRESET',
};

/** Fallback to TCP. */
export const fallback = {
  /** 3.7-4.2: an ACK of data without a Data ACK is noticed while none has come. */
  noticesMissingDataAck: (subflow: Subflow): boolean => !subflow.dataAckReceived,
  /** 3.7-4.3: on the first subflow, while it is the only one. */
  fallsBackWithoutDataAck: (_subflow: Subflow, alone: boolean): boolean => alone,
  /** 3.7-4.2.s2: another subflow is reset. */
  resetsWithoutDataAck: (_subflow: Subflow): boolean => true,
  missingDataAckReason: 6,
  /** 3.7-4: the first data has no mapping although every segment should: options do not pass. */
  fallsBackUnmapped: ({ connection, kind }: Subflow): boolean =>
    kind === 'initial' && connection.subflowsMade === 1 && !connection.dssReceived,
  /** 3.7-4.4. */
  unmappedReason: 6,
  /** 3.7-4.3: one more mapping, infinite. */
  infiniteSent: (_connection: Connection): boolean => true,
  infiniteLength: 0,
  infiniteChecksum: 0,
  infiniteBegin: (
    _connection: Connection,
    begin: { dsn: bigint; ssn: number },
    _here: { dsn: bigint; ssn: number },
  ): { dsn: bigint; ssn: number } => begin,
  honoursInfinite: (_subflow: Subflow): boolean => true,
  /** 3.7-13.s3. */
  dataAcksAfterInfinite: false,
  /** 3.7-14: joins are no longer taken, and other subflows end. */
  tokenStays: false,
  endsOthers: (_subflow: Subflow): boolean => true,
  /** 3.7-14.s3: options mean nothing any more. Answers whether the segment counts. */
  afterFallback: (_subflow: Subflow, _options: readonly TcpOption[]): boolean => true,
  optionsAfterwards: (_subflow: Subflow, _mapping: Mapping | undefined): TcpOption[] => [],
  /** 3.7-11: with one subflow and contiguous data there is no need to close it. */
  keepsSubflow: (_subflow: Subflow, open: number, contiguous: boolean): boolean => open === 1 && contiguous,
  /** 3.7-9: MP_FAIL on the RST, or on the ACK. */
  sendsFail: (_subflow: Subflow): boolean => true,
  failNumber: (dsn: bigint): bigint => dsn,
  resetsOnChecksum: (_subflow: Subflow): boolean => true,
  checksumReason: 6,
  /** 3.7-10.s1: everything from the number on. */
  discardOffset: 0,
  honoursFail: (_subflow: Subflow, _option: OptionMpFail): boolean => true,
  /** 3.7-12.s3: a new subflow after the only one was reset with MP_FAIL starts with an infinite mapping. */
  restartsInfinite: (_subflow: Subflow): boolean => true,
  /** 3.7-11.s7. */
  answersFail: (_subflow: Subflow): boolean => true,
  revertsAfterFail: (_subflow: Subflow): boolean => true,
};
