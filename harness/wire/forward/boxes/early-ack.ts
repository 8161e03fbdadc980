/** A proxy that acknowledges data before its receiver has it. */
import { seqAdd } from '../../../mptcp/index.ts';
import { FLAG, type Packet } from '../../../packet/types.ts';
import { flowOf, unsealed, type Middlebox, type Outlet } from '../middlebox.ts';
import { back, type Way } from '../types.ts';

/** The last packet of a conversation's receiver. */
interface Known {
  /** The next byte that the proxy waits for. */
  next: number;
  /** A segment of the receiver's, to answer like it. */
  answer: Packet | undefined;
}

/**
 * Acknowledges data that comes in order at once, in the receiver's name and without any option of MPTCP, and passes it
 * on. It keeps nothing: data lost after it has been acknowledged all the same.
 *
 * @param ways ways whose data is acknowledged
 */
export function earlyAck(ways: readonly Way[]): Middlebox {
  const flows = new Map<string, Known>();
  return {
    name: 'early-ack',
    pass: (way: Way, packet: Packet, outlet: Outlet) => {
      outlet.send(way, packet);
      const { tcp } = packet;
      const forward = `${way} ${flowOf(way, packet)}`;
      const reverse = `${back(way)} ${flowOf(way, packet)}`;
      if ((tcp.flags & FLAG.SYN) !== 0) flows.set(forward, { next: seqAdd(tcp.seq, 1), answer: undefined });
      const other = flows.get(reverse);
      if (other !== undefined && (tcp.flags & FLAG.RST) === 0) other.answer = packet;
      const own = flows.get(forward);
      if (own === undefined || !ways.includes(way) || tcp.payload.length === 0 || tcp.seq !== own.next) return;
      own.next = seqAdd(tcp.seq, tcp.payload.length);
      if (own.answer !== undefined) outlet.send(back(way), acknowledgment(own.answer, packet, own.next));
    },
  };
}

/** An acknowledgment like the receiver's last segment, without data and without options of MPTCP. */
function acknowledgment(like: Packet, of: Packet, next: number): Packet {
  const { ip, tcp } = unsealed(like);
  const stamp = of.tcp.options.find((option) => option.kind === 'ts');
  const own = tcp.options.find((option) => option.kind === 'ts');
  return {
    ip,
    tcp: {
      ...tcp,
      seq: of.tcp.ack,
      ack: next,
      flags: FLAG.ACK,
      urgent: 0,
      payload: new Uint8Array(0),
      options: stamp === undefined || own === undefined ? [] : [{ kind: 'ts', value: own.value, echo: stamp.value }],
    },
  };
}
