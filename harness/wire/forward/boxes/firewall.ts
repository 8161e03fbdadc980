/** A firewall that lets some handshakes not pass. */
import { FLAG, type Packet } from '../../../packet/types.ts';
import type { Middlebox, Outlet } from '../middlebox.ts';
import type { Way } from '../types.ts';

/** @param what SYNs with MP_JOIN, or SYNs with MP_JOIN or MP_CAPABLE */
export function firewall(what: 'joins' | 'mptcp-syns'): Middlebox {
  return {
    name: 'firewall',
    pass: (way: Way, packet: Packet, outlet: Outlet) => {
      const isSyn = (packet.tcp.flags & FLAG.SYN) !== 0;
      const hits = packet.tcp.options.some(
        ({ kind }) => kind === 'mp_join' || (what === 'mptcp-syns' && kind === 'mp_capable'),
      );
      if (!isSyn || !hits) outlet.send(way, packet);
    },
  };
}
