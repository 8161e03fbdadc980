/** Reads mappings and Data ACKs in the data sequence space of their connection. */
import { dsnAdd, seqAdd, seqDiff, seqInWindow, seqOffset } from '../mptcp/index.ts';
import type { OptionDss, OptionMpCapable, TcpOption } from '../packet/types.ts';
import { other, type Connection, type DataMapping, type DataStream, type FlowEnd, type Side } from './connection.ts';

/** Mappings kept for one direction of a subflow. */
const KEPT = 512;

/** Mapping and Data ACK of a packet. */
export interface DataLevel {
  mapping: DataMapping | undefined;
  dataAck: number | undefined;
}

const NOTHING: DataLevel = { mapping: undefined, dataAck: undefined };

/** Reads the data-level options of a packet. A known mapping is returned as the same object. */
export function resolveDataLevel(
  connection: Connection,
  side: Side,
  sender: FlowEnd,
  options: readonly TcpOption[],
  length: number,
): DataLevel {
  if (connection.version === 0) return NOTHING;
  for (const option of options) {
    if (option.kind === 'dss') return resolveDss(connection, side, sender, option);
    if (option.kind === 'mp_capable' && option.dataLength !== undefined && length > 0) {
      const { stream } = connection.parties[side];
      // Without a key of its sender the option says nothing that could be used.
      if (stream.idsn === undefined) return NOTHING;
      return {
        mapping: known(sender, fromCapable(stream, stream.idsn, option, option.dataLength)),
        dataAck: undefined,
      };
    }
  }
  return NOTHING;
}

function resolveDss(connection: Connection, side: Side, sender: FlowEnd, option: OptionDss): DataLevel {
  let dataAck: number | undefined;
  if (option.dataAck !== undefined) {
    const peer = connection.parties[other(side)].stream;
    dataAck = peer.relative(option.dataAck, option.dataAck8, Math.max(peer.acked ?? 1, peer.edge));
  }
  if (option.dsn === undefined || option.ssn === undefined || option.dataLength === undefined)
    return { mapping: undefined, dataAck };
  return {
    mapping: known(sender, fromDss(connection.parties[side].stream, option, option.dsn, option.ssn, option.dataLength)),
    dataAck,
  };
}

function fromDss(stream: DataStream, option: OptionDss, value: bigint, ssn: number, length: number): DataMapping {
  const dsn = stream.relative(value, option.dsn8, stream.edge);
  return {
    dsn,
    dsn64: option.dsn8 ? value : stream.absolute(dsn),
    ssn,
    length,
    bytes: option.dataFin && length > 0 ? length - 1 : length,
    fin: option.dataFin,
    infinite: length === 0,
    checksum: option.checksum,
    wide: option.dsn8,
    from: 'dss',
  };
}

function fromCapable(stream: DataStream, idsn: bigint, option: OptionMpCapable, length: number): DataMapping {
  const first = dsnAdd(idsn, 1n);
  return {
    dsn: stream.relative(first, true, stream.edge),
    dsn64: first,
    ssn: 1,
    length,
    bytes: length,
    fin: false,
    infinite: length === 0,
    checksum: option.checksum,
    wide: true,
    from: 'mp_capable',
  };
}

/** The mapping as it is known already, else this one. */
function known(sender: FlowEnd, mapping: DataMapping): DataMapping {
  const { mappings } = sender;
  if (isBeyond(sender, mapping)) return mapping;
  for (let i = mappings.length - 1; i >= 0; i--) {
    const one = mappings[i];
    if (one !== undefined && sameMapping(one, mapping)) return one;
  }
  return mapping;
}

/** Whether a mapping lies after all known ones: most do, and need no search. */
function isBeyond({ mapEdge }: FlowEnd, mapping: DataMapping): boolean {
  return mapEdge === undefined || seqDiff(mapping.ssn, mapEdge) >= 0;
}

function sameMapping(a: DataMapping, b: DataMapping): boolean {
  return a.ssn === b.ssn && a.dsn === b.dsn && a.length === b.length && a.fin === b.fin && a.checksum === b.checksum;
}

/** Stores a mapping for the segments that follow. */
export function keepMapping(sender: FlowEnd, mapping: DataMapping): void {
  const { mappings } = sender;
  if (mapping.infinite || mapping.bytes === 0) return;
  const beyond = isBeyond(sender, mapping);
  if (!beyond && mappings.includes(mapping)) return;
  mappings.push(mapping);
  const end = seqAdd(mapping.ssn, mapping.bytes);
  if (sender.mapEdge === undefined || seqDiff(end, sender.mapEdge) > 0) sender.mapEdge = end;
  if (mappings.length <= KEPT) return;
  const done =
    sender.acked === undefined || sender.ssnBase === undefined ? undefined : seqOffset(sender.acked, sender.ssnBase);
  sender.mappings = mappings.filter(
    (one, i) =>
      i >= mappings.length - KEPT / 2 && !(i < mappings.length - KEPT / 8 && done !== undefined && isBelow(one, done)),
  );
  sender.forgotten = true;
}

function isBelow(mapping: DataMapping, ssn: number): boolean {
  return seqDiff(ssn, mapping.ssn + mapping.bytes) >= 0;
}

/** The mapping that covers one byte of a subflow; of several, the one declared last. */
export function mappingAt(sender: FlowEnd, ssn: number): DataMapping | undefined {
  const { mappings } = sender;
  for (let i = mappings.length - 1; i >= 0; i--) {
    const one = mappings[i];
    if (one !== undefined && seqInWindow(ssn, one.ssn, one.bytes)) return one;
  }
  return undefined;
}
