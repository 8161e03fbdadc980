/** Interface between middleboxes and the forwarder. */
import type { Packet } from '../../packet/index.ts';
import type { Way } from './types.ts';

/** Output of a middlebox. */
export interface Outlet {
  /** Sends a packet on its way, or back to where the other came from. */
  send(way: Way, packet: Packet): void;
  /** Milliseconds, monotonic clock. */
  now(): number;
  /** Calls back after some milliseconds, unless the forwarder closes first. */
  later(milliseconds: number, action: () => void): void;
}

/** Something in a path that does more with packets than to carry them. */
export interface Middlebox {
  readonly name: string;
  /** Addresses that it speaks with to the server. */
  readonly addresses?: readonly string[];
  /**
   * Handles one packet. A packet that it does not put out is dropped.
   *
   * @param packet its byte fields are not used by anyone else; checksums are to be taken off when it is changed
   */
  pass(way: Way, packet: Packet, outlet: Outlet): void;
}

/** Removes checksums and lengths, so that the codec computes them again. */
export function unsealed(packet: Packet): Packet {
  const ip = { ...packet.ip };
  delete (ip as { checksum?: number }).checksum;
  delete (ip as { totalLength?: number }).totalLength;
  delete (ip as { payloadLength?: number }).payloadLength;
  const tcp = { ...packet.tcp };
  delete tcp.checksum;
  delete tcp.dataOffset;
  return { ip, tcp };
}

/**
 * Sends a packet through several middleboxes. The first stands next to the client.
 *
 * @param emit takes what leaves the row on either side
 */
export function passChain(
  boxes: readonly Middlebox[],
  way: Way,
  packet: Packet,
  clock: Omit<Outlet, 'send'>,
  emit: (way: Way, packet: Packet) => void,
): void {
  enter(boxes, way === 'up' ? 0 : boxes.length - 1, way, packet, clock, emit);
}

function enter(
  boxes: readonly Middlebox[],
  at: number,
  way: Way,
  packet: Packet,
  clock: Omit<Outlet, 'send'>,
  emit: (way: Way, packet: Packet) => void,
): void {
  const box = boxes[at];
  if (box === undefined) {
    emit(way, packet);
    return;
  }
  box.pass(way, packet, {
    ...clock,
    send: (to, made) => enter(boxes, to === 'up' ? at + 1 : at - 1, to, made, clock, emit),
  });
}

/** A name for a TCP conversation that is the same for both ways. */
export function flowOf(way: Way, { ip, tcp }: Packet): string {
  const from = `${ip.src} ${tcp.srcPort}`;
  const to = `${ip.dst} ${tcp.dstPort}`;
  return way === 'up' ? `${from} ${to}` : `${to} ${from}`;
}

/** Clamps the MSS option of a SYN, as middleboxes do that make segments longer. */
export function clampMss(packet: Packet, most: number): Packet {
  const { ip, tcp } = unsealed(packet);
  const options = tcp.options.map((option) =>
    option.kind === 'mss' ? { ...option, mss: Math.min(option.mss, most) } : option,
  );
  return { ip, tcp: { ...tcp, options } };
}
