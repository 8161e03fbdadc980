/** Rules of section 3: options in general. */
import type { TcpOption } from '../../packet/index.ts';
import type { ResetDue, SegmentParts, Subflow } from '../stack-state.ts';

/** Options in general. */
export const signals = {
  /** The options of a segment as they go out. */
  outgoing: (_subflow: Subflow, options: TcpOption[], _parts: SegmentParts): TcpOption[] => options,
  /** The options of a segment that count; the subflow is undefined where there is none yet. */
  incoming: (options: readonly TcpOption[], _subflow: Subflow | undefined): readonly TcpOption[] => options,
  /** 3-7.s1: options that are processed although the sequence numbers of their segment are invalid: none. */
  actsUnchecked: (_subflow: Subflow, _options: readonly TcpOption[]): readonly TcpOption[] => [],
  /** 3-6.s6: no more than two ACKs in a row that only signal; `before` were sent already. */
  maySignal: (_subflow: Subflow, before: number): boolean => before < 2,
  /** Options beside a signal on its ACK. */
  withDataAck: (_subflow: Subflow, _signal: TcpOption): TcpOption[] => [],
};

/** Rules of section 3.6: MP_TCPRST. */
export const reset = {
  /** 3.6-1.s3: a RST may tell its reason. */
  option: (told: { reason: number; transient: boolean }): { reason: number; transient: boolean } | undefined => told,
  /** 3.6-4.s6: U, V and W are 0. */
  reserved: 0,
  /** 3.6-4.s6: and ignored. */
  readable: (_option: { reserved: number; reason: number }): boolean => true,
  /** Whether a RST that is due is sent. */
  sent: (_subflow: Subflow, _due: ResetDue): boolean => true,
  options: (options: TcpOption[], _subflow: Subflow): TcpOption[] => options,
  /** 4-2.14: a RST ends its subflow and not the connection. */
  endsConnection: (_subflow: Subflow): boolean => false,
  /** 3.6-4.s4: after a reset with T=0 its path is not tried again; a reset without reason says nothing of it. */
  mayRetry: (subflow: Subflow): boolean => subflow.peerReset?.transient !== false,
};

/** Rules of section 3.8. */
export const errors = {
  /** Whether a RST with the right number counts. */
  takesReset: (_subflow: Subflow, _arrival: { options: readonly TcpOption[] }): boolean => true,
};
