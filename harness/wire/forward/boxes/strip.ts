/** A middlebox that takes options away. */
import { isMptcp } from '../../../packet/index.ts';
import { FLAG, type Packet } from '../../../packet/types.ts';
import { unsealed, type Middlebox, type Outlet } from '../middlebox.ts';
import type { Way } from '../types.ts';

/** Options to remove. */
export interface StripSettings {
  ways: readonly Way[];
  on: 'syn' | 'after-syn' | 'all';
  /** Kinds of the codec; all of MPTCP when absent. */
  kinds?: readonly string[];
  /** Only once this many bytes of payload have passed in the same direction. */
  from?: number;
}

/** Removes MPTCP options and leaves everything else as it is. */
export function strip({ ways, on, kinds, from = 0 }: StripSettings): Middlebox {
  const passed: Record<Way, number> = { up: 0, down: 0 };
  return {
    name: 'strip',
    pass: (way: Way, packet: Packet, outlet: Outlet) => {
      const isSyn = (packet.tcp.flags & FLAG.SYN) !== 0;
      const concerns = ways.includes(way) && (on === 'all' || (on === 'syn') === isSyn) && passed[way] >= from;
      passed[way] += packet.tcp.payload.length;
      const options = packet.tcp.options.filter((option) =>
        kinds === undefined ? !isMptcp(option) : !kinds.includes(option.kind),
      );
      if (!concerns || options.length === packet.tcp.options.length) {
        outlet.send(way, packet);
        return;
      }
      const bare = unsealed(packet);
      outlet.send(way, { ip: bare.ip, tcp: { ...bare.tcp, options } });
    },
  };
}
