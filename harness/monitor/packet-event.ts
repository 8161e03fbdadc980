/** A packet as the monitors get it: with its place in the sequence spaces of its subflow and connection. */
import { seqAdd, seqGeq, seqOffset } from '../mptcp/index.ts';
import { FLAG } from '../packet/index.ts';
import type { Packet } from '../packet/types.ts';
import { other, sideOf, type Connection, type Flow, type Side } from './connection.ts';
import { resolveDataLevel } from './data-level.ts';
import type { PacketNote } from './flows.ts';
import type { PacketEvent } from './types.ts';

/** The event of a packet that has come in one direction of a flow. */
export function packetEvent(
  packet: Packet,
  note: PacketNote,
  flow: Flow,
  direction: Side,
  connection: Connection,
): PacketEvent {
  const { tcp } = packet;
  const sender = flow.ends[direction];
  const side = sideOf(flow, direction);
  const syn = (tcp.flags & FLAG.SYN) !== 0;
  const length = tcp.payload.length;
  const extent = length + (syn ? 1 : 0) + ((tcp.flags & FLAG.FIN) !== 0 ? 1 : 0);
  const level = resolveDataLevel(connection, side, sender, tcp.options, length);
  return {
    index: note.index,
    at: note.at,
    packet,
    connection,
    flow,
    side,
    sender,
    receiver: flow.ends[other(direction)],
    syn,
    ack: (tcp.flags & FLAG.ACK) !== 0,
    rst: (tcp.flags & FLAG.RST) !== 0,
    fin: (tcp.flags & FLAG.FIN) !== 0,
    length,
    payloadKnown: note.payloadKnown,
    optionsKnown: note.optionsKnown,
    retransmission: extent > 0 && sender.next !== undefined && seqGeq(sender.next, seqAdd(tcp.seq, extent)),
    ssn: sender.ssnBase === undefined ? undefined : seqOffset(tcp.seq, sender.ssnBase),
    mapping: level.mapping,
    dataAck: level.dataAck,
  };
}
