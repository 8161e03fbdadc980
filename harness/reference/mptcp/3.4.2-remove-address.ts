/** Address removal (RFC 8684 §3.4.2): REMOVE_ADDR, and the keepalive that comes before a path is given up. */
import type { OptionRemoveAddr } from '../../packet/index.ts';
import { canSend, count, enqueue, isOpen } from '../tcp/subflow.ts';
import type { Connection, Stack, Subflow } from '../state.ts';
import { usableSubflows } from './3.3.8-subflow-policy.ts';
import { markReset, RESET_REASON } from './3.6-subflow-reset.ts';

/** REMOVE_ADDR came: of IDs that are not known, nothing happens (3.4.2-6, 3.8). */
export function receiveRemoveAddr(stack: Stack, subflow: Subflow, option: OptionRemoveAddr): void {
  const { removing } = stack.rules;
  const { connection } = subflow;
  count(stack, 'MPTcpExt.RmAddr');
  for (const id of removing.idsToTake(option.addressIds, subflow)) {
    connection.remoteAddresses.delete(removing.addressForgotten(id));
    connection.pendingTargets = connection.pendingTargets.filter((one) => one.id !== id);
    for (const one of connection.subflows) {
      if (isOpen(one) && removing.concerns(one, id, subflow)) askPath(stack, one);
    }
  }
}

/** Asks by a keepalive whether a path is still in use (3.4.2-4.s2). */
function askPath(stack: Stack, subflow: Subflow): void {
  if (stack.rules.removing.asksFirst(subflow)) {
    subflow.removalAsked = true;
    subflow.keepaliveProbes = 0;
    subflow.timers.set('removal', stack.now);
    return;
  }
  removePath(stack, subflow);
}

/** An answer came in: the path stays (3.4.2-4.s2). */
export function pathAnswered(stack: Stack, subflow: Subflow): void {
  if (!subflow.removalAsked || subflow.keepaliveProbes === 0) return;
  if (!stack.rules.removing.keepsAnswered(subflow)) return;
  subflow.removalAsked = false;
  subflow.timers.delete('removal');
}

/**
 * The removal timer is due. Answers whether a keepalive is to be sent now.
 */
export function removalDue(stack: Stack, subflow: Subflow): boolean {
  const { removing } = stack.rules;
  if (subflow.keepaliveProbes >= removing.probes) {
    removePath(stack, subflow);
    return false;
  }
  subflow.keepaliveProbes++;
  subflow.timers.set('removal', stack.now + removing.probeInterval(subflow));
  return true;
}

/** Ends a subflow whose path is no more (3.4.2-5). */
function removePath(stack: Stack, subflow: Subflow): void {
  count(stack, 'MPTcpExt.RmSubflow');
  subflow.removalAsked = false;
  subflow.timers.delete('removal');
  if (stack.rules.removing.resetsPath(subflow)) markReset(subflow, { reason: RESET_REASON.UNSPECIFIED });
}

/**
 * Withdraws one of this host's addresses. Subflows that still work are closed by FINs (3.4.2-7); where the address is
 * gone they cannot be, and nothing can be sent from it.
 */
export function withdrawAddress(stack: Stack, connection: Connection, id: number, addressGone: boolean): void {
  const { removing } = stack.rules;
  const announced = connection.announcements.some((one) => one.id === id && one.transmissions > 0);
  const affected = connection.subflows.filter((one) => isOpen(one) && one.localId === id);
  connection.announcements = connection.announcements.filter((one) => one.id !== id);
  connection.timers.delete('announce');
  connection.localAddresses.delete(id);
  const others = usableSubflows(stack, connection).filter((one) => !affected.includes(one));
  const [on] = others.length > 0 ? others : affected;
  if (connection.mode === 'mptcp' && on !== undefined && removing.tells(announced, affected.length > 0, addressGone)) {
    const reserved = removing.reserved;
    on.signals.push({ kind: 'remove_addr', reserved, addressIds: removing.idsToSend(id, connection) });
    count(stack, 'MPTcpExt.RmAddrTx');
  }
  if (connection.mode !== 'mptcp') return;
  for (const one of affected) {
    if (!addressGone && canSend(one) && removing.closesByFin(one)) enqueue(one, { fin: true });
    else if (removing.endsLocally(one)) markReset(one, { reason: RESET_REASON.UNSPECIFIED });
  }
}
