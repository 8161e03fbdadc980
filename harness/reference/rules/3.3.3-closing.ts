/** Rules of section 3.3.3: DATA_FIN, FIN. Times are milliseconds. */
import type { Connection, ReceivedMapping, Subflow } from '../stack-state.ts';

/** Closing of connections and subflows. */
export const closing = {
  /** 3.3.3-4: the DATA_FIN counts in the Data-Level Length. */
  dataFinBytes: 1,
  /** The number of the DATA_FIN: after all data. */
  dataFinNumber: (_connection: Connection, end: bigint): bigint => end,
  /** 3.3.3-5.s1. */
  dataFinSsn: (_subflow: Subflow): number => 0,
  /** Whether the DATA_FIN goes with the last data. */
  dataFinWithData: (_subflow: Subflow): boolean => true,
  /** 3.3.3-6: it is sent when everything before it was. */
  mayFinish: (_connection: Connection, allSent: boolean, nothingToRepeat: boolean): boolean =>
    allSent && nothingToRepeat,
  dataFinSubflow: (open: readonly Subflow[], _connection: Connection): Subflow | undefined =>
    open.find((one) => one.backoff === 0) ?? open[0],
  /** 3.3.3-6.s4: a FIN with the DATA_FIN, where nothing else is outstanding. */
  finWithDataFin: (_subflow: Subflow): boolean => false,
  /** 3.3.3-7.s1: FINs on all subflows once the DATA_FIN was acknowledged. */
  closesSubflow: (_subflow: Subflow): boolean => true,
  /** 3.3.3-6.s6: and not before. */
  closesSubflowEarly: (_subflow: Subflow): boolean => false,
  /** 3.3.3-9: a FIN shuts down its subflow in one direction; where others carry on, the other direction follows. */
  answersFin: ({ connection }: Subflow, others: number): boolean =>
    others > 0 && !connection.peerClosed && !connection.dataFinSent,
  /** 3.3.3-1: it does not end the stream. */
  finClosesConnection: (_subflow: Subflow): boolean => false,
  /** 3.3.3-6.s2: the DATA_FIN counts when all data before it is here. */
  dataFinComplete: (connection: Connection, dsn: bigint): boolean => connection.rcvNxt === dsn,
  /** The last number of its mapping. */
  dataFinPosition: (mapping: ReceivedMapping): bigint => mapping.dsn + BigInt(mapping.length - 1),
  takesDataFinWithSsn: true,
  acknowledgesDataFin: (_subflow: Subflow): boolean => true,
  /** RFC 9293 §3.6.1: a close with data unread, or data after it, sends a reset. */
  resetsUnread: (_connection: Connection): boolean => true,
  resetsLateData: (_connection: Connection): boolean => true,
  /** 3.3.3-9.s2: break before make. */
  timeoutWithoutSubflow: (_connection: Connection): number => 60_000,
  timeoutAfterRelease: (_connection: Connection): number => 120_000,
  forgetsToken: (_connection: Connection): boolean => true,
};
