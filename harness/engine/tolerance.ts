/** Differences that the matcher ignores. All tolerances are here. */
import { seqOffset } from '../mptcp/index.ts';
import { encodeOptions, hasMptcpCode } from '../packet/index.ts';
import { FLAG, type Packet, type TcpOption } from '../packet/types.ts';
import { relativeDsn } from './endpoint.ts';
import type { Arrival } from './packet-view.ts';

/** Flags that say nothing about MPTCP: when a stack pushes (RFC 9293 §3.9.1) and ECN's (RFC 3168). */
const UNJUDGED = FLAG.PSH | FLAG.ECE | FLAG.CWR;

/** Whether a packet's flags are those of a line. An RST may carry ACK or not: both are resets (RFC 9293 §3.5.2). */
export function flagsMatch(names: readonly string[] | 'any', flags: number): boolean {
  if (names === 'any') return true;
  const wanted = names.reduce((sum, name) => sum | FLAG[name as keyof typeof FLAG], 0);
  const ignored = UNJUDGED & ~(wanted & (FLAG.ECE | FLAG.CWR));
  if ((wanted & FLAG.RST) !== 0)
    return (
      (wanted & FLAG.RST) === (flags & FLAG.RST) && (flags & (FLAG.SYN | FLAG.FIN)) === (wanted & (FLAG.SYN | FLAG.FIN))
    );
  return (wanted & ~ignored) === (flags & ~ignored);
}

/**
 * A pure acknowledgment: no data, no control flag, and no MPTCP option but a DSS that only acknowledges or an
 * ADD_ADDR echo's absence of anything else. TCP may send one at any time, as window update or keepalive answer.
 */
export function isPureAck(packet: Packet): boolean {
  const { tcp } = packet;
  if ((tcp.flags & ~UNJUDGED) !== FLAG.ACK || tcp.payload.length > 0) return false;
  return tcp.options.every(
    (option) => !hasMptcpCode(option) || (option.kind === 'dss' && !option.hasMap && !option.dataFin),
  );
}

/**
 * A segment sent again: same place in sequence space, same flags, same length. A SYN with data may be sent again
 * without the data (RFC 7413 §4.2.2).
 */
export function isRetransmissionOf(packet: Packet, earlier: Packet): boolean {
  const withoutData = (packet.tcp.flags & FLAG.SYN) !== 0 && packet.tcp.payload.length === 0;
  return (
    packet.tcp.seq === earlier.tcp.seq &&
    (packet.tcp.flags & ~UNJUDGED) === (earlier.tcp.flags & ~UNJUDGED) &&
    (packet.tcp.payload.length === earlier.tcp.payload.length || withoutData) &&
    (packet.tcp.payload.length > 0 ||
      (packet.tcp.flags & (FLAG.SYN | FLAG.FIN)) !== 0 ||
      (isSentUntilAnswered(packet) && isSentUntilAnswered(earlier)))
  );
}

/** A keepalive with a byte of no meaning, one below the stack's next sequence number (RFC 9293 §3.8.4). */
export function isKeepalive({
  packet: { tcp },
  subflow,
  before,
}: Pick<Arrival, 'packet' | 'subflow' | 'before'>): boolean {
  if (subflow?.remoteIsn === undefined || (tcp.flags & ~UNJUDGED) !== FLAG.ACK || tcp.payload.length !== 1)
    return false;
  return seqOffset(tcp.seq, subflow.remoteIsn) === before.receiveNext - 1;
}

/** Data or a DATA_FIN sent again at the connection level, on whichever subflow: all of it had come before (RFC 8684 §3.3.6). */
export function repeatsData({ packet, subflow, before }: Pick<Arrival, 'packet' | 'subflow' | 'before'>): boolean {
  const dss = packet.tcp.options.find((option) => option.kind === 'dss');
  const base = subflow?.connection.remoteIdsn;
  if (base === undefined || dss?.dsn === undefined || (packet.tcp.flags & (FLAG.SYN | FLAG.FIN | FLAG.RST)) !== 0)
    return false;
  const { dsn, dsn8, dataLength = 0 } = dss;
  return dataLength > 0 && relativeDsn(dsn, dsn8, base) + BigInt(dataLength) <= before.dataNext;
}

/** A repeated ADD_ADDR: it is sent until its echo arrives, which may be in flight (RFC 8684 §3.4.1). */
export function isAnnouncementAgain(packet: Packet, earlier: Packet): boolean {
  const [again, first] = [announcementOf(packet), announcementOf(earlier)];
  if (again === undefined || first === undefined || packet.tcp.payload.length > 0) return false;
  return Buffer.from(encodeOptions([again])).equals(encodeOptions([first]));
}

function announcementOf({ tcp }: Packet): TcpOption | undefined {
  return tcp.options.find((option) => option.kind === 'add_addr' && !option.echo);
}

/** An ACK that is sent again until it is answered: with a DATA_FIN (RFC 8684 §3.3.3), or third of a join (§3.2). */
function isSentUntilAnswered({ tcp }: Packet): boolean {
  return tcp.options.some((option) => option.kind === 'mp_join' || (option.kind === 'dss' && option.dataFin));
}
