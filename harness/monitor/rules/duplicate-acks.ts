/** Duplicate ACKs that only serve to carry options. */
import type { TcpOption } from '../../packet/types.ts';
import type { FlowEnd } from '../connection.ts';
import { isMptcp } from '../tracker.ts';
import type { Monitor, PacketEvent } from '../types.ts';
import { form } from './rule.ts';

const inARow = form('duplicate-acks', '3-6.s6', '3.4.1-14.s3.2', '4-2.6.s2');

/** Signals further apart than this are no row that anybody takes for congestion, milliseconds. */
const APART = 500;

interface Row {
  ack: number;
  seq: number;
  window: number;
  count: number;
  at: number;
  /** What the last one said: a capture may hold a packet twice. */
  said: string;
}

function isSignal(option: TcpOption): boolean {
  return isMptcp(option) && option.kind !== 'dss' && option.kind !== 'mp_capable' && option.kind !== 'mp_join';
}

/** A packet's own mark, so that one seen twice counts once. */
function markOf({ packet }: PacketEvent): string {
  const ts = packet.tcp.options.find((option) => option.kind === 'ts');
  const id = packet.ip.family === 'ipv4' ? packet.ip.id : 0;
  const signals = packet.tcp.options.filter(isSignal).map((option) => ('addressId' in option ? `${option.kind} ${option.addressId ?? ''}` : option.kind));
  return `${id} ${ts?.value ?? 0} ${signals.join()}`;
}

/** At most two in a row. */
export const duplicateAcks: Monitor = {
  name: 'duplicate-acks',
  title: 'at most two ACKs in a row on a subflow serve to carry options alone',
  rules: [inARow],
  create: (_connection, judge) => {
    const rows = new Map<FlowEnd, Row>();
    return {
      packet: (event) => {
        const { sender, length, syn, fin, rst, packet, at } = event;
        const { tcp } = packet;
        if (length > 0 || syn || fin || rst || !tcp.options.some(isSignal)) {
          if (rows.size > 0) rows.delete(sender);
          return;
        }
        const said = markOf(event);
        const row = rows.get(sender);
        const goesOn = row !== undefined && row.ack === tcp.ack && row.seq === tcp.seq && row.window === tcp.window && at - row.at < APART;
        if (!goesOn) {
          rows.set(sender, { ack: tcp.ack, seq: tcp.seq, window: tcp.window, count: 1, at, said });
          judge.pass(inARow, event.side);
          return;
        }
        row.at = at;
        if (row.said === said) return;
        row.said = said;
        row.count++;
        judge.check(inARow, event, row.count <= 2, () => ({
          message: 'ACKs follow one another that only carry MPTCP options', expected: 'at most 2 in a row', actual: `${row.count}`,
        }));
      },
    };
  },
};
