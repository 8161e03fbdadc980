/** Rules of sections 3.3.4 to 3.3.8: windows, retransmission, congestion, scheduling. Times are milliseconds. */
import type { OptionMpPrio, TcpOption } from '../../packet/index.ts';
import { dsnLt } from '../../mptcp/index.ts';
import type { AddressPort, Connection, SentRange, Subflow } from '../stack-state.ts';

/** The receive window. */
export const receiving = {
  capacity: (bytes: number): number => bytes,
  /** 3.3.4-3.s2: the right edge never moves back. `target` is where the buffer would have it now. */
  rightEdge: (_subflow: Subflow, edge: bigint, _target: bigint): bigint => edge,
  /** 3.3.4-4.s3: a mapping ahead of its subflow by more than ahead of the stream is not taken. */
  sane: (aheadOnSubflow: number, aheadOnStream: number, _subflow: Subflow): boolean =>
    aheadOnStream < 0 || aheadOnSubflow <= aheadOnStream,
  /** 3.8-2.2: up to where data is taken; none any more after MP_FASTCLOSE was sent (3.5-2.s1). */
  acceptanceEdge: ({ state, rcvNxt, rcvEdge }: Connection): bigint => (state === 'FASTCLOSE_WAIT' ? rcvNxt : rcvEdge),
  /** 3.3.1-3.s4: bytes that came before and are ignored. */
  bytesAlreadyReceived: (_subflow: Subflow, bytes: number): number => bytes,
  /** Pieces in the order of the stream. */
  order: (pieces: readonly Uint8Array[]): readonly Uint8Array[] => pieces,
  /** Whether a window that has opened is announced. */
  updatesWindow: (_subflow: Subflow): boolean => true,
};

/** The send window. */
export const sending = {
  capacity: (bytes: number): number => bytes,
  /** 3.3.5-1: the edge moves forth only. */
  windowEdge: (connection: Connection, told: bigint, _subflow: Subflow): bigint =>
    dsnLt(connection.sndEdge, told) ? told : connection.sndEdge,
  /** 3.3.5-3.s1: the window received on the subflow. */
  subflowWindow: (subflow: Subflow): number => subflow.sndWnd,
  /** 3.3.5-4: `bytes` is what the connection's window leaves. */
  connectionRoom: (_connection: Connection, bytes: number): number => bytes,
};

/** Retransmission at the connection level. */
export const reliability = {
  /** 3.3.2-4, 3.3.6-4: freed when a Data ACK and all subflows have acknowledged it. */
  freeUpTo: (connection: Connection, onSubflows: bigint): bigint =>
    dsnLt(connection.sndUna, onSubflows) ? connection.sndUna : onSubflows,
  /** 3.3.6-3: wait of the timer, before it backs off. */
  dataTimeout: (_connection: Connection, longestRto: number): number => 2 * longestRto,
  retransmitsData: (_connection: Connection): boolean => true,
  retransmitsDataFin: (_connection: Connection): boolean => true,
  /** One subflow after the other. */
  dataFinSubflow: (open: readonly Subflow[], connection: Connection): Subflow | undefined =>
    open[connection.dataRetransmits % open.length],
  /** 3.3.6-4.s3: what of a subflow's data goes out on others. */
  reinjected: (ranges: SentRange[], _subflow: Subflow): SentRange[] => ranges,
  reinjectsAfterLoss: (_subflow: Subflow): boolean => true,
  reinjectsAfterTimeout: (_subflow: Subflow): boolean => true,
  /** Where: on another than the one that it was on. */
  reinjectOn: (range: SentRange, ready: readonly Subflow[]): Subflow | undefined =>
    ready.find((one) => one !== range.subflow) ?? ready[0],
  /** 3.3.6-1.s2: the subflow itself repeats it too. */
  retransmitsOnSubflow: (_subflow: Subflow): boolean => true,
  /** 3.3.6-4.s4: retransmissions until a subflow has failed. */
  attempts: (_subflow: Subflow, setting: number): number => setting,
};

/** Congestion control. */
export const congestion = {
  /** RFC 6928. */
  initialSegments: (_subflow: Subflow): number => 10,
  /** RFC 6356 §3: the lesser of both. */
  increase: (lesser: number, _alone: number): number => lesser,
  /** RFC 5681 §3.1. */
  afterLoss: (half: number, _subflow: Subflow): number => half,
  afterTimeout: (segment: number, _subflow: Subflow): number => segment,
  duplicatesUntilLoss: 3,
  /** 3-6.s5: an ACK with an MPTCP option other than DSS says nothing of congestion. */
  countsAsDuplicate: (options: readonly TcpOption[], _subflow: Subflow): boolean => !options.some(isSignal),
};

/** An MPTCP option other than DSS. */
export function isSignal(option: TcpOption): boolean {
  return option.kind.startsWith('mp_') || option.kind.endsWith('_addr') || option.kind === 'mptcp_unknown';
}

/** The choice of subflows for data. */
export const policy = {
  /** 3.3.8-5: the peer asks that it be used last; and so does this host. */
  isBackup: (subflow: Subflow): boolean => subflow.peerBackup || subflow.localBackup,
  /** Timeouts in a row until a subflow counts as no longer usable. */
  timeoutsUntilStalled: 1,
  /** The lowest round trip first. */
  scheduler: (ready: readonly Subflow[], _connection: Connection): Subflow | undefined =>
    [...ready].sort((a, b) => (a.srtt ?? 0) - (b.srtt ?? 0))[0],
  /** The same data on all subflows. */
  redundant: false,
  /** The Address ID that version 0 had in MP_PRIO is none of this version's. */
  takesAddressId: false,
  /** 3.3.8-6: MP_PRIO is about the subflow that it comes on. */
  priorityAppliesTo: (subflow: Subflow, _option: OptionMpPrio): Subflow[] => [subflow],
  priority: (option: OptionMpPrio, _subflow: Subflow): boolean => option.backup,
  sendsPriority: (_subflow: Subflow): boolean => true,
  prioritySubflow: (subflow: Subflow): Subflow => subflow,
  flag: (backup: boolean): boolean => backup,
  /** 4-2.16.s1: the addresses and ports that the application sees are those of the first subflow, also after its end. */
  namesOf: (connection: Connection): { local: AddressPort; remote: AddressPort } | undefined => connection.first,
  reserved: 0,
};
