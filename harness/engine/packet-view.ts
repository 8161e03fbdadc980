/** Reads the fields of a packet that has come, in the notation's numbers. Pure. */
import { dssChecksum } from '../mptcp/index.ts';
import { encodedLength } from '../packet/index.ts';
import { FLAG, type OptionDss, type Packet, type TcpOption } from '../packet/types.ts';
import type { Value } from '../notation/expression.ts';
import { OPTION_FIELDS, type FieldStyle } from '../notation/option-fields.ts';
import { fillOctets } from '../sut/fill.ts';
import {
  announcementHmac,
  baseFor,
  checksumOfCapable,
  compliantOption,
  incomingView,
  mappedOctets,
  type OptionView,
} from './compliant-option.ts';
import { relativeDsn, type Before, type Subflow } from './endpoint.ts';

/** A packet of the stack as the matcher gets it. */
export interface Arrival {
  packet: Packet;
  /** Undefined until a packet line has claimed the conversation. */
  subflow: Subflow | undefined;
  /** What the tester expected next when it came. */
  before: Before;
  /** Milliseconds since the scenario began. */
  at: number;
  /** Name of the link it came by. */
  link: string;
  /** Order of arrival over all links. */
  index: number;
  /** Matched by a step. */
  consumed: boolean;
}

/** How the packet looked to the stack that sent it. */
export function viewOf(arrival: Arrival, subflow: Subflow): OptionView {
  const { tcp } = arrival.packet;
  const ssn = subflow.remoteIsn === undefined ? 0 : (tcp.seq - subflow.remoteIsn) >>> 0;
  const dataFin = tcp.options.some((option) => option.kind === 'dss' && option.dataFin);
  return incomingView(subflow, tcp.flags, ssn, tcp.payload, dataFin, arrival.before);
}

/** A header field of a packet; undefined when the packet has none or its base is not known. */
export function readHeader(name: string, arrival: Arrival, subflow: Subflow | undefined): Value | undefined {
  const { ip, tcp } = arrival.packet;
  switch (name) {
    case 'seq':
      return subflow?.remoteIsn === undefined ? undefined : BigInt((tcp.seq - subflow.remoteIsn) >>> 0);
    case 'ack':
      return subflow === undefined || (tcp.flags & FLAG.ACK) === 0 ? undefined : BigInt((tcp.ack - subflow.isn) >>> 0);
    case 'win':
      return BigInt(tcp.window);
    case 'urg':
      return (tcp.flags & FLAG.URG) === 0 ? undefined : BigInt(tcp.urgent);
    case 'len':
      return BigInt(tcp.payload.length);
    case 'data':
      return tcp.payload;
    case 'from':
      return ip.src;
    case 'to':
      return ip.dst;
    case 'sport':
      return BigInt(tcp.srcPort);
    case 'dport':
      return BigInt(tcp.dstPort);
    default:
      return undefined;
  }
}

/** What `auto` is for a header field: the value that a compliant stack's packet would have here. */
export function autoHeader(name: string, arrival: Arrival, subflow: Subflow): Value | undefined {
  switch (name) {
    case 'seq':
      return BigInt(arrival.before.receiveNext);
    case 'ack':
      return BigInt(subflow.sendNext);
    case 'data':
      return fillOctets(streamOffset(arrival, subflow), arrival.packet.tcp.payload.length);
    default:
      return undefined;
  }
}

/** Offset in the stack's stream at which this packet's payload stands: by its mapping, or else by its sequence number. */
function streamOffset(arrival: Arrival, subflow: Subflow): number {
  const { tcp } = arrival.packet;
  // A SYN takes the number before its data.
  const syn = Number((tcp.flags & FLAG.SYN) !== 0);
  const ssn = subflow.remoteIsn === undefined ? 1 : ((tcp.seq - subflow.remoteIsn) >>> 0) + syn;
  const mapping = subflow.receivedMappings.findLast((one) => ssn >= one.ssn && ssn < one.ssn + one.length);
  return mapping === undefined ? ssn - 1 : Number(mapping.dsn) - 1 + ssn - mapping.ssn;
}

/** A field of an option, made relative where the notation is; undefined when absent or its base is not known. */
export function readField(option: TcpOption, name: string, view: OptionView): Value | undefined {
  if (name === 'len') return BigInt(('length' in option ? option.length : undefined) ?? encodedLength(option));
  const field = OPTION_FIELDS.get(option.kind)?.fields.get(name);
  const value = field?.read(option);
  if (field === undefined || value === undefined || (field.style !== 'dsn' && field.style !== 'dack')) return value;
  const base = baseFor(option.kind === 'mp_fail' ? 'dack' : field.style, view);
  if (base === undefined || typeof value !== 'bigint') return undefined;
  return relativeDsn(value, isWide(option, field.style), base);
}

/** What `auto` is for a field of an option. */
export function autoField(option: TcpOption, name: string, view: OptionView): Value | undefined {
  if (option.kind === 'add_addr' && name === 'hmac') return announcementHmac(option, view);
  if (option.kind === 'dss' && option.hasMap && name === 'csum') return checksumOfMapping(option, view);
  if (option.kind === 'mp_capable' && option.dataLength !== undefined && name === 'csum') {
    const base = baseFor('dsn', view);
    return base === undefined ? undefined : BigInt(checksumOfCapable(option.dataLength, view, base));
  }
  return readField(compliantOption(option.kind, view), name, view);
}

/** The checksum that verifies for the mapping which the option itself declares. */
function checksumOfMapping(option: OptionDss, view: OptionView): Value | undefined {
  const base = baseFor('dsn', view);
  if (base === undefined) return undefined;
  const { ssn = 0, dataLength = 0 } = option;
  const dsn = BigInt.asUintN(64, base + relativeDsn(option.dsn ?? 0n, option.dsn8, base));
  return BigInt(dssChecksum({ dsn, ssn, dataLength, data: mappedOctets(option, view, base) }));
}

/** Whether a DSN or Data ACK of this option has eight octets. */
export function isWide(option: TcpOption, style: FieldStyle): boolean {
  if (option.kind !== 'dss') return true;
  return style === 'dsn' ? option.dsn8 : option.dataAck8;
}
