/** A middlebox that gives connections other initial sequence numbers, as some firewalls do. */
import { seqAdd } from '../../../mptcp/index.ts';
import type { Packet, TcpOption } from '../../../packet/types.ts';
import { unsealed, type Middlebox, type Outlet } from '../middlebox.ts';
import type { Way } from '../types.ts';
import { back } from '../types.ts';

function moved(number: number, by: number): number {
  return seqAdd(number, by);
}

/** SACK blocks with their numbers moved; other options as they are. */
export function moveSack(options: readonly TcpOption[], by: number): TcpOption[] {
  return options.map((option) =>
    option.kind === 'sack'
      ? {
          ...option,
          blocks: option.blocks.map(({ left, right }) => ({ left: moved(left, by), right: moved(right, by) })),
        }
      : option,
  );
}

/** @param by what is added to the sequence numbers of each way, modulo 2^32 */
export function rewriteIsn(by: Readonly<Record<Way, number>>): Middlebox {
  return {
    name: 'isn',
    pass: (way: Way, packet: Packet, outlet: Outlet) => {
      const { ip, tcp } = unsealed(packet);
      const against = -by[back(way)];
      outlet.send(way, {
        ip,
        tcp: {
          ...tcp,
          seq: moved(tcp.seq, by[way]),
          ack: moved(tcp.ack, against),
          options: moveSack(tcp.options, against),
        },
      });
    },
  };
}
