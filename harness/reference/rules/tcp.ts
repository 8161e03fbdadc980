/** Rules of TCP: RFC 9293, RFC 5681, RFC 5961, RFC 6298, RFC 7323, RFC 7413. Times are milliseconds. */
import type { Packet, TcpOption, TcpSegment } from '../../packet/index.ts';
import type { Connection, SegmentParts, Subflow } from '../stack-state.ts';

/** TCP itself. */
export const tcp = {
  /** The number of a SYN (RFC 6528): hard to guess. */
  initialSequence: (_connection: Connection, random: number): number => random,
  /** RFC 6298 §2.1. */
  initialRto: 1000,
  /** RFC 6298 §2.4 recommends a second; most stacks have less. Where the sysctl says nothing. */
  minRto: 200,
  maxRto: 60_000,
  /** Whether SACK (RFC 2018), timestamps and window scaling (RFC 7323) are offered and taken. */
  offersSack: true,
  offersTimestamps: true,
  offersScaling: true,
  /** Shift of the windows that are sent (RFC 7323 §2). */
  windowShift: 3,
  /** The MSS option of a SYN; undefined leaves it out (RFC 9293 §3.7.1). */
  mssToOffer: (mss: number, _subflow: Subflow): number | undefined => mss,
  /** The options of a segment in the order of the wire. */
  optionOrder: (options: TcpOption[], _parts: SegmentParts): TcpOption[] => options,
  /** A segment as it goes out; undefined keeps it back. */
  outgoing: (_subflow: Subflow, segment: TcpSegment): TcpSegment | undefined => segment,
  /** Longest delay of the ACK of one segment (RFC 5681 §4.2: less than 500). 0 for none. */
  ackDelay: (_subflow: Subflow): number => 0,
  /** Nagle (RFC 9293 §3.7.4): whether less than a segment waits while data is on the way. */
  delaysSmall: (subflow: Subflow, inFlight: boolean): boolean =>
    subflow.connection.corked || (inFlight && !subflow.connection.noDelay && subflow.connection.mode !== 'mptcp'),
  /** RFC 9293 §3.10.7.4: what lies outside the window is answered by an ACK and dropped. */
  takesOutOfWindow: (_subflow: Subflow, _segment: TcpSegment): boolean => false,
  /** RFC 9293 §3.10.7.1: a SYN to a port where nothing listens is answered by a RST. */
  answersClosedPort: (_packet: Packet): boolean => true,
  /** RFC 5961 §3: a RST counts at RCV.NXT only. */
  takesResetInWindow: (_subflow: Subflow): boolean => false,
  /** RFC 5961 §5.2; `right` is what that section says. */
  ackAcceptable: (_subflow: Subflow, _segment: TcpSegment, right: boolean): boolean => right,
  /** RFC 7323 §5. */
  dropsOldTimestamps: true,
  /** Twice the Maximum Segment Lifetime (RFC 9293 §3.4.2); less is encouraged after a DATA_FIN (3.3.3-7.s3). */
  timeWait: (_subflow: Subflow): number => 60_000,
  /** How long the FIN of the peer is waited for when the application is gone. */
  finWaitTimeout: 60_000,
  /** RFC 7413 §3: data may be sent before the handshake has ended. */
  answersFastOpenAtOnce: false,
};

/** TCP fast open. */
export const fastOpen = {
  /** Bytes of a cookie: with MP_CAPABLE there is room for six (B.1). */
  cookieBytes: 6,
  /** RFC 7413 §4.1.2: another cookie than the client's own does not count. */
  takesAnyCookie: (_cookie: Uint8Array): boolean => false,
  /** B.2: data of the SYN that the peer took has no data sequence numbers. */
  sentBase: (taken: number): number => taken,
  receivedBase: (taken: number): number => taken,
};
