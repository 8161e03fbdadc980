/** Network address translation. */
import type { Packet } from '../../../packet/types.ts';
import { unsealed, type Middlebox, type Outlet } from '../middlebox.ts';
import type { Way } from '../types.ts';

const FIRST_PORT = 61_001;

/**
 * Replaces the client's address and ports by its own. Every conversation of the client begins
 * with a packet of the client's; packets to an unmapped port are dropped.
 *
 * @param address what the server sees
 */
export function nat(address: string): Middlebox {
  const outside = new Map<string, number>();
  const inside = new Map<number, { address: string; port: number }>();
  return {
    name: 'nat',
    addresses: [address],
    pass: (way: Way, packet: Packet, outlet: Outlet) => {
      const { ip, tcp } = unsealed(packet);
      if (way === 'up') {
        const key = `${ip.src} ${tcp.srcPort}`;
        let port = outside.get(key);
        if (port === undefined) {
          port = FIRST_PORT + outside.size;
          outside.set(key, port);
          inside.set(port, { address: ip.src, port: tcp.srcPort });
        }
        outlet.send(way, { ip: { ...ip, src: address }, tcp: { ...tcp, srcPort: port } });
        return;
      }
      const target = ip.dst === address ? inside.get(tcp.dstPort) : undefined;
      if (target !== undefined)
        outlet.send(way, { ip: { ...ip, dst: target.address }, tcp: { ...tcp, dstPort: target.port } });
    },
  };
}
