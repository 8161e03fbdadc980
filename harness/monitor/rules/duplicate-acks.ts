/** Duplicate ACKs that only serve to carry options. */
import { seqGt } from '../../mptcp/index.ts';
import type { TcpOption } from '../../packet/types.ts';
import type { FlowEnd } from '../connection.ts';
import { isMptcp } from '../../packet/index.ts';
import type { Monitor, PacketEvent } from '../types.ts';
import { conduct } from './rule.ts';

const inARow = conduct('duplicate-acks', '3-6.s6', '3.4.1-14.s3.2', '4-2.6.s2');

interface Row {
  ack: number;
  seq: number;
  window: number;
  count: number;
  /** The options of the last one: a capture may hold a packet twice. */
  said: string;
}

function isSignal(option: TcpOption): boolean {
  return isMptcp(option) && option.kind !== 'dss' && option.kind !== 'mp_capable' && option.kind !== 'mp_join';
}

/** A packet's own mark, so that one seen twice counts once. */
function markOf({ packet }: PacketEvent): string {
  const ts = packet.tcp.options.find((option) => option.kind === 'ts');
  const id = packet.ip.family === 'ipv4' ? packet.ip.id : 0;
  const signals = packet.tcp.options
    .filter(isSignal)
    .map((option) => ('addressId' in option ? `${option.kind} ${option.addressId ?? ''}` : option.kind));
  return `${id} ${ts?.value ?? 0} ${signals.join()}`;
}

/**
 * Whether an ACK is a duplicate that tells nothing but its options. By RFC 5681 only an ACK that comes while data is
 * outstanding is a duplicate; with SACK blocks it indicates a loss.
 */
function isForSignals({ packet, length, syn, fin, rst, receiver }: PacketEvent): boolean {
  if (length > 0 || syn || fin || rst) return false;
  const outstanding =
    receiver.next !== undefined && receiver.acked !== undefined && seqGt(receiver.next, receiver.acked);
  return (
    outstanding && packet.tcp.options.some(isSignal) && !packet.tcp.options.some((option) => option.kind === 'sack')
  );
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
        const { sender, receiver, packet } = event;
        const { tcp } = packet;
        // A segment that came asks for an ACK, whatever that carries.
        if (event.length > 0 && rows.size > 0) rows.delete(receiver);
        if (!isForSignals(event)) {
          if (rows.size > 0) rows.delete(sender);
          if (event.length === 0 && !event.rst && tcp.options.some(isSignal)) judge.pass(inARow, event.side);
          return;
        }
        const said = markOf(event);
        const row = rows.get(sender);
        const goesOn = row !== undefined && row.ack === tcp.ack && row.seq === tcp.seq && row.window === tcp.window;
        if (!goesOn) {
          // The first that acknowledges something new is not a duplicate.
          rows.set(sender, {
            ack: tcp.ack,
            seq: tcp.seq,
            window: tcp.window,
            count: receiver.acked === tcp.ack ? 1 : 0,
            said,
          });
          judge.pass(inARow, event.side);
          return;
        }
        if (row.said === said) return;
        row.said = said;
        row.count++;
        judge.check(inARow, event, row.count <= 2, () => ({
          message: 'several ACKs in a row carry only MPTCP options',
          expected: 'at most 2 in a row',
          actual: `${row.count}`,
        }));
      },
    };
  },
};
