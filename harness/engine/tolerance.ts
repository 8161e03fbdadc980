/** What the matcher overlooks. Everything that may be tolerated is written here and nowhere else. */
import { encodeOptions } from '../packet/index.ts';
import { FLAG, type OptionDss, type Packet, type TcpOption } from '../packet/types.ts';
import { isMptcp } from '../scenario/option-fields.ts';

/** Flags that say nothing about MPTCP: when a stack pushes (RFC 9293 §3.9.1) and ECN's (RFC 3168). */
const UNJUDGED = FLAG.PSH | FLAG.ECE | FLAG.CWR;

/** Whether a packet's flags are those of a line. An RST may carry ACK or not: both are resets (RFC 9293 §3.5.2). */
export function flagsMatch(names: readonly string[] | 'any', flags: number): boolean {
  if (names === 'any') return true;
  const wanted = names.reduce((sum, name) => sum | FLAG[name as keyof typeof FLAG], 0);
  const ignored = (UNJUDGED & ~(wanted & (FLAG.ECE | FLAG.CWR))) | ((wanted & FLAG.RST) === 0 ? 0 : FLAG.ACK);
  return (wanted & ~ignored) === (flags & ~ignored);
}

/**
 * A pure acknowledgment: no data, no control flag, and no MPTCP option but a DSS that only acknowledges or an
 * ADD_ADDR echo's absence of anything else. TCP may send one at any time, as window update or keepalive answer.
 */
export function isPureAck(packet: Packet): boolean {
  const { tcp } = packet;
  if ((tcp.flags & ~UNJUDGED) !== FLAG.ACK || tcp.payload.length > 0) return false;
  return tcp.options.every((option) => !isMptcp(option) || (option.kind === 'dss' && !option.hasMap && !option.dataFin));
}

/**
 * A segment sent again: same place in sequence space, same flags, same length. The third packet of a join takes no
 * place there and is sent reliably all the same (RFC 8684 §3.2).
 */
export function isRetransmissionOf(packet: Packet, earlier: Packet): boolean {
  return (
    packet.tcp.seq === earlier.tcp.seq &&
    (packet.tcp.flags & ~UNJUDGED) === (earlier.tcp.flags & ~UNJUDGED) &&
    packet.tcp.payload.length === earlier.tcp.payload.length &&
    (packet.tcp.payload.length > 0 || (packet.tcp.flags & (FLAG.SYN | FLAG.FIN)) !== 0 ||
      (isThirdOfJoin(packet) && isThirdOfJoin(earlier)))
  );
}

/**
 * The same octets of the connection on another subflow. A stack may send data there that has not been acknowledged as
 * far as it knows (RFC 8684 §3.3.6), and its knowledge may lag behind the wire.
 */
export function isReinjectionOf(packet: Packet, earlier: Packet): boolean {
  const [mapping, other] = [mappingOf(packet), mappingOf(earlier)];
  if (mapping === undefined || other === undefined || mapping.dsn8 !== other.dsn8) return false;
  const same = mapping.dsn === other.dsn && packet.tcp.payload.length === earlier.tcp.payload.length;
  return same && packet.tcp.payload.length > 0 && packet.tcp.payload.every((octet, i) => octet === earlier.tcp.payload[i]);
}

/** An ADD_ADDR that comes again: it is repeated until its echo is there, which may be on its way (RFC 8684 §3.4.1). */
export function isAnnouncementAgain(packet: Packet, earlier: Packet): boolean {
  const [again, first] = [announcementOf(packet), announcementOf(earlier)];
  if (again === undefined || first === undefined || packet.tcp.payload.length > 0) return false;
  return Buffer.from(encodeOptions([again])).equals(encodeOptions([first]));
}

function announcementOf({ tcp }: Packet): TcpOption | undefined {
  return tcp.options.find((option) => option.kind === 'add_addr' && !option.echo);
}

function mappingOf({ tcp }: Packet): OptionDss | undefined {
  const option = tcp.options.find((one) => one.kind === 'dss');
  return option?.hasMap === true ? option : undefined;
}

function isThirdOfJoin({ tcp }: Packet): boolean {
  return tcp.options.some((option) => option.kind === 'mp_join' && option.form === 'ack');
}
