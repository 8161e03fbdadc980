/** Reads the fields of a received packet, in the notation's numbers. Pure. */
import { dsnAdd, dssChecksum, seqOffset } from '../mptcp/index.ts';
import { FLAG, type OptionDss, type Packet, type TcpOption } from '../packet/types.ts';
import type { Value } from '../notation/expression.ts';
import { headerField, type HeaderFieldName } from '../notation/header-fields.ts';
import { optionField } from '../notation/option-fields.ts';
import { toRelative } from '../notation/relative.ts';
import { fillBytes } from '../sut/fill.ts';
import {
  announcementHmac,
  checksumOfCapable,
  compliantOption,
  incomingView,
  mappedBytes,
  type OptionView,
} from './compliant-option.ts';
import { relativeDsn, type Before, type Subflow } from './endpoint.ts';
import { baseOf } from './number-base.ts';

/** A packet of the stack as the matcher gets it. */
export interface Arrival {
  packet: Packet;
  /** Undefined until a packet line has claimed the conversation. */
  subflow: Subflow | undefined;
  /** The number that the tester expected next when it came. */
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

/** The packet as the stack that sent it saw it. */
export function viewOf(arrival: Arrival, subflow: Subflow): OptionView {
  const { tcp } = arrival.packet;
  const ssn = subflow.remoteIsn === undefined ? 0 : seqOffset(tcp.seq, subflow.remoteIsn);
  const dataFin = tcp.options.some((option) => option.kind === 'dss' && option.dataFin);
  return incomingView(subflow, tcp.flags, ssn, tcp.payload, dataFin, arrival.before);
}

/** A header field of a packet; undefined when the packet has none or its base is not known. */
export function readHeader(name: HeaderFieldName, arrival: Arrival, subflow: Subflow | undefined): Value | undefined {
  const field = headerField(name);
  const value = field.read(arrival.packet);
  if (field.base === undefined || typeof value !== 'bigint') return value;
  const base = subflow === undefined ? undefined : baseOf(field.base, { subflow, outgoing: false });
  return base === undefined ? undefined : toRelative(value, base, 32);
}

/** The value of `auto` for a header field: that that a compliant stack's packet would have here. */
export function autoHeader(name: HeaderFieldName, arrival: Arrival, subflow: Subflow): Value | undefined {
  return headerField(name).auto?.({
    seq: arrival.before.receiveNext,
    ack: subflow.sendNext,
    data: () => fillBytes(streamOffset(arrival, subflow), arrival.packet.tcp.payload.length),
  });
}

/** Offset in the stack's stream at which this packet's payload stands: by its mapping, or else by its sequence number. */
function streamOffset(arrival: Arrival, subflow: Subflow): number {
  const { tcp } = arrival.packet;
  // A SYN takes the number before its data.
  const syn = Number((tcp.flags & FLAG.SYN) !== 0);
  const ssn = subflow.remoteIsn === undefined ? 1 : seqOffset(tcp.seq, subflow.remoteIsn) + syn;
  const mapping = subflow.receivedMappings.findLast((one) => ssn >= one.ssn && ssn < one.ssn + one.length);
  return mapping === undefined ? ssn - 1 : Number(mapping.dsn) - 1 + ssn - mapping.ssn;
}

/** A field of an option, made relative where the notation is; undefined when absent or its base is not known. */
export function readField(option: TcpOption, name: string, view: OptionView): Value | undefined {
  const field = optionField(option.kind, name);
  const value = field?.read(option);
  if (field?.base === undefined || typeof value !== 'bigint') return value;
  const base = baseOf(field.base, view);
  return base === undefined ? undefined : toRelative(value, base, field.bits?.(option) ?? 64);
}

/** The value of `auto` for a field of an option. */
export function autoField(option: TcpOption, name: string, view: OptionView): Value | undefined {
  if (option.kind === 'add_addr' && name === 'hmac') return announcementHmac(option, view);
  if (option.kind === 'dss' && option.hasMap && name === 'csum') return checksumOfMapping(option, view);
  if (option.kind === 'mp_capable' && option.dataLength !== undefined && name === 'csum') {
    const base = baseOf('senderIdsn', view);
    return base === undefined ? undefined : BigInt(checksumOfCapable(option.dataLength, view, base));
  }
  return readField(compliantOption(option.kind, view), name, view);
}

/** The checksum that verifies for the mapping which the option itself declares. */
function checksumOfMapping(option: OptionDss, view: OptionView): Value | undefined {
  const base = baseOf('senderIdsn', view);
  if (base === undefined) return undefined;
  const { ssn = 0, dataLength = 0 } = option;
  const dsn = dsnAdd(base, relativeDsn(option.dsn ?? 0n, option.dsn8, base));
  return BigInt(dssChecksum({ dsn, ssn, dataLength, data: mappedBytes(option, view, base) }));
}
