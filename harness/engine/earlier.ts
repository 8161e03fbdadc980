/** Conversations of earlier scenarios with a host whose addresses stay the same: their late packets are ignored. */
import { isOpeningSyn, type Packet } from '../packet/types.ts';
import type { Cell } from '../topology/contract.ts';
import type { RecordedPacket } from './conversation.ts';
import { tupleOf } from './subflows.ts';

/**
 * Whether a packet belongs to a conversation of an earlier scenario. A SYN of the stack with another sequence number
 * reuses the addresses and ports for a new conversation, which is forgotten here.
 */
export function isOfEarlier({ earlier }: Pick<Cell, 'earlier'>, packet: Packet, direction: 'in' | 'out'): boolean {
  // Most drivers have none: every packet comes by here.
  if (earlier === undefined) return false;
  const tuple = tupleOf(packet, direction);
  if (!earlier.has(tuple)) return false;
  if (!isOpenedByStack(packet, direction) || packet.tcp.seq === earlier.get(tuple)) return true;
  earlier.delete(tuple);
  return false;
}

/** Adds the conversations of a scenario that ends. */
export function rememberConversations({ earlier }: Pick<Cell, 'earlier'>, record: readonly RecordedPacket[]): void {
  if (earlier === undefined) return;
  for (const { tuple, packet, direction } of record) {
    if (isOpenedByStack(packet, direction)) earlier.set(tuple, packet.tcp.seq);
    else if (!earlier.has(tuple)) earlier.set(tuple, undefined);
  }
}

/** Whether it is a SYN by which the stack begins a conversation. */
function isOpenedByStack({ tcp }: Packet, direction: 'in' | 'out'): boolean {
  return direction === 'in' && isOpeningSyn(tcp);
}
