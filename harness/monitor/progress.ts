/** Updates the state of a connection by a packet, after the monitors have judged it. */
import { seqAdd, seqGt } from '../mptcp/index.ts';
import type { TcpOption } from '../packet/types.ts';
import { noteAddress, other, type Connection, type DataStream, type Flow, type FlowEnd } from './connection.ts';
import { keepMapping, mappingAt } from './data-level.ts';
import { isMptcp } from '../packet/index.ts';
import type { OptionKind, OptionOf } from '../packet/options/registry.ts';
import { freshBytes } from './flows.ts';
import type { PacketEvent } from './types.ts';

/** Processes a packet. Returns true if it ended its subflow. */
export function advance(event: PacketEvent): boolean {
  const { connection, flow, sender } = event;
  connection.lastAt = event.at;
  connection.packets++;
  sender.packets++;
  if (event.syn) noteSyn(event);
  noteHandshake(event);
  noteAcknowledgement(event);
  noteData(event);
  if (event.packet.tcp.options.length > 0) noteOptions(event);
  noteSequence(event);
  return noteEnd(event, flow);
}

function noteSyn({ packet, sender, receiver, ack, flow, optionsKnown, connection, side }: PacketEvent): void {
  const { tcp } = packet;
  sender.synSeen = true;
  if (sender.packets === 1) sender.fromStart = true;
  if (sender.isn === undefined) {
    sender.isn = tcp.seq;
    sender.ssnBase = tcp.seq;
    sender.synBytes = tcp.payload.length;
    if (optionsKnown) sender.synOptions = tcp.options.map((option) => option.kind);
    const scale = tcp.options.find((option) => option.kind === 'wscale');
    if (optionsKnown) sender.offered = scale === undefined ? 'none' : Math.min(scale.shift, 14);
    settleScale(sender, receiver);
  } else if (tcp.options.some((option) => option.kind === 'mp_capable')) sender.laterSynCapable = true;
  if (!ack) {
    // Both ends send a SYN: a simultaneous open, whose packets have other forms.
    if (sender === flow.ends[1]) flow.stray = true;
    return;
  }
  // Mappings do not count data accepted on the SYN.
  if (receiver.isn !== undefined && receiver.synBytes > 0) receiver.ssnBase = seqAdd(tcp.ack, -1);
  const opener = flow.ends[0];
  if (
    flow.opening === 'capable' &&
    connection.flows[0] === flow &&
    optionsKnown &&
    side === 1 &&
    connection.fallback === undefined
  ) {
    const mine = tcp.options.some((option) => option.kind === 'mp_capable');
    if (opener.synOptions === undefined) return;
    if (!opener.synOptions.includes('mp_capable')) connection.fallback = 'the SYN has no MP_CAPABLE';
    else if (!mine) connection.fallback = 'the SYN/ACK has no MP_CAPABLE';
  }
}

/** A scale counts when both sides sent one (RFC 7323 §2.2). */
function settleScale(a: FlowEnd, b: FlowEnd): void {
  if (a.offered === undefined || b.offered === undefined) return;
  const scaled = a.offered !== 'none' && b.offered !== 'none';
  for (const end of [a, b]) end.shift = scaled && end.offered !== 'none' ? end.offered : 0;
}

function noteHandshake({ packet, flow, sender, syn, ack, rst }: PacketEvent): void {
  if (syn || rst || !ack) return;
  if (sender === flow.ends[0]) {
    // Whatever was missed of the SYNs, this is the third packet or comes after it.
    flow.thirdSeen = true;
    learnBase(flow.ends[0], packet.tcp.options, packet.tcp.seq);
  } else if (flow.thirdSeen) {
    flow.fourthSeen = true;
  }
}

/** The third packet of a handshake tells the initial number also to one who missed the SYN. */
function learnBase(end: FlowEnd, options: readonly TcpOption[], seq: number): void {
  if (end.ssnBase !== undefined) return;
  const third = options.some(
    (option) =>
      (option.kind === 'mp_join' && option.form === 'ack') ||
      (option.kind === 'mp_capable' && option.receiverKey !== undefined),
  );
  if (third) end.ssnBase = seqAdd(seq, -1);
}

function noteAcknowledgement({
  packet,
  connection,
  side,
  sender,
  receiver,
  syn,
  ack,
  rst,
  dataAck,
}: PacketEvent): void {
  if (!ack || rst) return;
  const { tcp } = packet;
  const stream = connection.parties[other(side)].stream;
  if (receiver.next !== undefined && seqGt(tcp.ack, receiver.next)) receiver.lost = true;
  if (receiver.acked === undefined || seqGt(tcp.ack, receiver.acked)) receiver.acked = tcp.ack;
  if (dataAck !== undefined && (stream.acked === undefined || dataAck > stream.acked)) stream.acked = dataAck;
  if (dataAck !== undefined && dataAck > 1) receiver.confirmed = true;
  const shift = syn ? 0 : sender.shift;
  if (shift === undefined) return;
  const window = tcp.window * 2 ** shift;
  const edge = seqAdd(tcp.ack, window);
  if (receiver.granted === undefined || seqGt(edge, receiver.granted)) receiver.granted = edge;
  // Once Data ACKs have come, the window of a segment without one does not count for the connection (RFC 8684 §3.3.2).
  if (dataAck !== undefined || stream.acked === undefined) grant(stream, dataAck ?? 1, window);
}

