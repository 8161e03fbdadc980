/** The packets of a run that a person wants to see one by one: everything but data and its acknowledgments. */
import { FLAG, type Packet } from '../packet/types.ts';
import { formatPacket } from '../notation/format.ts';
import type { RunState } from './state.ts';
import type { LadderEntry } from '../verdict/result.ts';

/** A run has tens of thousands of packets, and a diagram is read by people. */
const MOST_SHOWN = 400;

function isSignal({ tcp }: Packet): boolean {
  return (
    (tcp.flags & (FLAG.SYN | FLAG.FIN | FLAG.RST)) !== 0 ||
    tcp.options.some(
      (one) => one.kind.startsWith('mp_') || one.kind.endsWith('_addr') || (one.kind === 'dss' && one.dataFin),
    )
  );
}

/** Handshakes, ends and signals of all connections, as the hosts sent them; `out` is from the client. */
export function signalling(state: RunState): LadderEntry[] {
  const isns = new Map<string, number>();
  const shown: LadderEntry[] = [];
  for (const { record, packet } of state.trace.sent) {
    const { ip, tcp } = packet;
    const [near, far] = [
      `${ip.src} ${tcp.srcPort} ${ip.dst} ${tcp.dstPort}`,
      `${ip.dst} ${tcp.dstPort} ${ip.src} ${tcp.srcPort}`,
    ];
    if ((tcp.flags & FLAG.SYN) !== 0) isns.set(near, tcp.seq);
    if (!isSignal(packet) || shown.length >= MOST_SHOWN) continue;
    const direction = record.way === 'up' ? 'out' : 'in';
    const fate = record.fate === 'passed' ? '' : ` (${record.fate})`;
    shown.push({
      at: record.at - state.startedAt,
      kind: 'packet',
      direction,
      subflow: record.path,
      text: `${formatPacket(record.path, packet, { senderIsn: isns.get(near), receiverIsn: isns.get(far) })}${fate}`,
    });
  }
  return shown;
}
