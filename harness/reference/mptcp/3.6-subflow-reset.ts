/** Subflow reset (RFC 8684 §3.6): MP_TCPRST, and marking a subflow for a reset. */
import type { OptionMpTcprst, TcpOption } from '../../packet/index.ts';
import { count, findOption } from '../tcp/subflow.ts';
import type { ResetDue, Stack, Subflow } from '../state.ts';

/** Reason codes of MP_TCPRST (§3.6, §7.4). */
export const RESET_REASON = {
  UNSPECIFIED: 0,
  MPTCP: 1,
  RESOURCES: 2,
  PROHIBITED: 3,
  OUTSTANDING: 4,
  PERFORMANCE: 5,
  MIDDLEBOX: 6,
} as const;

/** Marks a subflow to be reset at the end of this round; the first mark stays. */
export function markReset(subflow: Subflow, due: Partial<ResetDue> = {}): void {
  subflow.resetDue ??= { transient: false, options: [], ...due };
}

/** MP_TCPRST for a RST (3.6-1.s3), or nothing. */
export function resetOption(stack: Stack, reason: number, transient: boolean): OptionMpTcprst[] {
  const chosen = stack.rules.reset.option({ reason, transient });
  if (chosen === undefined) return [];
  return [{ kind: 'mp_tcprst', reserved: stack.rules.reset.reserved, ...chosen }];
}

/** Notes why the peer reset a subflow; U, V and W do not matter (3.6-4.s6). */
export function noteReset(stack: Stack, subflow: Subflow, options: readonly TcpOption[]): void {
  const option = findOption(options, 'mp_tcprst');
  if (option === undefined || !stack.rules.reset.readable(option)) return;
  count(stack, 'MPTcpExt.MPRstRx');
  subflow.peerReset = { reason: option.reason, transient: option.transient };
}
