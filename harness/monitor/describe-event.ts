/** A packet that a monitor looks at, in the notation of the suites. Pure. */
import { formatPacket } from '../notation/format.ts';
import type { PacketEvent } from './types.ts';

/** `2 > SYN seq=0 ...`: the number of the subflow, and `>` for what the initiator of the connection sends. */
export function describeEvent(event: PacketEvent): string {
  const { connection, side, sender, receiver, flow, packet } = event;
  return formatPacket(`${flow.number}`, side === 0 ? 'out' : 'in', packet, {
    senderIsn: sender.isn,
    receiverIsn: receiver.isn,
    senderIdsn: connection.parties[side].stream.base,
    receiverIdsn: connection.parties[side === 0 ? 1 : 0].stream.base,
  });
}
