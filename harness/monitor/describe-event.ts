/** A packet that a monitor judges, in the notation of the suites. Pure. */
import { formatPacket } from '../notation/format.ts';
import type { PacketEvent } from './types.ts';

/** `2 SYN seq=0 ...`: the number of the subflow, and the packet. */
export function describeEvent({ connection, side, sender, receiver, flow, packet }: PacketEvent): string {
  return formatPacket(`${flow.number}`, packet, {
    senderIsn: sender.isn,
    receiverIsn: receiver.isn,
    senderIdsn: connection.parties[side].stream.base,
    receiverIdsn: connection.parties[side === 0 ? 1 : 0].stream.base,
  });
}

/** `initiator: 2 SYN seq=0 ...`, for lists that have packets of both sides: which side of the connection sent it. */
export function describeSent(event: PacketEvent): string {
  return `${event.side === 0 ? 'initiator' : 'responder'}: ${describeEvent(event)}`;
}
