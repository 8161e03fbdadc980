/** Whether a packet surely reached its receiver: that one's own packets tell, and nothing else does. */
import { seqGeq, seqGt, seqInWindow } from '../mptcp/index.ts';
import type { OptionTimestamps } from '../packet/types.ts';
import type { Flow, Side } from './connection.ts';
import type { PacketEvent } from './types.ts';

/** The timestamps of a packet. */
function timestampsOf({ packet }: PacketEvent): OptionTimestamps | undefined {
  for (const option of packet.tcp.options) if (option.kind === 'ts') return option;
  return undefined;
}

/**
 * Waits for proof that a packet arrived: its receiver echoes its timestamp, or acknowledges payload that was sent in no
 * other packet.
 */
export class Arrival {
  readonly #flow: Flow;
  readonly #side: Side;
  readonly #alike: boolean;
  #tsval: number | undefined;
  #byte: number | undefined;
  /** Time of the proof, milliseconds since 1970. */
  at: number | undefined;

  /**
   * @param event the packet, before it is taken into account
   * @param alike whether all later packets of that end say the same: the proof may then be of any of them
   */
  constructor(event: PacketEvent, alike = false) {
    this.#flow = event.flow;
    this.#side = event.side;
    this.#alike = alike;
    const value = timestampsOf(event)?.value;
    const { tsval } = event.sender;
    // A value that another packet has too tells nothing of this one.
    if (value !== undefined && (tsval === undefined || seqGt(value, tsval))) this.#tsval = value;
    if (event.length > 0 && !event.retransmission) this.#byte = event.packet.tcp.seq;
  }

  /** Processes a later packet of either end; returns whether the proof is complete. */
  see(event: PacketEvent): boolean {
    if (this.at !== undefined || event.flow !== this.#flow) return this.at !== undefined;
    if (event.side === this.#side) {
      if (!this.#alike) this.#compare(event);
      return false;
    }
    if (event.ack && this.#isProof(event)) this.at = event.at;
    return this.at !== undefined;
  }

  #compare(event: PacketEvent): void {
    const { seq } = event.packet.tcp;
    if (this.#tsval !== undefined && timestampsOf(event)?.value === this.#tsval) this.#tsval = undefined;
    if (this.#byte !== undefined && seqInWindow(this.#byte, seq, event.length)) this.#byte = undefined;
  }

  #isProof(event: PacketEvent): boolean {
    if (this.#byte !== undefined && seqGt(event.packet.tcp.ack, this.#byte)) return true;
    const echo = this.#tsval === undefined ? undefined : timestampsOf(event)?.echo;
    if (echo === undefined || this.#tsval === undefined) return false;
    return this.#alike ? seqGeq(echo, this.#tsval) : echo === this.#tsval;
  }
}
