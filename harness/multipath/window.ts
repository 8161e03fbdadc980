/** The connection's receive window (RFC 8684 section 3.3.1), as its sender knows it. */
import { lowHalf, seqAdd, seqDiff } from '../mptcp/index.ts';
import { decodePacket, isNotTcp, type Packet } from '../packet/index.ts';
import { FLAG } from '../packet/types.ts';
import type { Side } from './hosts.ts';
import type { RunState } from './state.ts';

/** Window scale that the receiver announced, by its flow. */
function scalesOf(packets: readonly Packet[]): Map<string, number> {
  const scales = new Map<string, number>();
  for (const { ip, tcp } of packets) {
    if ((tcp.flags & FLAG.SYN) === 0) continue;
    const wscale = tcp.options.find((one) => one.kind === 'wscale');
    scales.set(`${ip.src} ${tcp.srcPort} ${ip.dst} ${tcp.dstPort}`, wscale?.kind === 'wscale' ? wscale.shift : 0);
  }
  return scales;
}

/**
 * The least room that the receive window left to a sender in a period, bytes: from the end of the data that had gone
 * furthest to the right edge of the window, the furthest that any Data ACK had brought to the sender. Undefined when no
 * data went.
 */
export function leastRoom(
  state: RunState,
  from: Side,
  { since, before }: { since: number; before: number },
): number | undefined {
  const way = from === 'client' ? 'up' : 'down';
  const acks = state.trace.left
    .filter((one) => one.way !== way)
    .flatMap(({ at, bytes }) => {
      const packet = decodePacket(bytes);
      return isNotTcp(packet) ? [] : [{ at, packet }];
    });
  const scales = scalesOf(acks.map(({ packet }) => packet));
  const events = [
    ...acks,
    ...state.trace.sent
      .filter(({ record }) => record.way === way)
      .map(({ record, packet }) => ({ at: record.at, packet, isData: true })),
  ].sort((a, b) => a.at - b.at);
  let edge: number | undefined;
  let end: number | undefined;
  let least: number | undefined;
  for (const event of events) {
    if (event.at >= before) break;
    const { ip, tcp } = event.packet;
    const dss = tcp.options.find((one) => one.kind === 'dss');
    if (dss?.kind !== 'dss') continue;
    if ('isData' in event) {
      if (dss.dsn === undefined) continue;
      const upTo = seqAdd(lowHalf(dss.dsn), dss.dataLength ?? 0);
      if (end === undefined || seqDiff(upTo, end) > 0) end = upTo;
    } else {
      if (dss.dataAck === undefined) continue;
      const scale = scales.get(`${ip.src} ${tcp.srcPort} ${ip.dst} ${tcp.dstPort}`) ?? 0;
      const upTo = seqAdd(lowHalf(dss.dataAck), tcp.window * 2 ** scale);
      if (edge === undefined || seqDiff(upTo, edge) > 0) edge = upTo;
    }
    if (event.at < since || edge === undefined || end === undefined) continue;
    const room = seqDiff(edge, end);
    least = least === undefined ? room : Math.min(least, room);
  }
  return least;
}
