/** Whether a packet of the stack is one that a line describes. Pure. */
import { NotKnownYet, type Scope } from '../notation/evaluate.ts';
import type { PacketLine } from '../notation/packet-line.ts';
import type { Subflow } from '../engine/endpoint.ts';
import { matchPacket } from '../engine/match.ts';
import type { Arrival } from '../engine/packet-view.ts';

/**
 * Whether a packet fits a line; not while what the line refers to is unknown.
 *
 * @param subflow the one that the packet came on, if it is known
 */
export function fitsLine(line: PacketLine, arrival: Arrival, subflow: Subflow | undefined, scope: Scope): boolean {
  if (line.subflow !== 'any' && subflow?.name !== line.subflow) return false;
  try {
    return matchPacket(line, arrival, subflow, scope).differences.length === 0;
  } catch (error) {
    if (error instanceof NotKnownYet) return false;
    throw error;
  }
}