function grant(stream: DataStream, from: number, window: number): void {
  const edge = from + window;
  if (stream.granted === undefined || edge > stream.granted) stream.granted = edge;
}

function noteData({ connection, side, sender, mapping, packet, ssn, length }: PacketEvent): void {
  if (mapping === undefined) return;
  const { stream } = connection.parties[side];
  if (mapping.infinite) {
    sender.infiniteAt ??= (ssn ?? 0) + length;
    connection.fallback ??= 'an infinite mapping';
    return;
  }
  keepMapping(sender, mapping);
  const end = mapping.dsn + mapping.length;
  stream.edge = stream.known || stream.mapped ? Math.max(stream.edge, end) : end;
  stream.mapped = true;
  if (mapping.fin) stream.fin ??= end - 1;
  for (const option of packet.tcp.options) {
    if (option.kind !== 'dss' || option.dsn === undefined) continue;
    if (option.dsn8) stream.wide = true;
    else stream.narrow = true;
  }
}

type Note<K extends OptionKind> = (option: OptionOf<K>, event: PacketEvent) => void;

/** Updates the state of the conversation from an option, by its kind. */
const NOTES: { readonly [K in OptionKind]?: Note<K> } = {
  ts: ({ value }, { sender }) => {
    if (sender.tsval === undefined || seqGt(value, sender.tsval)) sender.tsval = value;
  },
  mp_join: (option, event) => noteJoin(event, option),
  add_addr: ({ echo, addressId, address }, { connection, side }) => {
    if (!echo) noteAddress(connection.parties[side], addressId, address);
  },
  mp_fail: (_option, { connection, rst }) => {
    // On a RST it ends only the subflow, and so does its answer: a new subflow may continue the connection.
    if (rst) connection.failedByRst = true;
    else if (!connection.failedByRst) connection.fallback ??= 'MP_FAIL';
  },
  mp_fastclose: (_option, { connection }) => {
    connection.aborted ??= 'MP_FASTCLOSE';
  },
};

function noteOptions(event: PacketEvent): void {
  for (const option of event.packet.tcp.options) (NOTES[option.kind] as Note<OptionKind> | undefined)?.(option, event);
}

function noteJoin(
  { flow, sender, connection, side }: PacketEvent,
  option: Extract<TcpOption, { kind: 'mp_join' }>,
): void {
  if (option.form === 'ack') return;
  const direction = option.form === 'syn' ? 0 : 1;
  if (flow.ends[direction] !== sender) return;
  flow.join.nonces[direction] ??= option.nonce;
  sender.addressId ??= option.addressId;
  if (option.backup) flow.join.backup = true;
  noteAddress(connection.parties[side], option.addressId, sender.address);
}

/** Data that a peer acknowledges without DSS, or that has no mapping, means plain TCP. */
function noteSequence(event: PacketEvent): void {
  const { packet, sender, syn, fin, rst, length, connection, flow, ssn } = event;
  const { tcp } = packet;
  if (rst && length === 0) return;
  const end = seqAdd(tcp.seq, length + (syn ? 1 : 0) + (fin ? 1 : 0));
  if (sender.next !== undefined && seqGt(tcp.seq, sender.next)) sender.lost = true;
  // A mapping may have stood among the options that the capture cut.
  if (length > 0 && !event.optionsKnown) sender.lost = true;
  sender.bytes += freshBytes(sender, seqAdd(tcp.seq, syn ? 1 : 0), length);
  if (sender.next === undefined || seqGt(end, sender.next)) sender.next = end;
  if (syn || length === 0 || connection.fallback !== undefined || connection.version === 0) return;
  if (flow.opening !== 'capable' || ssn === undefined || !event.optionsKnown || sender.confirmed) return;
  if (connection.whole && !sender.lost && !sender.forgotten && mappingAt(sender, ssn) === undefined) {
    connection.fallback = tcp.options.some(isMptcp) ? 'data without a mapping' : 'data without MPTCP options';
  }
}

function noteEnd({ packet, sender, receiver, fin, rst, length, at }: PacketEvent, flow: Flow): boolean {
  if (fin) sender.fin ??= seqAdd(packet.tcp.seq, length + 1);
  if (rst) sender.rst = true;
  if (flow.closedAt !== undefined) return false;
  const done = (one: FlowEnd): boolean =>
    one.fin !== undefined && one.acked !== undefined && !seqGt(one.fin, one.acked);
  if (!sender.rst && !(done(sender) && done(receiver))) return false;
  flow.closedAt = at;
  return true;
}

/** End of a connection, in a few words. */
export function endingOf(connection: Connection): string {
  if (connection.aborted !== undefined) return connection.aborted;
  const [a, b] = connection.parties;
  if (a.stream.fin !== undefined && b.stream.fin !== undefined) return 'DATA_FIN in both directions';
  if (connection.flows.some((flow) => flow.closedAt === undefined)) return 'open at the end of the capture';
  if (connection.flows.every((flow) => flow.ends.some((end) => end.rst))) return 'reset';
  return connection.fallback === undefined ? 'closed' : 'FIN';
}
