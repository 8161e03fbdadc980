/** Segments onto the wire (RFC 9293 §3.10.8), windows included. */
import {
  FLAG,
  MAX_OPTION_BYTES,
  type IpHeader,
  type Packet,
  type TcpOption,
  type TcpSegment,
} from '../../packet/index.ts';
import { dsnAdd, dsnDiff, seqAdd, seqDiff } from '../../mptcp/index.ts';
import { bytesOf } from './option-space.ts';
import type { AddressPort, SegmentParts, Stack, Subflow } from '../state.ts';
import { familyOf } from '../../packet/index.ts';
import { deviceOf } from './subflow.ts';

/** A header from one address to another. */
export function ipHeader(src: string, dst: string): IpHeader {
  return familyOf(src) === 'ipv4'
    ? { family: 'ipv4', src, dst, tos: 0, id: 0, fragment: 0x4000, ttl: 64, protocol: 6 }
    : { family: 'ipv6', src, dst, trafficClass: 0, flowLabel: 0, hopLimit: 64, protocol: 6 };
}

/**
 * The receive window of the connection in bytes (RFC 8684 §3.3.4): one for all subflows, counted from the Data ACK. The
 * right edge never moves back, and forth only by steps worth telling (RFC 9293 §3.8.6.2.2).
 */
function receiveWindow(stack: Stack, subflow: Subflow): number {
  const { connection } = subflow;
  const free = Math.max(0, connection.receiveCapacity - connection.receiveBuffer.length);
  const target = dsnAdd(connection.rcvNxt, Math.min(free, 0xffff * 2 ** subflow.rcvScale));
  const growth = Number(dsnDiff(target, connection.rcvEdge));
  if (growth >= Math.min(subflow.peerMss, connection.receiveCapacity / 2)) connection.rcvEdge = target;
  const edge = stack.rules.receiving.rightEdge(subflow, connection.rcvEdge, target);
  return Math.max(0, Number(dsnDiff(edge, connection.rcvNxt)));
}

/** The Window field, and the window in bytes that it encodes. */
function windowField(stack: Stack, subflow: Subflow, syn: boolean): { field: number; bytes: number } {
  const bytes = receiveWindow(stack, subflow);
  if (syn) return { field: Math.min(bytes, 0xffff), bytes: Math.min(bytes, 0xffff) };
  const field = Math.min(Math.ceil(bytes / 2 ** subflow.rcvScale), 0xffff);
  return { field, bytes: field * 2 ** subflow.rcvScale };
}

/** Leaves out options from the end that do not fit into the header. */
function fitting(options: readonly TcpOption[]): TcpOption[] {
  let room = MAX_OPTION_BYTES;
  return options.filter((option) => {
    const bytes = bytesOf(option);
    if (bytes > room) return false;
    room -= bytes;
    return true;
  });
}

/** Sends a segment of a subflow. Whatever carries ACK tells what was received and what may come. */
export function emit(stack: Stack, subflow: Subflow, parts: SegmentParts): void {
  const { rules } = stack;
  const { field, bytes } = windowField(stack, subflow, (parts.flags & FLAG.SYN) !== 0);
  const options = rules.signals.outgoing(subflow, parts.options, parts);
  const segment: TcpSegment = {
    srcPort: subflow.local.port,
    dstPort: subflow.remote.port,
    seq: parts.seq,
    ack: (parts.flags & FLAG.ACK) !== 0 ? subflow.rcvNxt : 0,
    flags: parts.flags,
    window: (parts.flags & FLAG.RST) !== 0 ? 0 : field,
    urgent: parts.urgent ?? 0,
    options: fitting(rules.tcp.optionOrder(options, parts)),
    payload: parts.payload ?? new Uint8Array(0),
  };
  subflow.lastWindow = bytes;
  if ((parts.flags & FLAG.ACK) !== 0) {
    subflow.lastAckSent = subflow.rcvNxt;
    noteDataAck(subflow, segment);
    if (!owesDataAck(subflow)) {
      subflow.ackNow = false;
      subflow.segmentsUnacked = 0;
      subflow.timers.delete('delayedAck');
    }
    const edge = seqAdd(subflow.rcvNxt, bytes);
    if (seqDiff(edge, subflow.rcvEdge) > 0) subflow.rcvEdge = edge;
  }
  const altered = rules.tcp.outgoing(subflow, segment);
  if (altered === undefined) return;
  stack.send(subflow.device, { ip: ipHeader(subflow.local.address, subflow.remote.address), tcp: altered });
}

/** The ACK went with another option than DSS: what came has not been acknowledged at the connection level. */
function owesDataAck({ connection, lastDataAck }: Subflow): boolean {
  return connection.mode === 'mptcp' && connection.dssReceived && lastDataAck !== connection.rcvNxt;
}

function noteDataAck(subflow: Subflow, segment: TcpSegment): void {
  const dss = segment.options.find((one) => one.kind === 'dss');
  if (dss?.hasDataAck === true) subflow.lastDataAck = subflow.connection.rcvNxt;
}

/**
 * A RST for a segment that belongs to no subflow (RFC 9293 §3.10.7.1). It carries `options`.
 */
export function resetStray(stack: Stack, packet: Packet, options: TcpOption[]): void {
  const { tcp, ip } = packet;
  if ((tcp.flags & FLAG.RST) !== 0) return;
  const from: AddressPort = { address: ip.dst, port: tcp.dstPort };
  const length = tcp.payload.length + (tcp.flags & FLAG.SYN ? 1 : 0) + (tcp.flags & FLAG.FIN ? 1 : 0);
  const hasAck = (tcp.flags & FLAG.ACK) !== 0;
  const device = deviceOf(stack, from.address);
  if (device === undefined) return;
  stack.send(device, {
    ip: ipHeader(ip.dst, ip.src),
    tcp: {
      srcPort: tcp.dstPort,
      dstPort: tcp.srcPort,
      seq: hasAck ? tcp.ack : 0,
      ack: hasAck ? 0 : seqAdd(tcp.seq, length),
      flags: hasAck ? FLAG.RST : FLAG.RST | FLAG.ACK,
      window: 0,
      urgent: 0,
      options,
      payload: new Uint8Array(0),
    },
  });
}
