/** Middleboxes that cut segments in parts, or join them. */
import { seqAdd } from '../../../mptcp/index.ts';
import { FLAG, type Packet } from '../../../packet/types.ts';
import { clampMss, flowOf, unsealed, type Middlebox, type Outlet } from '../middlebox.ts';
import type { Way } from '../types.ts';

/** How long a segment waits for one that can be joined to it, milliseconds; less than any timer of a sender. */
const HOLD_MS = 5;

/** Cuts segments into parts of a given size, each with all the options, as TSO does (RFC 8684 section 6). */
export function split(at: number): Middlebox {
  return {
    name: 'split',
    pass: (way: Way, packet: Packet, outlet: Outlet) => {
      const { payload, flags, seq } = packet.tcp;
      if (payload.length <= at) {
        outlet.send(way, packet);
        return;
      }
      const { ip, tcp } = unsealed(packet);
      for (let from = 0; from < payload.length; from += at) {
        const isLast = from + at >= payload.length;
        outlet.send(way, {
          ip,
          tcp: {
            ...tcp,
            seq: seqAdd(seq, from),
            payload: payload.slice(from, from + at),
            flags: isLast ? flags : flags & ~(FLAG.FIN | FLAG.PSH),
          },
        });
      }
    },
  };
}

interface Held {
  packet: Packet;
  timer: { isOver: boolean };
}

/**
 * Joins a segment with the one that follows on it, keeps the options of the first, and lowers the MSS of SYNs so that
 * two fit into one packet.
 *
 * @param upTo bytes of payload at most
 */
export function merge(upTo: number): Middlebox {
  const held = new Map<string, Held>();
  const release = (key: string, way: Way, outlet: Outlet): void => {
    const one = held.get(key);
    if (one === undefined) return;
    held.delete(key);
    one.timer.isOver = true;
    outlet.send(way, one.packet);
  };
  return {
    name: 'merge',
    pass: (way: Way, packet: Packet, outlet: Outlet) => {
      const key = `${way} ${flowOf(way, packet)}`;
      if ((packet.tcp.flags & FLAG.SYN) !== 0) {
        outlet.send(way, clampMss(packet, Math.floor(upTo / 2)));
        return;
      }
      const before = held.get(key)?.packet;
      const joined = before === undefined ? undefined : join(before, packet, upTo);
      if (joined !== undefined) {
        held.set(key, { packet: joined, timer: { isOver: false } });
        release(key, way, outlet);
        return;
      }
      release(key, way, outlet);
      if (packet.tcp.payload.length === 0 || (packet.tcp.flags & (FLAG.FIN | FLAG.RST)) !== 0) {
        outlet.send(way, packet);
        return;
      }
      const timer = { isOver: false };
      held.set(key, { packet, timer });
      outlet.later(HOLD_MS, () => {
        if (!timer.isOver) release(key, way, outlet);
      });
    },
  };
}

/** Both in one when the second begins where the first ends. */
function join(first: Packet, second: Packet, upTo: number): Packet | undefined {
  const length = first.tcp.payload.length + second.tcp.payload.length;
  const follows = second.tcp.seq === seqAdd(first.tcp.seq, first.tcp.payload.length);
  if (!follows || second.tcp.payload.length === 0 || length > upTo || (second.tcp.flags & (FLAG.RST | FLAG.URG)) !== 0)
    return undefined;
  const { ip, tcp } = unsealed(first);
  const payload = new Uint8Array(length);
  payload.set(first.tcp.payload);
  payload.set(second.tcp.payload, first.tcp.payload.length);
  return {
    ip,
    tcp: { ...tcp, payload, ack: second.tcp.ack, window: second.tcp.window, flags: tcp.flags | second.tcp.flags },
  };
}
