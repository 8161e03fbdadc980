/** Which subflow gets the next data (RFC 8684 §3.3.8): MP_PRIO, backup subflows, the scheduler. */
import type { OptionMpPrio } from '../../packet/index.ts';
import { canSend, count } from '../tcp/subflow.ts';
import type { Connection, Stack, Subflow } from '../state.ts';

/** Subflows that data may go out on, those that are no backup before those that are (3.3.8-5). */
export function usableSubflows(stack: Stack, connection: Connection): Subflow[] {
  const open = connection.subflows.filter(
    (one) => canSend(one) && one.resetDue === undefined && stack.rules.join.dataAllowed(one),
  );
  // Of a path that the peer has withdrawn it is not known whether it still works (3.4.2-4).
  const working = open.filter((one) => !isStalled(stack, one) && !one.removalAsked);
  const regular = working.filter((one) => !stack.rules.policy.isBackup(one));
  if (regular.length > 0) return regular;
  return working.length > 0 ? working : open;
}

/** A subflow that does not get an answer: its retransmissions time out (3.3.6-4). */
function isStalled(stack: Stack, subflow: Subflow): boolean {
  return subflow.backoff >= stack.rules.policy.timeoutsUntilStalled;
}

/** The subflow for the next data among those that have room. */
export function choose(stack: Stack, connection: Connection, ready: readonly Subflow[]): Subflow | undefined {
  return stack.rules.policy.scheduler(ready, connection);
}

/** MP_PRIO came on a subflow: it is about that one, in one direction (3.3.8-6). */
export function receivePriority(stack: Stack, subflow: Subflow, option: OptionMpPrio): void {
  count(stack, 'MPTcpExt.MPPrioRx');
  const { policy } = stack.rules;
  if (option.addressId !== undefined && !policy.takesAddressId) return;
  for (const one of policy.priorityAppliesTo(subflow, option)) one.peerBackup = policy.priority(option, one);
}

/** Asks the peer to change its use of a subflow. */
export function sendPriority(stack: Stack, subflow: Subflow, backup: boolean): void {
  if (subflow.localBackup === backup || subflow.connection.mode !== 'mptcp') return;
  subflow.localBackup = backup;
  if (!stack.rules.policy.sendsPriority(subflow)) return;
  const on = stack.rules.policy.prioritySubflow(subflow);
  on.signals.push({ kind: 'mp_prio', reserved: stack.rules.policy.reserved, backup: stack.rules.policy.flag(backup) });
  count(stack, 'MPTcpExt.MPPrioTx');
}
