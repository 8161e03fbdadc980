/** A conversation's packets as text. */
import type { Packet } from '../packet/types.ts';
import { formatPacket } from '../notation/format.ts';
import type { NumberBases } from '../notation/relative.ts';
import type { Subflow } from './endpoint.ts';

/** A packet in the notation, its numbers relative to what is known of the subflow. */
export function showPacket(packet: Packet, direction: 'in' | 'out', subflow: Subflow | undefined): string {
  if (subflow === undefined) return formatPacket('?', packet, {});
  const { connection } = subflow;
  const local: NumberBases = {
    senderIsn: subflow.isn,
    receiverIsn: subflow.remoteIsn,
    senderIdsn: connection.localIdsn,
    receiverIdsn: connection.remoteIdsn,
  };
  const remote: NumberBases = {
    senderIsn: subflow.remoteIsn,
    receiverIsn: subflow.isn,
    senderIdsn: connection.remoteIdsn,
    receiverIdsn: connection.localIdsn,
  };
  return formatPacket(subflow.name, packet, direction === 'out' ? local : remote);
}
